"""From plan and arguments to the pod template. Creates nothing."""

from __future__ import annotations

from typing import Any, Literal, assert_never

import pulumi
from pulumi_kubernetes import core, meta

from pulumi_sidecar import plan as planned
from pulumi_sidecar.args.app import DEFAULT_USER, App
from pulumi_sidecar.args.container import ConfigMapKey, Resources, SecretKey, Security
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.proxy import Proxy
from pulumi_sidecar.args.volumes import ConfigMapVolume, EmptyDir, PersistentVolumeClaim, SecretVolume, Volume
from pulumi_sidecar.plan import Plan
from pulumi_sidecar.proxy.site import ALIVE_PATH, READY_PATH

_PROXY_SECURITY = Security(read_only_root_filesystem=True)


def labels(plan: Plan, args: SidecarDeploymentArgs) -> dict[str, pulumi.Input[str]]:
    """The labels of every object: usual ones, the user's over them, and the one that selects."""
    usual = {"app.kubernetes.io/name": plan.name, "app.kubernetes.io/managed-by": "pulumi-sidecar"}
    return {**usual, **args.labels, **plan.selector}


def pod_template(
    plan: Plan, args: SidecarDeploymentArgs, config_map: pulumi.Input[str], secret: pulumi.Input[str]
) -> core.v1.PodTemplateSpecArgs:
    """The pods: app and proxy. `config_map` and `secret` are the names of the objects that the proxy mounts."""
    return core.v1.PodTemplateSpecArgs(
        metadata=meta.v1.ObjectMetaArgs(
            labels=labels(plan, args),
            annotations={**args.annotations, planned.CONFIG_ANNOTATION: plan.config_hash},
        ),
        spec=core.v1.PodSpecArgs(
            containers=[_app(plan, args.app), _proxy(plan, args.proxy)],
            volumes=[
                *(_volume(name, volume) for name, volume in args.volumes.items()),
                *_our_volumes(args, config_map, secret),
            ],
            security_context=core.v1.PodSecurityContextArgs(
                # Files of Secrets and of shared volumes belong to this group, whichever users the containers have.
                fs_group=DEFAULT_USER,
                fs_group_change_policy="OnRootMismatch",
            ),
            service_account_name=args.service_account,
            automount_service_account_token=None if args.service_account is not None else False,
            enable_service_links=False,
            image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=name) for name in args.image_pull_secrets]
            or None,
            termination_grace_period_seconds=plan.grace_seconds,
        ),
    )


# --- containers -------------------------------------------------------------------------------------------------------


def _app(plan: Plan, app: App) -> core.v1.ContainerArgs:
    mounts = [
        core.v1.VolumeMountArgs(
            name=mount.volume,
            mount_path=mount.mount_path,
            read_only=mount.read_only or None,
            sub_path=mount.sub_path,
        )
        for mount in app.volume_mounts
    ]
    if needs_tmp(app):
        mounts.append(core.v1.VolumeMountArgs(name=planned.APP_TMP_VOLUME, mount_path="/tmp"))  # noqa: S108 (in a container)
    return core.v1.ContainerArgs(
        name=planned.APP_CONTAINER,
        image=app.image,
        image_pull_policy=app.image_pull_policy,
        command=list(app.command) if app.command is not None else None,
        args=list(app.args) if app.args is not None else None,
        env=[_env(name, value) for name, value in app.env.items()] or None,
        resources=_resources(app.resources),
        security_context=_security(app.security, app.user, app.group),
        volume_mounts=mounts or None,
        # The app outlives the proxy's drain, so that no request finds it gone.
        lifecycle=_sleep(plan.app_stop_delay_seconds),
    )


def needs_tmp(app: App) -> bool:
    """Whether the app gets an empty volume at /tmp: with a read-only root, and nothing of its own there."""
    taken = any(mount.mount_path == "/tmp" for mount in app.volume_mounts)  # noqa: S108 (in a container)
    return app.security.read_only_root_filesystem and not taken


