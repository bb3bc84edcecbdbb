"""Names and places within the pod: each path, volume, container, port and label has its one owner here."""

from __future__ import annotations

from pulumi_sidecar.names import shorten

CONFIG_DIR = "/etc/pulumi-sidecar/proxy"
TLS_DIR = "/etc/pulumi-sidecar/tls"
CLIENT_CA_DIR = "/etc/pulumi-sidecar/client-ca"
WORK_DIR = "/run/pulumi-sidecar"
STATIC_DIR = "/srv/pulumi-sidecar"
DEFAULT_UWSGI_SOCKET = "/run/app/uwsgi.sock"

CONFIG_VOLUME = "proxy-config"
TLS_VOLUME = "proxy-tls"
WORK_VOLUME = "proxy-work"
CLIENT_CA_VOLUME = "client-ca"
SOCKET_VOLUME = "app-socket"
EXPORTER_VOLUME = "exporter-config"
CERTIFICATE_VOLUME = "exporter-certificate"
CLIENT_CA_FILE = "client-ca.crt"
"""The key in our ConfigMap, where the client CA is given as PEM."""
EXPORTER_FILE = "certificate-exporter.yaml"
"""The key in our ConfigMap with the configuration of the certificate exporter."""
OUR_VOLUMES = (
    *(CONFIG_VOLUME, TLS_VOLUME, CLIENT_CA_VOLUME, WORK_VOLUME, SOCKET_VOLUME),
    *(EXPORTER_VOLUME, CERTIFICATE_VOLUME),
)

APP_CONTAINER = "app"
PROXY_CONTAINER = "proxy"
EXPORTER_CONTAINER = "certificate-exporter"
METRICS_CONTAINER = "metrics-exporter"

HTTPS = "https"
HTTP = "http"
STATUS = "status"
CERTIFICATES = "certificates"
METRICS = "metrics"
"""Names of ports, which Service and probes use."""

COMPONENT_LABEL = "pulumi-sidecar/component"
"""The label that the selector uses, and nothing else: Deployments cannot change their selector."""
APP_ANNOTATION = "pulumi-sidecar/app"
"""Which container is the app, where a workload of others has its own name for it."""
CONFIG_ANNOTATION = "pulumi-sidecar/config-sha256"
"""Rolls the pods where a provider changes ConfigMaps in place instead of replacing them."""


def tmp_volume(container: str) -> str:
    """The name of the volume at a container's /tmp."""
    return shorten(f"{container}-tmp")
