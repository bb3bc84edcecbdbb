"""What the proxy counts, for Prometheus."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.container import Amounts, Resources
from pulumi_sidecar.fields import HighPort, Image, LabelKey, LabelValue, Seconds, refuse
from pulumi_sidecar.inputs import Value

NGINX_EXPORTER_IMAGE = "docker.io/nginx/nginx-prometheus-exporter:1.5.1"
"""https://github.com/nginx/nginx-prometheus-exporter"""
APACHE_EXPORTER_IMAGE = "docker.io/lusotycoon/apache-exporter:v1.1.1"
"""https://github.com/Lusitaniae/apache_exporter"""


class Exporter(Args):
    """A further container that reads the proxy's counts and serves them as /metrics, plain HTTP. Its port is named
    `metrics` and is no port of the Service."""

    image: Value[Image] | None = None
    """By default nginx-prometheus-exporter 1 for nginx, apache_exporter 1 for Apache. Another image must take the same
    flags."""
    port: HighPort = 9113
    """The container's port for /metrics."""
    scrape: Literal["annotations", "pod_monitor", "none"] = "annotations"
    """How Prometheus finds it: by the usual annotations of the pod (prometheus.io/scrape, port and path; yours of the
    same name win), or by a PodMonitor, for which the cluster needs the Prometheus Operator's resource definitions."""
    interval_seconds: Seconds = 30
    """How often it is asked, in seconds, with `scrape` "pod_monitor"."""
    labels: dict[LabelKey, Value[LabelValue]] = {}
    """Labels of the PodMonitor, by which your Prometheus picks it: {"release": "kube-prometheus-stack"}, say."""
    resources: Resources = Resources.model_construct(  # no validator is built for what is right
        requests=Amounts.model_construct(cpu="5m", memory="24Mi"),
        limits=Amounts.model_construct(cpu=None, memory="64Mi"),
    )
    """CPU and memory."""

    @model_validator(mode="after")
    def _monitored(self) -> Exporter:
        for name in ("interval_seconds", "labels"):
            if name in self.model_fields_set and self.scrape != "pod_monitor":
                remedy = 'Set scrape to "pod_monitor", or leave it out.'
                raise refuse(f"has {name}, which is for a PodMonitor, while scrape is {self.scrape}", remedy)
        return self


class Metrics(Args):
    """What the proxy counts: requests and connections by state; Apache also bytes, time, and what its workers do.

    Neither server counts errors by status: nginx's stub_status and Apache's mod_status have no such numbers. The access
    log has the status of every request, as JSON; count there what was answered with 5xx. The kubelet's probes and the
    exporter's own questions are among the requests counted.
    """

    local_port: HighPort | None = None
    """The proxy's port on 127.0.0.1 that tells the counts: /stub_status (nginx), /server-status?auto (Apache). By
    default 9145, or the next that is free. Only containers of the pod reach it."""
    exporter: Exporter | Literal[False] = Exporter()
    """The exporter. False: none, for one of your own among `sidecars`."""
