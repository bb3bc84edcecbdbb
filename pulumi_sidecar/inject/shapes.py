"""What has to be known of objects of others before they are looked into: dicts and lists where Kubernetes has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import pulumi
from pulumi.output import Unknown

from pulumi_sidecar.errors import ArgumentsError, Problem

SINGLE: Final = "single"
"""A single value, which may be an Output."""
KNOWN: Final = "known"
"""A single value that is known, and may be missing."""
NAME: Final = "name"
"""A text that is known."""
NUMBER: Final = "number"
"""A whole number that is known."""

Shape = Mapping[str, Any] | list[Any] | Literal["single", "known", "name", "number"]
"""What a dict holds, so far as it matters; one item of a list, which stands for all."""

_CONTAINER: Shape = {
    "name": NAME,
    "lifecycle": {"preStop": {}},
    "env": [{"name": SINGLE}],
    "volumeMounts": [{"name": SINGLE, "mountPath": SINGLE}],
    "ports": [{"name": SINGLE, "containerPort": SINGLE, "protocol": SINGLE}],
}
_METADATA: Shape = {"annotations": {}, "labels": {}}
TEMPLATE: Shape = {
    "metadata": _METADATA,
    "spec": {"containers": [_CONTAINER], "initContainers": [_CONTAINER], "volumes": [{"name": SINGLE}]},
}
"""A pod template."""
SERVICE: Shape = {
    "metadata": _METADATA,
    "spec": {"ports": [{"port": NUMBER, "name": KNOWN, "targetPort": KNOWN, "protocol": KNOWN}]},
}
"""A Service. What is known of its ports is compared, and stands in the record of what was changed."""
CLAIMS: Shape = {"spec": {"volumeClaimTemplates": [{"metadata": {"name": NAME}}]}}
"""A StatefulSet, for the names of its claims."""


def is_late(value: Any, shape: Shape) -> bool:
    """Whether an Output, or what is unknown in this preview, stands where something has to be looked into."""
    if isinstance(value, pulumi.Output | Unknown):
        return shape != SINGLE
    if isinstance(shape, Mapping) and isinstance(value, Mapping):
        return any(is_late(value.get(key), inner) for key, inner in shape.items())
    return isinstance(shape, list) and isinstance(value, list) and any(is_late(item, shape[0]) for item in value)


def is_whole(value: Any) -> bool:
    """Whether it is a whole number; Pulumi's are floats."""
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


_A_SINGLE = "a single value"


def check(value: Any, shape: Shape, subject: str) -> None:
    """Raises ArgumentsError with everything that is of another shape."""
    found = list(_problems(value, shape, ""))
    if found:
        raise ArgumentsError(subject, found)


def _problems(value: Any, shape: Shape, path: str) -> Iterator[Problem]:
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            yield _problem(path, "a dict", value)
            return
        for key, inner in shape.items():
            required = inner in (NAME, NUMBER)
            if required or value.get(key) is not None:
                yield from _problems(value.get(key), inner, f"{path}.{key}" if path else key)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield _problem(path, "a list", value)
            return
        for index, item in enumerate(value):
            yield from _problems(item, shape[0], f"{path}[{index}]")
    elif shape == NAME and not isinstance(value, str):
        yield _problem(path, "a text", value)
    elif shape == NUMBER and not is_whole(value):
        yield _problem(path, "a whole number", value)
    elif shape in (SINGLE, KNOWN) and isinstance(value, dict | list):
        yield _problem(path, _A_SINGLE, value)


def _problem(path: str, what: str, value: Any) -> Problem:
    if value is None:
        return Problem(path, "is missing", f"It must be {what}.")
    known = "" if what == _A_SINGLE else " that is known at plan time"
    reason = f"must be {what}{known}, and is of type {type(value).__name__}"
    return Problem(path, reason, "Outputs may stand for single values inside.")
