"""A workload of somebody else's, and a sidecar for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import apps, core

from pulumi_sidecar import SidecarInjection
from pulumi_sidecar.testing import Result
from tests.inject.test_template import BASIC

POD: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"name": "http", "containerPort": 8080}]}]},
}
SELECTOR = {"matchLabels": {"app": "web"}}


def injection(args: Mapping[str, Any] | None = None, name: str = "web") -> SidecarInjection:
    return SidecarInjection(name, {**BASIC, **(args or {})})  # type: ignore[arg-type]


def containers(result: Result, kind: str = "Deployment", name: str | None = None) -> list[str]:
    spec = result.one(kind, name).inputs["spec"]["template"]["spec"]
    return [each["name"] for each in spec["containers"]]


def program(
    select: Mapping[str, Any], args: Mapping[str, Any] | None = None, stack_wide: bool = True
) -> Callable[[], None]:
    def run() -> None:
        web = injection(args)
        transform = web.transform(**select)
        if stack_wide:
            pulumi.runtime.register_resource_transform(transform)
        opts = None if stack_wide else pulumi.ResourceOptions(transforms=[transform])
        metadata: Any = {"name": "web", "namespace": "shop", "labels": {"tier": "front"}}
        apps.v1.Deployment("one", metadata=metadata, spec={"selector": SELECTOR, "template": POD}, opts=opts)
        apps.v1.StatefulSet("two", spec={"service_name": "two", "selector": SELECTOR, "template": POD}, opts=opts)
        ports: Any = [{"port": 80, "target_port": 8080}]
        core.v1.Service("service", metadata=metadata, spec={"selector": {"app": "web"}, "ports": ports}, opts=opts)
        core.v1.Service("other", metadata={"name": "x"}, spec={"selector": {"app": "x"}, "ports": ports}, opts=opts)

    return run
