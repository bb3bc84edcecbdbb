"""Edits in the text of a YAML document: what is not edited stays as it is, byte for byte, comments and all."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from pulumi_sidecar.inject.edits import Edit, apply
from pulumi_sidecar.yaml_loader import Loader, without_tabs
from pulumi_sidecar.yaml_nodes import Nodes, TextError, line_break

_MARK = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|$)", re.MULTILINE)
READ_AS_YAML = "--- # what begins with a brace would be read as JSON\n"
"""The line before a text of JSON that more documents follow: kubectl takes it for YAML then."""


def split(text: str) -> list[str]:
    """The documents of a stream, each with the `---` line before it, and its directives (%YAML) before that; together
    they are the text."""
    starts = [0]
    free: int | None = 0  # behind which there may be directives: no document has begun
    for mark in _MARK.finditer(text):
        if mark[0] == "...":
            free = mark.end()
            continue
        start = mark.start()
        if free is not None and (first := _directives(text[free:start])) is not None:
            start = free + first
        starts += [start] if start > 0 else []
        free = None
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _directives(text: str) -> int | None:
    """Where they begin, in a text of nothing else but comments."""
    lines = text.splitlines(keepends=True)
    plain = [line.strip() for line in lines]
    if all(not line or line[0] in "#%" for line in plain):
        first = next((number for number, line in enumerate(lines) if line[0] == "%"), None)
        return None if first is None else len("".join(lines[:first]))
    return None


def load(text: str, above: int = 0) -> Any:
    """What a document holds; None for one of comments only.

    :param above: How many lines of its file stand before it.
    :raises TextError: It cannot be read.
    """
    return _loaded(without_tabs(text), above, Loader)


def load_plain(text: str) -> Any:
    """The same of a text whose booleans are `true` and `false` alone, so that `off` and `no` are texts."""
    return _loaded(text, 0, _Plain)


class _Plain(yaml.SafeLoader):
    """YAML 1.2's booleans."""


_BOOL = "tag:yaml.org,2002:bool"
_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != _BOOL]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Plain.add_implicit_resolver(_BOOL, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def _loaded(text: str, above: int, loader: type[yaml.SafeLoader]) -> Any:
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 (safe ones only)
    except yaml.YAMLError as error:
        mark, position = getattr(error, "problem_mark", None), getattr(error, "position", None)
        line = mark.line if mark else None if position is None else text.count("\n", 0, position)
        place = "" if line is None else f"line {above + line + 1}: "
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is no YAML"
        cure = "; write spaces for the tab" if "'\\t'" in said else ""
        raise TextError(f"{place}{said}{cure}") from None
    except (ValueError, LookupError, AttributeError, RecursionError):  # as PyYAML has them for `!!int x`, `2001-99-99`
        raise TextError(f"line {above + 1}: the document that begins here holds a value that cannot be read") from None


def is_json(text: str) -> bool:
    """Whether it is read as JSON: it begins with a brace."""
    return text.lstrip().startswith("{")


def edited(text: str, edits: Sequence[Edit], prefix: Sequence[str | int] = ()) -> str:
    """The document's text with the edits, each below `prefix`. What comes out holds what `apply` makes of it, or a
    TextError is raised."""
    before, expected = text, apply(_at(load(text), prefix), edits)
    with _plainly():
        for edit in edits:
            text = _edited(text, edit, prefix)
    if not _holds(text, prefix, expected):
        with_line_break(before)
        raise TextError("anchors, aliases or merge keys reach what has to be changed: write it out")
    return text


def without(text: str, path: Sequence[str | int]) -> str:
    """The document's text without what is at the path, an item of a list."""
    expected = load(text)
    del _at(expected, path[:-1])[path[-1]]
    with _plainly():
        text = Nodes(text).without(path)
    if not _holds(text, (), expected):
        raise TextError("anchors or aliases reach what has to be removed: write it out")
    return text


def with_items(text: str, path: Sequence[str], index: int, items: Sequence[Any]) -> str:
    """A JSON document's text with more items in the list at the path, before that of the index."""
    expected = load(text)
    _at(expected, path)[index:index] = items
    with _plainly():
        text = Nodes(text).with_items(path, index, items)
    if not _holds(text, (), expected):
        raise TextError("what has to be added cannot be written there")
    return text


def with_line_break(text: str) -> str:
    """A document's text with a line break at its end.

    :raises TextError: It would be part of a value.
    """
    longer = text if text.endswith("\n") else text + line_break(text)
    if not _is_same(longer, text):
        raise TextError("the file ends in a block text without a line break: add one, or write |- for |")
    return longer


def without_line_break(text: str) -> str:
    """A document's text without the line break at its end, unless that is part of a value."""
    shorter = text.removesuffix("\n").removesuffix("\r")
    return shorter if _is_same(shorter, text) else text


def _is_same(one: str, other: str) -> bool:
    """Whether both hold the same. As text, for what is no number (.nan) equals nothing."""
    return one == other or repr(load(one)) == repr(load(other))


def spelling(text: str, prefix: Sequence[str | int], path: Sequence[Any], value: Any) -> str | None:
    """How the document spells the value of a key, where an edit that brings it back would do so in another way."""
    return Nodes(text, prefix).spelling(path, value)


def _edited(text: str, edit: Edit, prefix: Sequence[str | int]) -> str:
    if edit.spelling is not None:  # somebody may have written the document anew since, in another style
        with contextlib.suppress(yaml.YAMLError, TextError):
            spelled = Nodes(text, prefix).edited(edit)
            right = _holds(spelled, prefix, apply(_at(load(text), prefix), [edit]))
            if right and (_is_strict_json(spelled) or not _is_strict_json(text)):
                return spelled
    return Nodes(text, prefix).edited(Edit(edit.op, edit.path, edit.value))


def _holds(text: str, prefix: Sequence[str | int], expected: Any) -> bool:
    try:
        return bool(_at(load(text), prefix) == expected)
    except (TextError, LookupError, TypeError):
        return False


def _is_strict_json(text: str) -> bool:
    try:
        json.loads(text.removeprefix(READ_AS_YAML))
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except yaml.YAMLError:
        raise TextError("what has to be changed is written in a way that cannot be edited: write it plainly") from None


def _at(body: Any, prefix: Sequence[str | int]) -> Any:
    for step in prefix:
        body = body[step]
    return body


__all__ = [
    "READ_AS_YAML",
    "TextError",
    "edited",
    "is_json",
    "line_break",
    "load",
    "load_plain",
    "spelling",
    "split",
    "with_items",
    "with_line_break",
    "without",
    "without_line_break",
]
