"""Edits in the text of a YAML document: what is not edited stays as it is, byte for byte, comments and all."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from pulumi_sidecar.inject.edits import Edit, apply
from pulumi_sidecar.manifests import block

_BREAK = re.compile(r"^---(?=[ \t\r\n]|$)|^\.\.\.(?=[ \t\r\n]|$)", re.MULTILINE)


class TextError(Exception):
    """The text cannot be edited at that place. Says why."""


def split(text: str) -> list[str]:
    """The documents of a stream, each with the `---` line before it; together they are the text."""
    starts = [found.start() for found in _BREAK.finditer(text) if found[0] == "---" and found.start() > 0]
    return [text[start:end] for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]


def load(text: str) -> Any:
    """What a document holds; None for one of comments only. Raises TextError."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise TextError(f"{place}{getattr(error, 'problem', None) or 'this is no YAML'}") from None


def edited(text: str, edits: Sequence[Edit], prefix: Sequence[str | int] = ()) -> str:
    """The document's text with the edits, each below `prefix`. What comes out holds what `apply` makes of it, or a
    TextError is raised."""
    body = load(text)
    target = _at(body, prefix)
    expected = apply(target, edits)
    try:
        for edit in edits:
            text = _Text(text, prefix).edited(edit)
    except yaml.YAMLError:
        raise TextError("what has to be changed is written in a way that cannot be edited: write it plainly") from None
    if _at(load(text), prefix) != expected:
        raise TextError("anchors, aliases or merge keys reach what has to be changed: write it out")
    return text


def _at(body: Any, prefix: Sequence[str | int]) -> Any:
    for step in prefix:
        body = body[step]
    return body


