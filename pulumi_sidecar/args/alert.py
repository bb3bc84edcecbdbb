"""A warning that comes also where nobody runs `pulumi up`: what Prometheus needs to know of the certificate."""

from __future__ import annotations

from pulumi_sidecar.args.base import Args, Labels
from pulumi_sidecar.args.container import Resources, reserved
from pulumi_sidecar.args.tls import Days
from pulumi_sidecar.fields import HighPort, Image
from pulumi_sidecar.inputs import Value

EXPORTER_IMAGE = "docker.io/enix/x509-certificate-exporter:4.2.0"
"""https://github.com/enix/x509-certificate-exporter. Version 4 or later: it reads a configuration file."""


class CertificateAlert(Args):
    """A further container that tells Prometheus when the certificate ends, as it is mounted: x509_cert_not_after and
    x509_cert_expires_in_seconds. It sees the certificate, not the key."""

    image: Value[Image] = EXPORTER_IMAGE
    """x509-certificate-exporter ≥4."""
    port: HighPort = 9793
    """The container's port for /metrics, plain HTTP. It is no port of the Service."""
    alert_days: Days = 14
    """Alert when fewer days are left. Must be fewer than tls.renew_before_days: else every certificate alerts that is
    about to be renewed."""
    prometheus_rule: bool = False
    """Also make a PodMonitor and a PrometheusRule. The cluster needs the Prometheus Operator's resource definitions."""
    labels: Labels = {}
    """Labels of both, by which your Prometheus picks them: {"release": "kube-prometheus-stack"}, say."""
    resources: Resources = reserved("5m", "24Mi", "64Mi")
    """CPU and memory."""
