"""The dict form of the arguments: a TypedDict for each model, with the model's words at each key."""

from __future__ import annotations

from collections import defaultdict
from textwrap import fill
from types import ModuleType, NoneType
from typing import Any, Literal, get_args, get_origin

from pulumi_sidecar import fields
from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.tls import Authority
from tools.generate import models

WIDER = [(fields.ByteSize, "int | str")]
"""Types that take more than what their validators make of it."""


def files() -> dict[str, str]:
    """Each module of the package `dicts` and its text, by the file's name."""
    return {
        "__init__.py": _package(),
        **{f"{models.name_of(module)}.py": _module(module) for module in models.modules()},
    }


def _package() -> str:
    lines = [
        '"""The arguments as dicts: the same names and types as the models, for editors and type checkers.',
        "",
        "Written by `make generate` out of the models: change those.",
        '"""',
    ]
    names = []
    for module in models.modules():
        here = [f"{model.__name__}Dict" for model in models.models(module)]
        lines.append(f"from pulumi_sidecar.args.dicts.{models.name_of(module)} import {', '.join(here)}")
        names += here
    return "\n".join([*lines, f"__all__ = {sorted(names)!r}"])


class _Names:
    """The names that a module's text uses, by the module they come from."""

    def __init__(self, module: ModuleType) -> None:
        self._here = models.name_of(module)
        self.used: defaultdict[str, set[str]] = defaultdict(set)

    def of(self, module: str, name: str) -> str:
        self.used[module].add(name)
        return name

    def dict_of(self, model: type[Args]) -> str:
        name = f"{model.__name__}Dict"
        home = models.name_of(model)
        return name if home == self._here else self.of(f"pulumi_sidecar.args.dicts.{home}", name)

    def spelled(self, annotation: Any) -> str:
        """A type of the model as a type for the dict form."""
        for wide, text in WIDER:
            if annotation == wide:
                return text
        members = models.members(annotation)
        if len(members) > 1:
            return " | ".join(dict.fromkeys(self.spelled(member) for member in members))
        if models.is_late(annotation):
            return f"{self.of('pulumi', 'Input')}[{self.spelled(models.late_type(annotation))}]"
        bare = models.bare(annotation)
        origin, args = get_origin(bare), get_args(bare)
        if origin is tuple:
            return f"{self.of('collections.abc', 'Sequence')}[{self.spelled(args[0])}]"
        if origin is dict:
            return f"{self.of('collections.abc', 'Mapping')}[{self.spelled(args[0])}, {self.spelled(args[1])}]"
        if origin is Literal:
            return f"{self.of('typing', 'Literal')}[{', '.join(repr(arg) for arg in args)}]"
        if models.is_model(bare):
            return f"{self.dict_of(bare)} | {self.of(bare.__module__, bare.__name__)}"
        if bare is Authority:
            return self.of(bare.__module__, bare.__name__)
        if bare in (str, int, bool, NoneType):
            return "None" if bare is NoneType else str(bare.__name__)
        raise TypeError(f"{annotation}: teach tools/generate/dicts.py what it is as a dict")


def _module(module: ModuleType) -> str:
    names = _Names(module)
    classes = [_class(model, names) for model in models.models(module)]
    names.of("typing", "TypedDict")
    imports = [f"from {home} import {', '.join(sorted(used))}" for home, used in sorted(names.used.items())]
    head = (
        f'"""The models of `args.{models.name_of(module)}` as dicts. Written by `make generate`: change the models."""'
    )
    return "\n".join([head, "from __future__ import annotations", *imports, *classes])


def _class(model: type[Args], names: _Names) -> str:
    # No base: editors show no text at inherited keys (pyright), and no key may be declared anew.
    lines = [f"class {model.__name__}Dict(TypedDict):"]
    lines += docstring(f"{model.__name__} as a dict.\n\n{models.doc_of(model)}")
    for field in models.fields_of(model):
        spelled = names.spelled(field.annotation)
        needed = field.required or field.name == "kind"  # a dict is told apart by its kind alone
        if not needed:
            spelled = f"{names.of('typing', 'NotRequired')}[{spelled}]"
        lines.append(f"    {field.name}: {spelled}")
        lines += docstring(field.doc)
    return "\n".join(lines)


def docstring(text: str) -> list[str]:
    """The lines of a docstring; paragraphs of prose are filled anew."""
    if not text:
        return []
    paragraphs = [each if "\n " in each else fill(each, 110) for each in text.split("\n\n")]
    quoted = "\n\n".join(paragraphs).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    alone = "\n" in quoted or quoted.endswith('"')  # the closing quotes get a line of their own
    lines = f'"""{quoted}{chr(10) if alone else ""}"""'.split("\n")
    return [f"    {line}".rstrip() for line in lines]
