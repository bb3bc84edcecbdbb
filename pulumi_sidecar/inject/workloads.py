"""Kinds that have a pod template, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi.output import contains_unknowns
from pulumi.runtime import rpc

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
"""Kind → the path of its pod template."""
GROUPS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "Pod": "v1",
}
"""Kind → apiVersion. A CustomResource may have the same kind, and is another thing."""


def changed(value: Any, path: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """`value` with what is at `path` changed, through Outputs and secrets, which stay what they are."""
    if rpc.is_rpc_secret(value):  # so transforms get what holds a secret
        return pulumi.Output.secret(changed(rpc.unwrap_rpc_secret(value), path, change))
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: pulumi.Output.from_input(changed(known, path, change)))
    if not path:
        return change(value)
    if not isinstance(value, Mapping) or (contains_unknowns(value) and path[0] not in value):
        return value  # unknown in this preview, or nothing that the API server would take
    return {**value, path[0]: changed(value.get(path[0]), path[1:], change)}
