"""The arguments as Pulumi's analyzer of components takes them.

It refuses unions: alternatives become one flat type with all their arguments and an enum for `kind`. It reads
annotations as they are at run time, so these modules postpone none. What it cannot express at all (a number or a
string) is Any there; the models check it all the same.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from types import ModuleType, NoneType
from typing import Any, Literal, get_args, get_origin

import pulumi

from pulumi_sidecar import authority, component
from pulumi_sidecar.args import base, tls
from pulumi_sidecar.args.authority import CertificateAuthorityArgs
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.plugin.authority import Authority
from pulumi_sidecar.plugin.spelling import camel, camel_words
from tools.generate import models
from tools.generate.dicts import WIDER, docstring

HOME = "pulumi_sidecar.plugin.types"


@dataclass
class _Text:
    """A module that is being written."""

    classes: list[str] = field(default_factory=list)
    names: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class _Types:
    def __init__(self) -> None:
        self.texts: defaultdict[str, _Text] = defaultdict(_Text)
        self.homes: dict[str, str] = {}
        """Each type and the module it is in."""
        self.enums: dict[tuple[Any, ...], str] = {}

    def imported(self, into: str, module: str, name: str) -> str:
        if module != f"{HOME}.{into}":
            self.texts[into].names[module].add(name)
        return name

    # --- types --------------------------------------------------------------------------------------------------------

    def spelled(self, into: str, annotation: Any, owner: str, name: str) -> str:
        """A type of the model as the analyzer takes it."""
        if annotation is not None and any(annotation == wide for wide in _WIDE):
            return self.imported(into, "typing", "Any")
        alternatives = [each for each in models.members(annotation) if each is not NoneType]
        if len(alternatives) > 1:
            return self._union(into, annotation, alternatives, owner, name)
        only = alternatives[0]
        if models.is_late(only):
            return (
                f"{self.imported(into, 'pulumi', 'Input')}[{self.spelled(into, models.late_type(only), owner, name)}]"
            )
        bare = models.bare(only)
        origin, args = get_origin(bare), get_args(bare)
        if origin is tuple:
            return f"list[{self.spelled(into, args[0], owner, name)}]"
        if origin is dict:
            return f"dict[str, {self.spelled(into, args[1], owner, name)}]"
        if origin is Literal:
            return self._enum(into, args, _alias(bare) or f"{owner}{_upper(name)}")
        if models.is_model(bare):
            return self._single(into, bare)
        if bare is tls.Authority:
            return self._single(into, Authority)
        if bare in (str, int, bool):
            return str(bare.__name__)
        raise TypeError(f"{owner}.{name}: {annotation}: teach tools/generate/plugin.py what it is for the analyzer")

    def _union(self, into: str, annotation: Any, alternatives: list[Any], owner: str, name: str) -> str:
        within = [models.bare(each) for each in alternatives]
        if not all(models.is_model(each) and "kind" in each.model_fields for each in within):
            return self.imported(into, "typing", "Any")
        title = _alias(annotation) or f"{owner}{_upper(name)}"
        home = models.name_of(within[0])
        if title not in self.homes:
            self.homes[title] = home
            self._flat(home, title, within, _alias_doc(annotation) or f"Tagged by `kind`: see `{name}` of {owner}.")
        return self.imported(into, f"{HOME}.{home}", title)

    def _single(self, into: str, model: type[base.Args]) -> str:
        home = models.name_of(model)
        if model.__name__ not in self.homes:
            self.homes[model.__name__] = home
            lines = [
                self._item(home, model.__name__, each.name, each.annotation, each.required, each.doc)
                for each in models.fields_of(model)
            ]
            self._class(home, model.__name__, "TypedDict", models.doc_of(model), lines)
        return self.imported(into, f"{HOME}.{home}", model.__name__)

    def _flat(self, home: str, title: str, alternatives: list[type[base.Args]], doc: str) -> None:
        """One type for all alternatives. Which needs what, the texts say, and the models check."""
        kinds = {models.kind_of(each): each for each in alternatives}
        enum = self._enum(
            home, tuple(kinds), f"{title}Kind", {kind: models.doc_of(each) for kind, each in kinds.items()}
        )
        lines = [[f"    kind: {enum}", *docstring("Which of them it is.")]]
        found: dict[str, list[tuple[str, models.Field]]] = {}
        for kind, model in kinds.items():
            for each in models.fields_of(model):
                if each.name != "kind":
                    found.setdefault(each.name, []).append((kind, each))
        for name, theirs in found.items():
            types = {self.spelled(home, each.annotation, title, name) for _, each in theirs}
            if len(types) > 1:
                raise TypeError(f"{title}.{name} is {types}, by kind: give one of them another name")
            annotation = theirs[0][1].annotation
            lines.append(self._item(home, title, name, annotation, False, _doc_by_kind(theirs, len(kinds))))
        self._class(home, title, "TypedDict", doc, lines)

    def _item(self, into: str, owner: str, name: str, annotation: Any, required: bool, doc: str) -> list[str]:
        spelled = self.spelled(into, annotation, owner, name)
        doc += MORE_WORDS.get(name, "")
        if "Any" in spelled:
            doc += _shape_in_words(annotation)
        if not required:
            spelled = f"{self.imported(into, 'typing', 'NotRequired')}[{spelled}]"
        return [f"    {name}: {spelled}", *docstring(camel_words(doc))]

    def _enum(self, into: str, values: tuple[Any, ...], title: str, docs: dict[str, str] | None = None) -> str:
        if values not in self.enums:
            self.enums[values] = title
            self.imported("enums", "enum", "Enum")
            lines = []
            for value in values:
                member = re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]", "_", value).upper()
                lines.append([f"    {member} = {value!r}", *docstring(camel_words((docs or {}).get(value, "")))])
            self._class("enums", title, "Enum", f"One of {', '.join(map(repr, values))}.", lines)
        return self.imported(into, f"{HOME}.enums", self.enums[values])

    def _class(self, into: str, title: str, of: str, doc: str, lines: list[list[str]]) -> None:
        if of == "TypedDict":
            self.imported(into, "typing", "TypedDict")
        text = [f"class {title}({of}):", *docstring(camel_words(doc)), *(line for each in lines for line in each)]
        self.texts[into].classes.append("\n".join(text))

    # --- components ---------------------------------------------------------------------------------------------------

    def component(self, cls: type[pulumi.ComponentResource], model: type[base.Args], doc: str) -> None:
        """The class that the analyzer looks at in place of the component, whose arguments are a union."""
        args = self._single("components", model)
        self.imported("components", "pulumi", "ComponentResource")
        self.imported("components", "pulumi", "Output")
        docs = _docs_of(cls)
        lines = [f"class {cls.__name__}(ComponentResource):", *docstring(doc)]
        for name, hint in inspect.get_annotations(cls, eval_str=True).items():
            if str(get_origin(hint)) == str(pulumi.Output):
                spelled = _spelled_output(get_args(hint)[0])
                lines += [f"    {name}: Output[{spelled}]", *docstring(camel_words(docs[name]))]
        lines += MORE_OUTPUTS.get(cls.__name__, [])
        lines += [f"    def __init__(self, args: {args}) -> None:", '        """Never called."""']
        self.texts["components"].classes.append("\n".join(lines))


MORE_OUTPUTS = {
    "CertificateAuthority": [
        "    private_key_pem: Output[str]",
        *docstring("PEM of the key of the certificate that signs, a secret: for `tls.ca` of other components."),
    ]
}
"""What is a property in Python, and would be lost elsewhere."""

MORE_WORDS = {"init_containers": " The order is that of their names: no other gets to the plugin."}
"""What is otherwise in other languages."""

_WIDE = [wide for wide, _ in WIDER]


def files() -> dict[str, str]:
    """Each module of the package `types` and its text, by the file's name."""
    types = _Types()
    types.component(
        component.SidecarDeployment,
        SidecarDeploymentArgs,
        "An application on Kubernetes with a proxy beside it: a Deployment of both, certificates, Secret, ConfigMap "
        "and Service.",
    )
    types.component(
        authority.CertificateAuthority,
        CertificateAuthorityArgs,
        "A private CA that several components share. Clients trust `bundlePem`; a ConfigMap with it (key ca.crt) is "
        "made in each of `namespaces`.",
    )
    result = {"__init__.py": '"""The arguments and outputs for other languages. Written by `make generate`."""'}
    for name, text in types.texts.items():
        head = '"""For Pulumi\'s analyzer. Written by `make generate` out of the models of the arguments."""'
        imports = [f"from {home} import {', '.join(sorted(used))}" for home, used in sorted(text.names.items())]
        result[f"{name}.py"] = "\n".join([head, *imports, *text.classes])
    return result


