"""What an injection adds, without what was there: the body of a server-side apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import _types

from pulumi_sidecar.inject.edits import Edit, Path, Step, copied


def from_outputs(value: Any) -> Any:
    """An object as the provider returned it, in Kubernetes' own form."""
    if _types.is_output_type(type(value)):
        value = _types.output_type_to_dict(value)
    if isinstance(value, Mapping):
        return {key: from_outputs(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [from_outputs(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def additions(edits: Sequence[Edit]) -> dict[str, Any]:
    """The object that holds only what the edits put: items of lists by the keys that they are known by."""
    body: dict[str, Any] = {}
    for edit in edits:
        if edit.op == "put":
            parent = _reach(body, edit.path[:-1], {})
            parent[edit.path[-1]] = copied(edit.value)
        elif edit.op == "append":
            _reach(body, edit.path, []).append(copied(edit.value))
    return body


def _reach(body: Any, path: Path, last: Any) -> Any:
    """What is at the path, made if need be."""
    for index, step in enumerate(path):
        following: Step | None = path[index + 1] if index + 1 < len(path) else None
        made: Any = last if following is None else {} if isinstance(following, str) else []
        if isinstance(step, str):
            body = body.setdefault(step, made)
        else:
            there = next((item for item in body if all(item.get(key) == step[key] for key in step)), None)
            if there is None:
                there = dict(step)
                body.append(there)
            body = there
    return body