class _Text:
    """One document, its nodes and their places."""

    def __init__(self, text: str, prefix: Sequence[str | int]) -> None:
        self.text = text
        self.end = "\r\n" if "\r\n" in text else "\n"
        self.root = yaml.compose(text, Loader=yaml.SafeLoader)
        self.prefix = tuple(prefix)

    # --- finding ------------------------------------------------------------------------------------------------------

    def entry(self, path: Sequence[Any]) -> tuple[Any, Any, Any]:
        """Parent, key (None in lists) and value at the path; a value of None where there is nothing."""
        parent, key, node = None, None, self.root
        for step in (*self.prefix, *path):
            parent, key = node, None
            node = None
            if isinstance(parent, yaml.MappingNode) and isinstance(step, str):
                for each, value in parent.value:
                    if each.value == step:
                        key, node = each, value
            elif isinstance(parent, yaml.SequenceNode) and isinstance(step, int):
                node = parent.value[step]
            elif isinstance(parent, yaml.SequenceNode):
                node = next((each for each in parent.value if _matches(each, step)), None)
        return parent, key, node

    # --- places -------------------------------------------------------------------------------------------------------

    def content_end(self, node: Any) -> int:
        """Where a node's own text ends: block collections claim the comments after them."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            key, value = last if isinstance(last, tuple) else (None, last)
            return max(self.content_end(value), key.end_mark.index if key else 0)
        return int(node.end_mark.index)

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Behind the line break; the index itself where a line has just begun (a block scalar ends so)."""
        if index > 0 and self.text[index - 1] == "\n":
            return index
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found + 1

    def column(self, node: Any) -> int:
        """Where the entries of a block collection begin. An anchor or a tag stands before them, on another line."""
        if self.text[node.start_mark.index] not in "&!":
            return int(node.start_mark.column)
        if isinstance(node, yaml.MappingNode):
            return int(node.value[0][0].start_mark.column)
        dash = self.text.rindex("-", 0, node.value[0].start_mark.index)
        return dash - self.line_start(dash)

    def after_colon(self, key: Any) -> int:
        return self.text.index(":", key.end_mark.index) + 1

    # --- changing -----------------------------------------------------------------------------------------------------

    def edited(self, edit: Edit) -> str:
        """The text with one edit."""
        if edit.op == "append":
            return self._append(edit.path, edit.value)
        parent, key, node = self.entry(edit.path)
        if edit.op == "put":
            return self.text if parent is None else self._put(parent, key, node, str(edit.path[-1]), edit.value)
        if node is None or (edit.op == "tidy" and not _is_empty(node)):
            return self.text
        return self._delete(edit.path, parent, key, node)

    def _put(self, parent: Any, key: Any, node: Any, name: str, value: Any) -> str:
        if node is None:
            if parent.flow_style:
                return self._into_flow(parent, f"{json.dumps(name)}: {json.dumps(value)}")
            if not parent.value:
                raise TextError("what has to be changed is empty")
            return self._insert_lines(self.line_end(self.content_end(parent)), {name: value}, self.column(parent))
        if value is None and not parent.flow_style:
            return self._replace(self.after_colon(key), node.end_mark.index, "")
        if isinstance(value, dict | list) and _is_null(node) and not parent.flow_style:
            at = self.after_colon(key)
            self.text = self.text[:at] + self.text[node.end_mark.index :]
            return self._insert_lines(self.line_end(at), value, key.start_mark.column + 2)
        written = json.dumps(value) if parent.flow_style else _flow(value)
        if self.text[node.start_mark.index - 1] == ":":
            written = f" {written}"
        return self._replace(node.start_mark.index, node.end_mark.index, written)

    def _append(self, path: Sequence[Any], item: Any) -> str:
        node = self.entry(path)[2]
        if not isinstance(node, yaml.SequenceNode):
            raise TextError("what has to be changed is not there")
        if node.flow_style:
            return self._into_flow(node, json.dumps(item))
        return self._insert_lines(self.line_end(self.content_end(node)), [item], self.column(node))

    def _insert_lines(self, at: int, value: Any, column: int) -> str:
        lines = [f"{' ' * column}{line}" if line else line for line in block(value).splitlines()]
        written = self.end.join(lines)
        if at == len(self.text) and not self.text.endswith("\n"):
            return self.text + self.end + written
        return self.text[:at] + written + self.end + self.text[at:]

    def _into_flow(self, node: Any, written: str) -> str:
        at = node.end_mark.index - 1
        if node.value:
            last = node.value[-1]
            at = (last[1] if isinstance(last, tuple) else last).end_mark.index
            written = f", {written}"
        return self.text[:at] + written + self.text[at:]

    def _delete(self, path: Sequence[Any], parent: Any, key: Any, node: Any) -> str:
        start = (key or node).start_mark.index
        if parent.flow_style:
            return self._out_of_flow(parent, start)
        first = self.line_start(start)
        last = self.line_end(self.content_end(node))
        if len(parent.value) == 1:
            above = self.entry(path[:-1])[1]
            if above is None or self.line_start(above.start_mark.index) == first:
                raise TextError("nothing would be left of what has to be changed")
            at = self.after_colon(above)
            rest = self._replace(first, last, "")
            return rest[:at] + (" {}" if key else " []") + rest[at:]
        if self.text[first:start].strip(" -" if key is None else " "):
            raise TextError("what has to be removed shares its line")
        return self._replace(first, last, "")

    def _out_of_flow(self, parent: Any, start: int) -> str:
        starts = [(each[0] if isinstance(each, tuple) else each).start_mark.index for each in parent.value]
        ends = [(each[1] if isinstance(each, tuple) else each).end_mark.index for each in parent.value]
        index = starts.index(start)
        if index > 0:
            return self._replace(ends[index - 1], ends[index], "")
        return self._replace(start, starts[1] if len(starts) > 1 else ends[0], "")

    def _replace(self, start: int, end: int, written: str) -> str:
        if not written and end == len(self.text) and start > 0 and not self.text.endswith("\n"):
            start -= len(self.end) if self.text[:start].endswith(self.end) else 0
        return self.text[:start] + written + self.text[end:]


def _matches(node: Any, step: Any) -> bool:
    if not isinstance(node, yaml.MappingNode):
        return False
    there = {key.value: value for key, value in node.value if isinstance(value, yaml.ScalarNode)}
    return all(key in there and _value(there[key]) == value for key, value in step.items())


def _value(node: Any) -> Any:
    return yaml.SafeLoader("").construct_object(node)


def _is_null(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _is_empty(node: Any) -> bool:
    return _is_null(node) or (isinstance(node, yaml.CollectionNode) and not node.value)


def _flow(value: Any) -> str:
    """A value within a line."""
    if isinstance(value, str) and '"' in value and "'" not in value and value.isprintable():
        return f"'{value}'"  # JSON within a string stays legible
    return json.dumps(value)