def _doc_by_kind(theirs: list[tuple[str, models.Field]], kinds: int) -> str:
    by_doc: defaultdict[str, list[str]] = defaultdict(list)
    for kind, each in theirs:
        by_doc[f"{'Required. ' if each.required else ''}{each.doc}"].append(f'"{kind}"')
    if len(by_doc) == 1 and len(theirs) == kinds:
        return next(iter(by_doc))
    return " ".join(f"(Kind {', '.join(names)}) {doc}" for doc, names in by_doc.items())


def _shape_in_words(annotation: Any) -> str:
    """What an object within Any may hold."""
    found = [each for each in dict.fromkeys(models.below(annotation)) if models.is_model(each)]
    return "".join(
        f" As an object ({model.__name__}): {', '.join(f'`{camel(each)}`' for each in model.model_fields)}."
        for model in found
    )


def _spelled_output(hint: Any) -> str:
    bare = models.members(hint)
    names = [{NoneType: "None", str: "str"}.get(each) or str(each) for each in bare]
    return " | ".join(names)


def _upper(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _alias(annotation: Any) -> str | None:
    """The name that a module of models gives to a type, None aside."""
    wanted = [each for each in models.members(annotation) if each is not NoneType]
    for module in models.modules():
        for name, value in vars(module).items():
            if not isinstance(value, type) and get_origin(value) is not None and models.members(value) == wanted:
                return name
    return None


def _alias_doc(annotation: Any) -> str | None:
    name = _alias(annotation)
    for module in models.modules():
        if name is not None and (doc := _assigned_docs(module).get(name)):
            return doc
    return None


def _assigned_docs(module: ModuleType) -> dict[str, str]:
    body = ast.parse(inspect.getsource(module)).body
    return {
        node.targets[0].id: after.value.value
        for node, after in pairwise(body)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }


def _docs_of(cls: type) -> dict[str, str]:
    tree = ast.parse(inspect.getsource(cls))
    node = tree.body[0]
    assert isinstance(node, ast.ClassDef)  # noqa: S101 (a class's source is a class)
    return dict(models.docs_within(node))