def _proxy(plan: Plan, proxy: Proxy) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name=planned.PROXY_CONTAINER,
        image=proxy.image,
        image_pull_policy=proxy.image_pull_policy,
        command=list(plan.command),
        ports=[core.v1.ContainerPortArgs(name=name, container_port=port) for name, port in plan.ports.items()],
        resources=_resources(proxy.resources),
        security_context=_security(_PROXY_SECURITY, plan.proxy_user, plan.proxy_user),
        volume_mounts=[
            core.v1.VolumeMountArgs(name=planned.CONFIG_VOLUME, mount_path=planned.CONFIG_DIR, read_only=True),
            core.v1.VolumeMountArgs(name=planned.TLS_VOLUME, mount_path=planned.TLS_DIR, read_only=True),
            core.v1.VolumeMountArgs(name=planned.WORK_VOLUME, mount_path=planned.WORK_DIR),
        ],
        startup_probe=_probe(ALIVE_PATH, period=1, failures=60),
        liveness_probe=_probe(ALIVE_PATH, period=10, failures=3),
        readiness_probe=_probe(READY_PATH, period=5, failures=3),
        # The proxy accepts connections until every node knows that this pod is leaving, then drains.
        lifecycle=_sleep(planned.SETTLE_SECONDS),
    )


def _probe(path: str, period: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(scheme="HTTPS", port=planned.STATUS, path=path),
        period_seconds=period,
        failure_threshold=failures,
        # The default of 1 s fails on a busy node, and takes every pod out of the Service at once.
        timeout_seconds=5,
    )


def _sleep(seconds: int) -> core.v1.LifecycleArgs:
    action = core.v1.SleepActionArgs(seconds=seconds)
    return core.v1.LifecycleArgs(pre_stop=core.v1.LifecycleHandlerArgs(sleep=action))


def _env(name: str, value: Any) -> core.v1.EnvVarArgs:
    match value:
        case SecretKey(secret=secret, key=key):
            source = core.v1.EnvVarSourceArgs(secret_key_ref=core.v1.SecretKeySelectorArgs(name=secret, key=key))
        case ConfigMapKey(config_map=config_map, key=key):
            reference = core.v1.ConfigMapKeySelectorArgs(name=config_map, key=key)
            source = core.v1.EnvVarSourceArgs(config_map_key_ref=reference)
        case _:
            return core.v1.EnvVarArgs(name=name, value=value)
    return core.v1.EnvVarArgs(name=name, value_from=source)


def _resources(resources: Resources | None) -> core.v1.ResourceRequirementsArgs | None:
    if resources is None:
        return None
    names: tuple[Literal["cpu"], Literal["memory"]] = ("cpu", "memory")
    requests: dict[str, Any] = {name: resources.request(name) for name in names if resources.request(name) is not None}
    limits: dict[str, Any] = {name: resources.limit(name) for name in names if resources.limit(name) is not None}
    return core.v1.ResourceRequirementsArgs(requests=requests or None, limits=limits or None)


def _security(security: Security, user: int | str, group: int | str) -> core.v1.SecurityContextArgs:
    return core.v1.SecurityContextArgs(
        run_as_non_root=security.run_as_non_root,
        run_as_user=user if isinstance(user, int) else None,
        run_as_group=group if isinstance(group, int) else None,
        allow_privilege_escalation=security.allow_privilege_escalation,
        read_only_root_filesystem=security.read_only_root_filesystem,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"], add=list(security.add_capabilities) or None),
        seccomp_profile=core.v1.SeccompProfileArgs(type=security.seccomp),
    )


# --- volumes ----------------------------------------------------------------------------------------------------------


def _our_volumes(
    args: SidecarDeploymentArgs, config_map: pulumi.Input[str], secret: pulumi.Input[str]
) -> list[core.v1.VolumeArgs]:
    volumes = [
        core.v1.VolumeArgs(name=planned.CONFIG_VOLUME, config_map=core.v1.ConfigMapVolumeSourceArgs(name=config_map)),
        core.v1.VolumeArgs(
            name=planned.TLS_VOLUME,
            # The proxy's workers read the key at handshakes: as members of the pod's group, and nobody else.
            secret=core.v1.SecretVolumeSourceArgs(secret_name=secret, default_mode=0o440),
        ),
        core.v1.VolumeArgs(name=planned.WORK_VOLUME, empty_dir=core.v1.EmptyDirVolumeSourceArgs()),
    ]
    if needs_tmp(args.app):
        volumes.append(core.v1.VolumeArgs(name=planned.APP_TMP_VOLUME, empty_dir=core.v1.EmptyDirVolumeSourceArgs()))
    return volumes


def _volume(name: str, volume: Volume) -> core.v1.VolumeArgs:
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
