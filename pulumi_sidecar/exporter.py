"""The exporter of what the proxy counts, and how Prometheus finds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import pulumi
from pulumi_kubernetes import core, meta

from pulumi_sidecar import containers, layout
from pulumi_sidecar.args.container import Security
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.metrics import APACHE_EXPORTER_IMAGE, NGINX_EXPORTER_IMAGE, Exporter
from pulumi_sidecar.args.proxy import Apache, Nginx, Proxy
from pulumi_sidecar.plan import Plan
from pulumi_sidecar.pod_monitor import create_pod_monitor
from pulumi_sidecar.proxy.site import SERVER_STATUS_PATH, STUB_STATUS_PATH

_USER = 65534
"""Nobody. Both programs are static, and need no user of their image's own."""


def wanted(args: SidecarDeploymentArgs) -> Exporter | None:
    """The exporter that is asked for."""
    return (args.metrics.exporter or None) if args.metrics else None


def container(plan: Plan, args: SidecarDeploymentArgs) -> core.v1.ContainerArgs | None:
    """The exporter; None without one. No probe asks it: the application goes on without it."""
    exporter, proxy = wanted(args), plan.proxy
    if exporter is None or proxy is None or args.proxy is None:
        return None
    image, flag = _kind(args.proxy, f"http://127.0.0.1:{proxy.site.metrics_port}")
    return core.v1.ContainerArgs(
        name=layout.METRICS_CONTAINER,
        image=exporter.image if exporter.image is not None else image,
        args=[flag, f"--web.listen-address=:{exporter.port}"],
        ports=[core.v1.ContainerPortArgs(name=layout.METRICS, container_port=exporter.port)],
        resources=containers.resources_of(exporter.resources),
        security_context=containers.security_of(Security(read_only_root_filesystem=True), _USER, _USER),
    )


def _kind(proxy: Proxy, base: str) -> tuple[str, str]:
    match proxy:
        case Nginx():
            return NGINX_EXPORTER_IMAGE, f"--nginx.scrape-uri={base}{STUB_STATUS_PATH}"
        case Apache():
            return APACHE_EXPORTER_IMAGE, f"--scrape_uri={base}{SERVER_STATUS_PATH}?auto"
        case _:
            assert_never(proxy)


def pod_annotations(args: SidecarDeploymentArgs) -> dict[str, str]:
    """The pod's, by which a Prometheus that is set up in the usual way finds the exporter."""
    exporter = wanted(args)
    if exporter is None or exporter.scrape != "annotations":
        return {}
    return {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(exporter.port),
        "prometheus.io/path": "/metrics",
    }


def pod_monitor(
    name: str, plan: Plan, args: SidecarDeploymentArgs, labels: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> None:
    """`name`-metrics, where a PodMonitor is asked for."""
    exporter = wanted(args)
    if exporter is None or exporter.scrape != "pod_monitor":
        return
    metadata = meta.v1.ObjectMetaArgs(namespace=args.namespace, labels={**labels, **exporter.labels})
    interval = f"{exporter.interval_seconds}s"
    create_pod_monitor(f"{name}-metrics", plan, layout.METRICS, interval, metadata, opts)
