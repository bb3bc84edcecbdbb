"""The Deployment, and the ConfigMap and Secret that its pods mount."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import apps, core, meta

from pulumi_sidecar import alert, certificates, layout, pod
from pulumi_sidecar.args.tls import ClientCaPem
from pulumi_sidecar.build import Build


def config_map(build: Build) -> core.v1.ConfigMap | None:
    """`NAME-config`, the proxy's configuration; None without a proxy."""
    args, proxy = build.args, build.plan.proxy
    if proxy is None:
        return None
    data: dict[str, pulumi.Input[str]] = {**proxy.files}
    if args.client_auth is not None and isinstance(args.client_auth.ca, ClientCaPem):
        pem = certificates.trusted(build.subject, "client_auth.ca.pem", args.client_auth.ca.pem, authorities=True)
        data[layout.CLIENT_CA_FILE] = pem
    if args.certificate_alert is not None:
        data[layout.EXPORTER_FILE] = alert.config(args.certificate_alert)
    return core.v1.ConfigMap(f"{build.name}-config", metadata=build.metadata(), data=data, opts=build.opts)


def secret(build: Build, material: certificates.Material) -> core.v1.Secret | None:
    """`NAME-tls`, certificate and key; None where somebody else makes the Secret, or there is no TLS."""
    if material.data is None:
        return None
    return core.v1.Secret(
        f"{build.name}-tls",
        metadata=build.metadata(),
        type="kubernetes.io/tls",
        string_data=material.data,
        opts=build.opts,
    )


def deployment(
    build: Build, config_name: pulumi.Input[str] | None, secret_name: pulumi.Input[str] | None
) -> apps.v1.Deployment:
    """`NAME-deployment`. `config_name` and `secret_name` name what the proxy mounts."""
    args, opts, scaled = build.args, build.opts, build.args.autoscaling is not None
    if scaled:
        # Where Pulumi set the count in an earlier update, leaving it out would take it back to 1 until the autoscaler
        # looks: so the provider is to send what the cluster has, or nothing where the autoscaler has set it.
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["spec.replicas"]))
    return apps.v1.Deployment(
        f"{build.name}-deployment",
        metadata=build.metadata(annotations=args.annotations),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=None if scaled else args.replicas,
            selector=meta.v1.LabelSelectorArgs(match_labels=build.plan.selector),
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_unavailable=0, max_surge=1),
            ),
            template=pod.pod_template(build.plan, args, config_name, secret_name),
        ),
        opts=opts,
    )
