"""The exporter that tells Prometheus when the certificate ends, and the rule that alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core, meta

from pulumi_sidecar import containers, layout
from pulumi_sidecar.args.alert import CertificateAlert
from pulumi_sidecar.args.container import Security
from pulumi_sidecar.plan import Plan
from pulumi_sidecar.pod_monitor import create_pod_monitor

_USER = 65534
"""As the image says; a number is what runAsNonRoot can check."""
_CONFIG_DIR = "/etc/pulumi-sidecar/exporter"
_CERTIFICATE_DIR = "/etc/pulumi-sidecar/certificate"
_SECONDS_OF_A_DAY = 86400


def config(args: CertificateAlert) -> str:
    """The exporter's configuration file."""
    return f"""\
# Written by pulumi-sidecar, for x509-certificate-exporter 4.
server:
  listen: ":{args.port}"
metrics:
  exposeRelative: true
sources:
  - kind: file
    name: certificate
    paths: ["{_CERTIFICATE_DIR}/tls.crt"]
    refreshInterval: 300s
"""


def container(args: CertificateAlert) -> core.v1.ContainerArgs:
    """The exporter. No probe asks it: the application goes on without it."""
    return core.v1.ContainerArgs(
        name=layout.EXPORTER_CONTAINER,
        image=args.image,
        args=[f"--config={_CONFIG_DIR}/{layout.EXPORTER_FILE}"],
        ports=[core.v1.ContainerPortArgs(name=layout.CERTIFICATES, container_port=args.port)],
        resources=containers.resources_of(args.resources),
        security_context=containers.security_of(Security(read_only_root_filesystem=True), _USER, _USER),
        volume_mounts=[
            core.v1.VolumeMountArgs(name=layout.EXPORTER_VOLUME, mount_path=_CONFIG_DIR, read_only=True),
            core.v1.VolumeMountArgs(name=layout.CERTIFICATE_VOLUME, mount_path=_CERTIFICATE_DIR, read_only=True),
        ],
    )


def volumes(config_map: pulumi.Input[str] | None, secret: pulumi.Input[str] | None) -> list[core.v1.VolumeArgs]:
    """What it reads: its one file of the ConfigMap, and of the Secret the certificate alone."""
    return [
        core.v1.VolumeArgs(
            name=layout.EXPORTER_VOLUME,
            config_map=core.v1.ConfigMapVolumeSourceArgs(name=config_map, items=[_only(layout.EXPORTER_FILE)]),
        ),
        core.v1.VolumeArgs(
            name=layout.CERTIFICATE_VOLUME,
            secret=core.v1.SecretVolumeSourceArgs(secret_name=secret, default_mode=0o440, items=[_only("tls.crt")]),
        ),
    ]


def _only(key: str) -> core.v1.KeyToPathArgs:
    return core.v1.KeyToPathArgs(key=key, path=key)


def rule(
    name: str,
    plan: Plan,
    args: CertificateAlert,
    namespace: pulumi.Output[str],
    asked_namespace: Any,
    labels: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> None:
    """A PodMonitor, and a PrometheusRule for what it gathers. Children are `name`-monitor and `name`-rule."""
    metadata = meta.v1.ObjectMetaArgs(namespace=asked_namespace, labels={**labels, **args.labels})
    create_pod_monitor(f"{name}-monitor", plan, layout.CERTIFICATES, "5m", metadata, opts)
    # Prometheus writes a label's name with underscores.
    label = layout.COMPONENT_LABEL.replace("/", "_").replace("-", "_")
    expression = pulumi.Output.concat(
        f"min by (namespace, {label}, subject_CN) (x509_cert_not_after{{",
        *('namespace="', namespace, f'",{label}="{plan.name}"'),
        f"}} - time()) < {args.alert_days * _SECONDS_OF_A_DAY}",
    )
    cure = "Run `pulumi up`, or whatever else renews it."
    alerting = {
        "alert": "PulumiSidecarCertificateEnds",
        "expr": expression,
        "for": "15m",
        "labels": {"severity": "warning"},
        "annotations": {
            "summary": f"The certificate of {plan.name} was not renewed",
            "description": f"It ends in {{{{ $value | humanizeDuration }}}}. {cure}",
        },
    }
    apiextensions.CustomResource(
        f"{name}-rule",
        api_version="monitoring.coreos.com/v1",
        kind="PrometheusRule",
        metadata=metadata,
        spec={"groups": [{"name": f"pulumi-sidecar-{plan.name}", "rules": [alerting]}]},
        opts=opts,
    )
