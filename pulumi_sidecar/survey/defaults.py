"""Arguments that were not given, and the values that hold in their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
from pydantic import BaseModel

from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.injection import SidecarInjectionArgs

_EMPTY: tuple[Any, ...] = (None, "", (), {}, [])
_LEFT_OUT = {"kind", "extra", "image", "resources", "cluster_domain", "http_port"}
"""What the other sections show, or what holds only beside another argument."""


def defaults(args: SidecarDeploymentArgs | SidecarInjectionArgs) -> list[tuple[str, str]]:
    """Property path and value. What is off by default is not listed: nothing holds in its place."""
    idle = ["replicas"] if isinstance(args, SidecarDeploymentArgs) and args.autoscaling else []
    idle += [] if args.proxy else ["tls.", "drain_"]
    idle += ["proxy.max_body_size"] if args.app.protocol.kind == "grpc" else []
    return [(path, value) for path, value in _walk(args, "", given=True) if not path.startswith(tuple(idle))]


def _walk(model: BaseModel, prefix: str, *, given: bool) -> Iterator[tuple[str, str]]:
    """`given`: the model itself was. One that was left out has nothing but defaults in it."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        set_here = given and name in model.model_fields_set
        if name in _LEFT_OUT:
            continue
        if isinstance(value, BaseModel):
            yield from _walk(value, f"{prefix}{name}.", given=set_here)
        elif not set_here and not isinstance(value, pulumi.Output) and value not in _EMPTY and value is not False:
            yield f"{prefix}{name}", _text(name, value)


def _text(name: str, value: Any) -> str:
    if value is True:
        return "yes"
    if name == "max_body_size" and isinstance(value, int) and value % 2**20 == 0:
        return f"{value // 2**20}Mi"
    for unit in ("seconds", "days"):
        if name.endswith(f"_{unit}"):
            return f"{value} {unit if unit == 'days' else 's'}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
