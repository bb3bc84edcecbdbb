"""A workload of somebody else's, and a sidecar for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
