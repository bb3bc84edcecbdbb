"""From plan and arguments to the containers of the pod. Creates nothing."""

from __future__ import annotations

from typing import Any, Literal

from pulumi_kubernetes import core

from pulumi_sidecar import drain, layout
from pulumi_sidecar.args.app import App
from pulumi_sidecar.args.container import ConfigMapKey, Container, Resources, SecretKey, Security, Sidecar
from pulumi_sidecar.args.proxy import Proxy
from pulumi_sidecar.plan import Mount, Plan, ProxyPlan
from pulumi_sidecar.proxy.site import ALIVE_PATH, READY_PATH

TMP = "/tmp"  # noqa: S108 (in a container)
_PROXY_SECURITY = Security(read_only_root_filesystem=True)


def app(plan: Plan, args: App) -> core.v1.ContainerArgs:
    """The application's container. The app outlives the proxy's drain, so that no request finds it gone."""
    ports = [core.v1.ContainerPortArgs(name=layout.HTTP, container_port=args.port)] if args.port else []
    mount = plan.socket_mount
    shared = [mount] if mount and mount.volume == layout.SOCKET_VOLUME else []
    return _container(
        layout.APP_CONTAINER,
        args,
        env=plan.app_env,
        mounts=shared,
        # Behind a proxy the app's port is nobody's business but the proxy's.
        ports=(ports or None) if plan.proxy is None else None,
        lifecycle=app_hook(plan),
        readiness_probe=_app_probe(args) if plan.proxy is None and args.port else None,
    )


def proxy(plan: ProxyPlan, args: Proxy) -> core.v1.ContainerArgs:
    """The proxy's container. It accepts connections until every node knows that the pod is leaving, then drains.

    A native one is an init container that goes on. Its start-up probe holds up the app, and asks the proxy alone.
    """
    return core.v1.ContainerArgs(
        name=layout.PROXY_CONTAINER,
        image=args.image,
        image_pull_policy=args.image_pull_policy,
        command=list(plan.command),
        ports=[core.v1.ContainerPortArgs(name=name, container_port=port) for name, port in plan.ports.items()],
        resources=resources_of(args.resources),
        security_context=security_of(_PROXY_SECURITY, plan.user, plan.user),
        volume_mounts=[_mount(mount) for mount in plan.mounts],
        startup_probe=_proxy_probe(plan, ALIVE_PATH, period=1, failures=60),
        liveness_probe=_proxy_probe(plan, ALIVE_PATH, period=10, failures=3),
        readiness_probe=_proxy_probe(plan, READY_PATH, period=5, failures=3),
        lifecycle=pre_stop(drain.SETTLE_SECONDS, plan.pre_stop),
        restart_policy="Always" if plan.lifecycle == "native" else None,
    )


def app_hook(plan: Plan) -> core.v1.LifecycleArgs:
    """What lets the app, and what it may need, go on until the proxy has drained."""
    return pre_stop(plan.app_stop_delay_seconds, plan.app_pre_stop)


def sidecar(name: str, args: Sidecar, hook: core.v1.LifecycleArgs | None) -> core.v1.ContainerArgs:
    """A further container. A native one is an init container that goes on, also when the app is gone; what holds a
    classic one is the `hook`."""
    return _container(
        name,
        args,
        ports=[core.v1.ContainerPortArgs(name=port, container_port=number) for port, number in args.ports.items()]
        or None,
        lifecycle=hook if args.lifecycle == "classic" else None,
        restart_policy="Always" if args.lifecycle == "native" else None,
    )


def init_container(name: str, args: Container) -> core.v1.ContainerArgs:
    """A container that runs to its end before the others."""
    return _container(name, args)


def needs_tmp(args: Container) -> bool:
    """Whether a container gets an empty volume at /tmp: with a read-only root, and nothing of its own there."""
    taken = any(mount.mount_path == TMP for mount in args.volume_mounts)
    return args.security.read_only_root_filesystem and not taken


