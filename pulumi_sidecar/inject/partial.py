"""What an injection adds, without what was there: the body of a server-side apply."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pulumi import _types

from pulumi_sidecar.inject.edits import Edit, Path, Step, copied, find, read, written
from pulumi_sidecar.inject.template import record_of, removed
from pulumi_sidecar.inject.wanted import Object

GIVEN_BACK = "pulumi-sidecar/given-back"
"""The annotation of a patched object that lists values of its owner's which the patch sets again."""
_NAMED = ("name",)
_KEYS = {
    **dict.fromkeys(("containers", "initContainers", "volumes", "env"), (_NAMED, ())),
    "volumeMounts": (("mountPath",), _NAMED),
    "ports": (("port", "protocol"), _NAMED),
}
"""By which keys Kubernetes knows the items of a list, and which further ones an item must have."""


def from_outputs(value: Any) -> Any:
    """An object as the provider returned it, in Kubernetes' own form."""
    if _types.is_output_type(type(value)):
        value = _types.output_type_to_dict(value)
    if isinstance(value, Mapping):
        return {key: from_outputs(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [from_outputs(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def before_patch(live: Mapping[str, Any], own: Collection[str] = ()) -> Object:
    """A pod template or a Service as it was before the patch.

    :param own: Further annotations of the patch. A second update shall send the same as the first.
    """
    before = removed(live)
    annotations = find(before, ("metadata", "annotations"))
    if isinstance(annotations, dict):
        theirs = {key: value for key, value in annotations.items() if key not in (GIVEN_BACK, *own)}
        before["metadata"] |= {"annotations": theirs}
        if not theirs:
            del before["metadata"]["annotations"]
    return before


def given_back(live: Mapping[str, Any], edits: Sequence[Edit]) -> list[Edit]:
    """What an earlier patch set and these edits do not, set to what it was, and a list of it: server-side apply would
    take the field away, and leave Kubernetes' default. What its owner has changed since is the owner's."""
    kept = read(find(live, ("metadata", "annotations", GIVEN_BACK))) or []
    was = [*record_of(live), *(each for each in kept if find(live, each.path) == each.value)]
    taken = [each.path for each in edits if each.op == "put"]
    found = [
        Edit("put", each.path, each.value)
        for each in was
        if each.op == "put" and each.value is not None and each.path not in taken and find(live, each.path[:-1])
    ]
    return [*found, Edit("put", ("metadata", "annotations", GIVEN_BACK), written(found))] if found else []


def lost(edits: Sequence[Edit]) -> list[str]:
    """What is not given back when the patch goes, for people: the values that these edits would bring back."""
    return [
        f"{_shown(each.path)} (was {json.dumps(each.value)})"
        for each in edits
        if each.op == "put" and each.value not in (None, _default(each.path)) and each.path[-1] != GIVEN_BACK
    ]


def _default(path: Path) -> Any:
    """What Kubernetes puts in the place of a value that is gone, where it is not nothing."""
    if path[-1] == "terminationGracePeriodSeconds":
        return 30
    port = path[-2] if path[-1] == "targetPort" else None
    return port.get("port") if isinstance(port, Mapping) else None


def _shown(path: Path) -> str:
    steps = (each if isinstance(each, str) else f"[{each.get('name', each.get('port'))}]" for each in path)
    return ".".join(steps).replace(".[", "[")


def additions(edits: Sequence[Edit], before: Mapping[str, Any]) -> dict[str, Any]:
    """The object that holds only what the edits put: items of lists by the keys that they are known by.

    Items that are there before ours are named, too, so that ours have the same places as in the object:
    pulumi-kubernetes compares by place, and would find a change at every update
    (https://github.com/pulumi/pulumi-kubernetes/issues/2682).
    """
    body: dict[str, Any] = {}
    for edit in edits:
        if edit.op == "put":
            parent = _reach(body, edit.path[:-1], {})
            parent[edit.path[-1]] = copied(edit.value)
        elif edit.op == "append":
            _reach(body, edit.path, []).append(copied(edit.value))
    return _in_place(body, before)


def _in_place(body: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    placed: dict[str, Any] = {}
    for key, value in body.items():
        there = before.get(key)
        if isinstance(value, dict) and isinstance(there, Mapping):
            placed[key] = _in_place(value, there)
        elif isinstance(value, list) and isinstance(there, list) and key in _KEYS:
            placed[key] = _behind(value, there, *_KEYS[key])
        else:
            placed[key] = value
    return placed


def _behind(
    ours: list[dict[str, Any]], theirs: list[dict[str, Any]], known_by: tuple[str, ...], further: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Our items: changes to theirs where those are, what is new at the end."""
    left, placed, needed = list(ours), [], 0
    for item in theirs:
        changed = find(left, [{key: item.get(key) for key in known_by}])
        if changed is None:
            placed.append({key: item[key] for key in (*known_by, *further) if key in item})
        else:
            left.remove(changed)
            placed.append(_in_place(changed, item))
            needed = len(placed)
    return [*placed, *left] if left else placed[:needed]


def _reach(body: Any, path: Path, last: Any) -> Any:
    """What is at the path, made if need be."""
    for index, step in enumerate(path):
        following: Step | None = path[index + 1] if index + 1 < len(path) else None
        made: Any = last if following is None else {} if isinstance(following, str) else []
        if isinstance(step, str):
            body = body.setdefault(step, made)
        else:
            there = find(body, [step])
            if there is None:
                there = dict(step)
                body.append(there)
            body = there
    return body
