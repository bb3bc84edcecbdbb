"""The models of `args.metrics` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.container import Resources
from pulumi_sidecar.args.dicts.container import ResourcesDict
from pulumi_sidecar.args.metrics import Exporter


class ExporterDict(TypedDict):
    """Exporter as a dict.

    A further container that reads the proxy's counts and serves them as /metrics, plain HTTP. Its port is named
    `metrics` and is no port of the Service.
    """

    image: NotRequired[Input[str] | None]
    """By default nginx-prometheus-exporter 1 for nginx, apache_exporter 1 for Apache. Another image must take the
    same flags.
    """
    port: NotRequired[int]
    """The container's port for /metrics. Default: 9113."""
    scrape: NotRequired[Literal["annotations", "pod_monitor", "none"]]
    """How Prometheus finds it: by the usual annotations of the pod (prometheus.io/scrape, port and path; yours of
    the same name win), or by a PodMonitor, for which the cluster needs the Prometheus Operator's resource
    definitions. Default: "annotations".
    """
    interval_seconds: NotRequired[int]
    """How often it is asked, in seconds, with `scrape` "pod_monitor". Default: 30."""
    labels: NotRequired[Mapping[str, Input[str]]]
    """Labels of the PodMonitor, by which your Prometheus picks it: {"release": "kube-prometheus-stack"}, say."""
    resources: NotRequired[ResourcesDict | Resources]
    """CPU and memory. Default: {"requests": {"cpu": "5m", "memory": "24Mi"}, "limits": {"memory": "64Mi"}}."""


class MetricsDict(TypedDict):
    """Metrics as a dict.

    What the proxy counts: requests and connections by state; Apache also bytes, time, and what its workers do.

    Neither server counts errors by status: nginx's stub_status and Apache's mod_status have no such numbers. The
    access log has the status of every request, as JSON; count there what was answered with 5xx. The kubelet's
    probes and the exporter's own questions are among the requests counted.
    """

    local_port: NotRequired[int | None]
    """The proxy's port on 127.0.0.1 that tells the counts: /stub_status (nginx), /server-status?auto (Apache). By
    default 9145, or the next that is free. Only containers of the pod reach it.
    """
    exporter: NotRequired[ExporterDict | Exporter | Literal[False]]
    """The exporter. False: none, for one of your own among `sidecars`."""