def _container(
    name: str,
    args: Container,
    env: dict[str, str] | None = None,
    mounts: list[Mount] | None = None,
    **more: Any,
) -> core.v1.ContainerArgs:
    variables: dict[str, Any] = {**(env or {}), **args.env}
    volume_mounts = [
        *(
            core.v1.VolumeMountArgs(
                name=mount.volume,
                mount_path=mount.mount_path,
                read_only=mount.read_only or None,
                sub_path=mount.sub_path,
            )
            for mount in args.volume_mounts
        ),
        *(_mount(mount) for mount in mounts or []),
        *([core.v1.VolumeMountArgs(name=layout.tmp_volume(name), mount_path=TMP)] if needs_tmp(args) else []),
    ]
    return core.v1.ContainerArgs(
        name=name,
        image=args.image,
        image_pull_policy=args.image_pull_policy,
        command=list(args.command) if args.command is not None else None,
        args=list(args.args) if args.args is not None else None,
        env=[_env(variable, value) for variable, value in variables.items()] or None,
        resources=resources_of(args.resources),
        security_context=security_of(args.security, args.user, args.group),
        volume_mounts=volume_mounts or None,
        **more,
    )


def _mount(mount: Mount) -> core.v1.VolumeMountArgs:
    return core.v1.VolumeMountArgs(name=mount.volume, mount_path=mount.path, read_only=mount.read_only or None)


def _proxy_probe(plan: ProxyPlan, path: str, period: int, failures: int) -> core.v1.ProbeArgs:
    scheme = "HTTPS" if plan.site.tls else "HTTP"
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(scheme=scheme, port=layout.STATUS, path=path),
        period_seconds=period,
        failure_threshold=failures,
        # The default of 1 s fails on a busy node, and takes every pod out of the Service at once.
        timeout_seconds=5,
    )


def _app_probe(args: App) -> core.v1.ProbeArgs:
    """Readiness of an app without a proxy: its health path, else that it accepts connections."""
    headers = [core.v1.HTTPHeaderArgs(name="Host", value=args.health_host)] if args.health_host else None
    http_get = (
        core.v1.HTTPGetActionArgs(port=layout.HTTP, path=args.health_path, http_headers=headers)
        if args.health_path
        else None
    )
    return core.v1.ProbeArgs(
        http_get=http_get,
        tcp_socket=None if http_get else core.v1.TCPSocketActionArgs(port=layout.HTTP),
        period_seconds=5,
        failure_threshold=3,
        timeout_seconds=5,
    )


def pre_stop(seconds: int, command: tuple[str, ...] | None) -> core.v1.LifecycleArgs:
    """A hook that the container's end waits for: the command, else a time for which the kubelet itself waits."""
    return core.v1.LifecycleArgs(
        pre_stop=core.v1.LifecycleHandlerArgs(
            exec_=core.v1.ExecActionArgs(command=list(command)) if command else None,
            sleep=None if command else core.v1.SleepActionArgs(seconds=seconds),
        )
    )


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


def resources_of(resources: Resources | None) -> core.v1.ResourceRequirementsArgs | None:
    """CPU and memory as Kubernetes takes them."""
    if resources is None:
        return None
    names: tuple[Literal["cpu"], Literal["memory"]] = ("cpu", "memory")
    requests: dict[str, Any] = {name: resources.request(name) for name in names if resources.request(name) is not None}
    limits: dict[str, Any] = {name: resources.limit(name) for name in names if resources.limit(name) is not None}
    return core.v1.ResourceRequirementsArgs(requests=requests or None, limits=limits or None)


def security_of(security: Security, user: int | str, group: int | str) -> core.v1.SecurityContextArgs:
    """A container\'s security context, which Pod Security `restricted` admits unless the user asks for more."""
    return core.v1.SecurityContextArgs(
        run_as_non_root=security.run_as_non_root,
        run_as_user=user if isinstance(user, int) else None,
        # A group without a user is refused by runtimes; user "image" means both.
        run_as_group=group if isinstance(group, int) and isinstance(user, int) else None,
        allow_privilege_escalation=security.allow_privilege_escalation,
        read_only_root_filesystem=security.read_only_root_filesystem,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"], add=list(security.add_capabilities) or None),
        seccomp_profile=core.v1.SeccompProfileArgs(type=security.seccomp),
    )
