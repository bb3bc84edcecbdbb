"""A PodMonitor: how the Prometheus Operator is told of a port of the pods."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import apiextensions, meta

from pulumi_sidecar import layout
from pulumi_sidecar.plan import Plan


def create_pod_monitor(
    name: str, plan: Plan, port: str, interval: str, metadata: meta.v1.ObjectMetaArgs, opts: pulumi.ResourceOptions
) -> None:
    """Every `interval` ("30s"), the port of that name of the component's pods."""
    apiextensions.CustomResource(
        name,
        api_version="monitoring.coreos.com/v1",
        kind="PodMonitor",
        metadata=metadata,
        spec={
            "selector": {"matchLabels": plan.selector},
            "podTargetLabels": [layout.COMPONENT_LABEL],
            "podMetricsEndpoints": [{"port": port, "interval": interval}],
        },
        opts=opts,
    )
