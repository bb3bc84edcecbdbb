"""Changes to a Kubernetes object, one by one, and what takes them back.

A path is a list of keys; a step into a list is a dict that the item matches: ["containers", {"name": "app"}, "image"].
Paths and what was there before are JSON, so that one annotation of the object can hold the way back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

Step = str | Mapping[str, Any]
Path = tuple[Step, ...]


@dataclass(frozen=True)
class Edit:
    """One change. "put" sets a key, "append" an item at a list's end, "delete" removes what is at the path, and "tidy"
    does so where it is empty."""

    op: Literal["put", "append", "delete", "tidy"]
    path: Path
    value: Any = None
    spelling: str | None = None
    """How a text spelled the value that a "put" brings back, from the key's colon on; None for the usual way."""


def copied(value: Any) -> Any:
    """Dicts and lists anew; everything else, Outputs among it, as it is."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value


def find(document: Any, path: Sequence[Step]) -> Any:
    """What is at the path, or None."""
    for step in path:
        if isinstance(step, str):
            document = document.get(step) if isinstance(document, Mapping) else None
        else:
            items = document if isinstance(document, list | tuple) else ()
            document = next((item for item in items if matches(item, step)), None)
    return document


def matches(item: Any, step: Mapping[str, Any]) -> bool:
    """Whether a list's item is the one that a step means. None stands for a key that is not there."""
    return isinstance(item, Mapping) and all(item.get(key) == value for key, value in step.items())


def apply(document: dict[str, Any], edits: Sequence[Edit]) -> dict[str, Any]:
    """A copy of the document with the edits. What is gone already cannot be deleted, and that is no error; nor is a
    record that somebody changed, so that it fits nowhere."""
    result: dict[str, Any] = copied(document)
    for edit in edits:
        _apply(result, edit)
    return result


def _apply(document: dict[str, Any], edit: Edit) -> None:
    *above, last = edit.path
    parent = find(document, above)
    match edit.op:
        case "put" if isinstance(parent, dict) and isinstance(last, str):
            parent[last] = copied(edit.value)
        case "append":
            at = find(document, edit.path)
            if isinstance(at, list):
                at.append(copied(edit.value))
        case "delete" | "tidy":
            there = find(document, edit.path)
            if edit.op == "tidy" and there:
                return
            if isinstance(parent, list):
                parent[:] = [item for item in parent if item is not there]
            elif isinstance(parent, dict) and isinstance(last, str):
                parent.pop(last, None)
        case _:
            pass


class Editor:
    """A document that is changed, and remembers how. `edits` lead from the old to the new, `undo` leads back."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: dict[str, Any] = copied(document)
        self.edits: list[Edit] = []
        self._undo: list[Edit] = []

    def get(self, *path: Step) -> Any:
        """What is at the path, or None."""
        return find(self.document, path)

    def put(self, path: Path, value: Any) -> None:
        """Set a key; levels above it that are missing are made."""
        for depth in range(1, len(path)):
            if find(self.document, path[:depth]) is None:
                rest: Any = value
                for step in reversed(path[depth:]):
                    rest = {cast(str, step): rest}  # an item of a list is found, not made
                self._set(path[:depth], rest, "tidy")
                self._undo += [Edit("tidy", path[:below]) for below in range(depth + 1, len(path))]
                self._undo.append(Edit("delete", path))
                return
        self._set(path, value, "delete")

    def append(self, path: Path, item: Any, key: Mapping[str, Any]) -> None:
        """Put an item, known by `key`, at the end of the list at the path, which is made if need be."""
        if find(self.document, path) is None:
            self._set(path, [item], "tidy")
        else:
            self._do(Edit("append", path, item))
        self._undo.append(Edit("delete", (*path, key)))

    def _set(self, path: Path, value: Any, back: Literal["delete", "tidy"]) -> None:
        *above, last = path
        parent = find(self.document, above)
        if last not in parent:
            self._undo.append(Edit(back, path))
        else:  # null, as in `volumes:` with nothing after it, among others
            was = parent[last]
            self._undo.append(Edit("put", path, int(was) if isinstance(was, float) and was.is_integer() else was))
        self._do(Edit("put", path, value))

    def _do(self, edit: Edit) -> None:
        self.edits.append(edit)
        _apply(self.document, edit)

    def fill(self, path: Path, value: Any) -> None:
        """Another value for a key that was put here; there is no further way back."""
        self._do(Edit("put", path, value))

    @property
    def undo(self) -> list[Edit]:
        """What leads back, the last change first."""
        return self._undo[::-1]

    def recorded(self) -> str:
        """The way back as text, for an annotation."""
        return written(self.undo)


def written(edits: Sequence[Edit]) -> str:
    """A way back as text, for an annotation."""
    steps = [
        [edit.op, list(edit.path)]
        + ([edit.value] if edit.op == "put" else [])
        + ([edit.spelling] if edit.op == "put" and edit.spelling is not None else [])
        for edit in edits
    ]
    return json.dumps(steps, separators=(",", ":"))


def read(text: Any) -> list[Edit] | None:
    """The edits that written() wrote; None for any other text."""
    try:
        steps = json.loads(text)
        edits = [Edit(op, tuple(path), *value) for op, path, *value in steps]
    except (TypeError, ValueError):
        return None
    good = all(
        edit.op in ("put", "delete", "tidy")
        and edit.path
        and all(isinstance(step, str | dict) for step in edit.path)
        and isinstance(edit.spelling, str | None)
        for edit in edits
    )
    return edits if good else None
