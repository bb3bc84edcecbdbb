"""One YAML document's nodes, where they stand in its text, and the text with one of them changed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from pulumi_sidecar.inject.edits import Edit
from pulumi_sidecar.manifests import block
from pulumi_sidecar.yaml_loader import Loader, without_tabs

_BELOW = re.compile(r"[ \t]*(?:#.*)?\r?\n")
"""What stands behind a key's colon where the value does not stand in the same line."""


class TextError(Exception):
    """The text cannot be edited at that place. Says why."""


class Nodes:
    """One document. What changes it returns the new text, and the nodes are those of the old one."""

    def __init__(self, text: str, prefix: Sequence[str | int] = ()) -> None:
        """
        :param prefix: What every path begins with.
        """
        self.text = text
        self.end = line_break(text)
        self.root = yaml.compose(without_tabs(text), Loader=Loader)
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

    def spelling(self, path: Sequence[Any], value: Any) -> str | None:
        """What stands behind the key's colon, where `edited` would not write the value in the same way by itself."""
        parent, key, node = self.entry(path)
        if key is None or node is None:
            return None
        written = self.text[self.after_colon(key) : self.content_end(node)]
        usual = "" if value is None and not parent.flow_style else _written(parent, value)
        return None if written.strip() == usual else written

    # --- places -------------------------------------------------------------------------------------------------------

    def content_end(self, node: Any) -> int:
        """Where a node's own text ends, before the line break: PyYAML's block collections claim the comments after
        them, block scalars empty lines."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            key, value = last if isinstance(last, tuple) else (None, last)
            return max(self.content_end(value), key.end_mark.index if key else 0)
        end = int(node.end_mark.index)
        if not isinstance(node, yaml.ScalarNode) or node.style not in ("|", ">"):
            return end
        written = self.text[node.start_mark.index : end]
        keeps = "+" in written.partition("\n")[0].partition("#")[0]  # then empty lines are its own
        own = written.removesuffix("\n").removesuffix("\r") if keeps else written.rstrip()
        return int(node.start_mark.index) + len(own)

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Behind the line break."""
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
            return self.text if parent is None else self._put(parent, key, node, edit)
        if node is None or (edit.op == "tidy" and not _is_empty(node)):
            return self.text
        return self._delete(edit.path, parent, key, node)

    def without(self, path: Sequence[Any]) -> str:
        """The text without what is at the path."""
        return self._delete(path, *self.entry(path))

    def with_items(self, path: Sequence[Any], index: int, items: Sequence[Any]) -> str:
        """The text with items before that of the index, in a list in flow style that has one before them."""
        node = self.entry(path)[2]
        at = self.content_end(node.value[index - 1])
        return self._replace(at, at, "".join(f", {json_text(item)}" for item in items))

    def _put(self, parent: Any, key: Any, node: Any, edit: Edit) -> str:
        name, value = str(edit.path[-1]), edit.value
        if node is None:
            if parent.flow_style:
                return self._into_flow(parent, f"{json_text(name)}: {json_text(value)}")
            if not parent.value:
                raise TextError("what has to be changed is empty")
            return self._insert_lines(self.line_end(self.content_end(parent)), {name: value}, self.column(parent))
        colon, start, end = self.after_colon(key), node.start_mark.index, self.content_end(node)
        if (value is None or edit.spelling is not None) and not parent.flow_style:
            return self._spell(colon, start, end, edit.spelling or "")
        if edit.spelling is not None:
            return self._replace(colon, end, edit.spelling)
        if isinstance(value, dict | list) and _is_null(node) and not parent.flow_style:
            self.text = self.text[:colon] + self.text[end:]
            return self._insert_lines(self.line_end(colon), value, key.start_mark.column + 2)
        written = _written(parent, value)
        if self.text[start - 1] == ":":
            written = f" {written}"
        return self._replace(start, end, written)

    def _spell(self, colon: int, start: int, end: int, written: str) -> str:
        """`written` behind the colon. Of a value that stands below its key the lines go: a comment by the key stays,
        unless the value stood below it before and the comment is in what was written."""
        if self.line_start(start) <= colon or _BELOW.match(written):
            return self._replace(colon, end, written)
        rest = self._replace(self.line_start(start), self.line_end(end), "")
        return rest[:colon] + written + rest[colon:]

    def _append(self, path: Sequence[Any], item: Any) -> str:
        node = self.entry(path)[2]
        if not isinstance(node, yaml.SequenceNode):
            raise TextError("what has to be changed is not there")
        if node.flow_style:
            return self._into_flow(node, json_text(item))
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
        before = self.text[first:start]
        if before.strip(" -"):
            raise TextError("what has to be removed shares its line")
        if key is not None and before.strip():
            return self._move_up(first, last, before, parent.value[1][0].start_mark.index)
        return self._replace(first, last, "")

    def _move_up(self, first: int, last: int, dash: str, following: int) -> str:
        """Without the first key of a list's item: the next one takes its place behind the dash. Comments between them
        come to stand before the item."""
        line = self.line_start(following)
        if self.text[line:following].strip():
            raise TextError("what has to be removed shares its line")
        return self.text[:first] + self.text[last:line] + dash + self.text[following:]

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


def line_break(text: str) -> str:
    """How the text ends its lines."""
    return "\r\n" if "\r\n" in text else "\n"


def json_text(value: Any) -> str:
    """JSON that YAML reads in the same way, in one line."""
    # Neither halves of a character, which YAML does not join, nor what it takes for the end of a line.
    return re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff]", lambda each: f"\\u{ord(each[0]):04x}", json.dumps(value, ensure_ascii=False)
    )


def _matches(node: Any, step: Any) -> bool:
    if not isinstance(node, yaml.MappingNode):
        return False
    there = {key.value: value for key, value in node.value if isinstance(value, yaml.ScalarNode)}
    return all((_value(there[key]) if key in there else None) == value for key, value in step.items())


def _value(node: Any) -> Any:
    return Loader("").construct_object(node)


def _is_null(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _is_empty(node: Any) -> bool:
    return _is_null(node) or (isinstance(node, yaml.CollectionNode) and not node.value)


def _written(parent: Any, value: Any) -> str:
    """A value within a line."""
    if parent.flow_style or not isinstance(value, str):
        return json_text(value)
    if re.fullmatch("[a-zA-Z][a-zA-Z0-9-]+", value) and yaml.safe_load(value) == value:
        return value
    if '"' in value and "'" not in value and value.isprintable():
        return f"'{value}'"  # JSON within a string stays legible
    return json_text(value)
