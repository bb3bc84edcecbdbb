"""From plan and arguments to the pod template. Creates nothing."""

from __future__ import annotations

from typing import assert_never

import pulumi
from pulumi_kubernetes import core, meta

from pulumi_sidecar import alert, containers, exporter, layout, placement
from pulumi_sidecar.args.container import DEFAULT_USER, Container
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.tls import ClientCaConfigMap
from pulumi_sidecar.args.volumes import ConfigMapVolume, EmptyDir, PersistentVolumeClaim, SecretVolume, Volume
from pulumi_sidecar.plan import Plan


def labels(plan: Plan, args: SidecarDeploymentArgs) -> dict[str, pulumi.Input[str]]:
    """The labels of every object: usual ones, the user's over them, and the one that selects."""
    usual = {"app.kubernetes.io/name": plan.name, "app.kubernetes.io/managed-by": "pulumi-sidecar"}
    return {**usual, **args.labels, **plan.selector}


def pod_template(
    plan: Plan,
    args: SidecarDeploymentArgs,
    config_map: pulumi.Input[str] | None,
    secret: pulumi.Input[str] | None,
) -> core.v1.PodTemplateSpecArgs:
    """The pods. `config_map` and `secret` are the names of the objects that the proxy mounts."""
    hashed = {layout.CONFIG_ANNOTATION: plan.proxy.config_hash} if plan.proxy else {}
    annotations = {**exporter.pod_annotations(args), **args.annotations, **hashed}
    metrics = exporter.container(plan, args)
    native = {name: sidecar for name, sidecar in args.sidecars.items() if sidecar.lifecycle == "native"}
    classic = {name: sidecar for name, sidecar in args.sidecars.items() if sidecar.lifecycle == "classic"}
    proxy = [containers.proxy(plan.proxy, args.proxy)] if plan.proxy and args.proxy else []
    init = [
        *(containers.sidecar(name, sidecar, None) for name, sidecar in native.items()),
        *(containers.init_container(name, container) for name, container in args.init_containers.items()),
        # Last: what fills volumes or migrates needs no proxy, and of native sidecars the last one is stopped first.
        *(proxy if plan.proxy and plan.proxy.lifecycle == "native" else []),
    ]
    return core.v1.PodTemplateSpecArgs(
        metadata=meta.v1.ObjectMetaArgs(labels=labels(plan, args), annotations=annotations or None),
        spec=core.v1.PodSpecArgs(
            init_containers=init or None,
            containers=[
                containers.app(plan, args.app),
                *(proxy if plan.proxy and plan.proxy.lifecycle == "classic" else []),
                *([alert.container(args.certificate_alert)] if args.certificate_alert else []),
                *([metrics] if metrics else []),
                *(containers.sidecar(name, sidecar, containers.app_hook(plan)) for name, sidecar in classic.items()),
            ],
            volumes=[
                *(volume_of(name, volume) for name, volume in args.volumes.items()),
                *our_volumes(plan, args, config_map, secret),
            ]
            or None,
            security_context=core.v1.PodSecurityContextArgs(
                # Files of Secrets and of shared volumes belong to this group, whichever users the containers have.
                fs_group=DEFAULT_USER,
                fs_group_change_policy="OnRootMismatch",
            ),
            share_process_namespace=args.share_process_namespace or None,
            service_account_name=args.service_account,
            automount_service_account_token=None if args.service_account is not None else False,
            enable_service_links=False,
            image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=name) for name in args.image_pull_secrets]
            or None,
            termination_grace_period_seconds=plan.grace_seconds,
            **placement.fields(args.scheduling, plan.selector),
        ),
    )


def our_volumes(
    plan: Plan,
    args: SidecarDeploymentArgs,
    config_map: pulumi.Input[str] | None,
    secret: pulumi.Input[str] | None,
) -> list[core.v1.VolumeArgs]:
    """The volumes of which the user need know nothing."""
    volumes = []
    if config_map is not None:
        source = core.v1.ConfigMapVolumeSourceArgs(name=config_map)
        volumes.append(core.v1.VolumeArgs(name=layout.CONFIG_VOLUME, config_map=source))
    if secret is not None:
        # The proxy's workers read the key at handshakes: as members of the pod's group, and nobody else.
        key_files = core.v1.SecretVolumeSourceArgs(secret_name=secret, default_mode=0o440)
        volumes.append(core.v1.VolumeArgs(name=layout.TLS_VOLUME, secret=key_files))
    if args.client_auth is not None and isinstance(args.client_auth.ca, ClientCaConfigMap):
        client_ca = core.v1.ConfigMapVolumeSourceArgs(name=args.client_auth.ca.name)
        volumes.append(core.v1.VolumeArgs(name=layout.CLIENT_CA_VOLUME, config_map=client_ca))
    volumes += alert.volumes(config_map, secret) if args.certificate_alert else []
    empty = [layout.WORK_VOLUME] if plan.proxy else []
    empty += [layout.SOCKET_VOLUME] if plan.socket_mount and plan.socket_mount.volume == layout.SOCKET_VOLUME else []
    everybody: dict[str, Container] = {layout.APP_CONTAINER: args.app, **args.sidecars, **args.init_containers}
    empty += [layout.tmp_volume(name) for name, container in everybody.items() if containers.needs_tmp(container)]
    return volumes + [core.v1.VolumeArgs(name=name, empty_dir=core.v1.EmptyDirVolumeSourceArgs()) for name in empty]


def volume_of(name: str, volume: Volume) -> core.v1.VolumeArgs:
    """A volume that the user asked for."""
    match volume:
        case EmptyDir(size_limit=size_limit, medium=medium):
            source = core.v1.EmptyDirVolumeSourceArgs(
                size_limit=size_limit, medium="Memory" if medium == "memory" else None
            )
            return core.v1.VolumeArgs(name=name, empty_dir=source)
        case ConfigMapVolume(name=config_map):
            return core.v1.VolumeArgs(name=name, config_map=core.v1.ConfigMapVolumeSourceArgs(name=config_map))
        case SecretVolume(name=secret):
            return core.v1.VolumeArgs(
                name=name, secret=core.v1.SecretVolumeSourceArgs(secret_name=secret, default_mode=0o440)
            )
        case PersistentVolumeClaim(claim_name=claim, read_only=read_only):
            return core.v1.VolumeArgs(
                name=name,
                persistent_volume_claim=core.v1.PersistentVolumeClaimVolumeSourceArgs(
                    claim_name=claim, read_only=read_only or None
                ),
            )
        case _:
            assert_never(volume)
