"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.container import Resources


class CertificateAlert(TypedDict):
    """A further container that tells Prometheus when the certificate ends, as it is mounted: x509_cert_not_after and
    x509_cert_expires_in_seconds. It sees the certificate, not the key.
    """

    image: NotRequired[Input[str]]
    """x509-certificate-exporter ≥4. Default: "docker.io/enix/x509-certificate-exporter:4.2.0"."""
    port: NotRequired[int]
    """The container's port for /metrics, plain HTTP. It is no port of the Service. Default: 9793."""
    alert_days: NotRequired[int]
    """Alert when fewer days are left. Must be fewer than tls.renewBeforeDays: else every certificate alerts that is
    about to be renewed. Default: 14.
    """
    prometheus_rule: NotRequired[bool]
    """Also make a PodMonitor and a PrometheusRule. The cluster needs the Prometheus Operator's resource definitions.
    Default: false.
    """
    labels: NotRequired[dict[str, Input[str]]]
    """Labels of both, by which your Prometheus picks them: {"release": "kube-prometheus-stack"}, say."""
    resources: NotRequired[Resources]
    """CPU and memory. Default: {"requests": {"cpu": "5m", "memory": "24Mi"}, "limits": {"memory": "64Mi"}}."""
