"""Resources for programs under test."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


class Foreign(pulumi.CustomResource):
    """A resource of a provider that nobody here knows."""

    url: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any) -> None:
        super().__init__("acme:index:Site", name, {"url": None, "arn": None, **props}, opts)


class Box(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("box:index:Box", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.map = k8s.core.v1.ConfigMap(f"{name}-map", data={"a": "1"}, opts=child)
        self.register_outputs({"map": self.map.metadata.name})


def balancer(name: str = "web", kind: str = "LoadBalancer") -> k8s.core.v1.Service:
    return k8s.core.v1.Service(name, spec={"type": kind, "ports": [{"port": 80}, {"port": 443, "node_port": 32000}]})
