"""From checked arguments to a plan: every port, path, volume name and label of the pod has its one owner here.

The plan is plain: nothing in it is an Output, so that configuration and shape are known in every preview.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from pydantic import TypeAdapter, ValidationError

from pulumi_sidecar.args.container import quantity
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.proxy import Hsts, Nginx
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.fields import ServiceName
from pulumi_sidecar.names import shorten
from pulumi_sidecar.proxy import nginx
from pulumi_sidecar.proxy.site import Health, Http, Site, Tcp, Timeouts, TlsFiles
from pulumi_sidecar.proxy.tls_policy import POLICIES

CONFIG_DIR = "/etc/pulumi-sidecar/proxy"
TLS_DIR = "/etc/pulumi-sidecar/tls"
WORK_DIR = "/run/pulumi-sidecar"

CONFIG_VOLUME = "proxy-config"
TLS_VOLUME = "proxy-tls"
WORK_VOLUME = "proxy-work"
APP_TMP_VOLUME = "app-tmp"
OUR_VOLUMES = (CONFIG_VOLUME, TLS_VOLUME, WORK_VOLUME, APP_TMP_VOLUME)

APP_CONTAINER = "app"
PROXY_CONTAINER = "proxy"

HTTPS = "https"
HTTP = "http"
STATUS = "status"
"""Names of the proxy's ports, which Service and probes use."""

COMPONENT_LABEL = "pulumi-sidecar/component"
"""The label that the selector uses, and nothing else: Deployments cannot change their selector."""
CONFIG_ANNOTATION = "pulumi-sidecar/config-sha256"
"""Rolls the pods where a provider changes ConfigMaps in place instead of replacing them."""

SETTLE_SECONDS = 5
"""How long a stopping proxy goes on accepting connections: kube-proxy takes up to 3 s to send them elsewhere."""


@dataclass(frozen=True)
class Plan:
    """The shape of one SidecarDeployment."""

    name: str
    """Name of the Service, of the URL, and the value of the component's label."""
    site: Site
    files: dict[str, str]
    """The ConfigMap's data: file name → text."""
    command: tuple[str, ...]
    """What the proxy's container runs."""
    proxy_user: int
    """The user and group that the proxy's image is made for."""
    grace_seconds: int
    app_stop_delay_seconds: int
    """How long the app goes on after its pod is told to stop: until the proxy has drained."""
    selector: dict[str, str] = field(default_factory=dict)
    config_hash: str = ""

    @property
    def ports(self) -> dict[str, int]:
        """The proxy's container ports by name."""
        ports = {HTTPS: self.site.https_port, STATUS: self.site.status_port}
        return ports | ({HTTP: self.site.redirect_port} if self.site.redirect_port else {})


def make_plan(component: str, args: SidecarDeploymentArgs) -> Plan:
    """The plan for a component of that name. Raises ArgumentsError for arguments that do not go together."""
    subject = f'SidecarDeployment "{component}"'
    found = [*_problems(component, args)]
    if found:
        raise ArgumentsError(subject, found)
    name = service_name(component, args)
    site = _site(name, args)
    match args.proxy:
        case Nginx():
            files = {nginx.FILE: nginx.render(site)}
            command = ("nginx", "-c", f"{CONFIG_DIR}/{nginx.FILE}", "-g", "daemon off;")
            proxy_user = 101
        case _:
            assert_never(args.proxy)
    return Plan(
        name=name,
        site=site,
        files=files,
        command=command,
        proxy_user=proxy_user,
        grace_seconds=args.termination_grace_seconds or needed_grace_seconds(args),
        app_stop_delay_seconds=SETTLE_SECONDS + args.drain_seconds,
        selector={COMPONENT_LABEL: name},
        config_hash=_hash(files),
    )


def _hash(files: dict[str, str]) -> str:
    return hashlib.sha256("\0".join(f"{key}\0{text}" for key, text in sorted(files.items())).encode()).hexdigest()


def service_name(component: str, args: SidecarDeploymentArgs) -> str:
    """The Service's name: the one that was asked for, else the component's, shortened with a hash if need be."""
    return args.service.name or shorten(component)


def needed_grace_seconds(args: SidecarDeploymentArgs) -> int:
    """The app waits for the proxy's drain, then stops; 5 s are for what comes between. In seconds."""
    return SETTLE_SECONDS + args.drain_seconds + args.app.stop_seconds + args.drain_seconds + 5


# --- arguments that must go together ----------------------------------------------------------------------------------


def _problems(component: str, args: SidecarDeploymentArgs) -> Iterator[Problem]:
    yield from _name_problems(component, args)
    yield from _port_problems(args)
    yield from _volume_problems(args)
    yield from _tls_problems(args)
    yield from _label_problems(args)
    yield from _grace_problems(args)
    if args.app.user == "image" and args.app.group != "image":
        yield Problem(
            "app.group", "is set while app.user is left to the image", 'Set both, or app.group to "image" too.'
        )


_SERVICE_NAME: TypeAdapter[str] = TypeAdapter(ServiceName)


def _name_problems(component: str, args: SidecarDeploymentArgs) -> Iterator[Problem]:
    try:
        _SERVICE_NAME.validate_python(service_name(component, args))
    except ValidationError:
        reason = "the component's name cannot be the name of its Service"
        yield Problem("service.name", reason, "Set service.name, or give the component a name that can.", component)


def _port_problems(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    if args.app.port is None:
        yield Problem("app.port", "is missing", "Give the port that the app listens on.")
    wanted = {
        "app.port": args.app.port,
        "proxy.https_port": args.proxy.https_port,
        "proxy.status_port": args.proxy.status_port,
        "proxy.http_port": args.proxy.http_port if args.proxy.redirect_http else None,
    }
    seen: dict[int, str] = {}
    for path, port in wanted.items():
        if port is None:
            continue
        if port in seen:
            yield Problem(
                path, f"is the same port as {seen[port]}", "The containers share one network: move one.", port
            )
        seen.setdefault(port, path)
    if args.proxy.redirect_http and args.service.port == args.service.http_port:
        yield Problem("service.http_port", "is the same port as service.port", "Move one.", args.service.http_port)


def _volume_problems(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    for name in args.volumes:
        if name in OUR_VOLUMES:
            yield Problem(f'volumes["{name}"]', "is the name of a volume that the proxy needs", "Choose another.", name)
    paths: set[str] = set()
    for index, mount in enumerate(args.app.volume_mounts):
        here = f"app.volume_mounts[{index}]"
        if mount.volume not in args.volumes:
            known = ", ".join(sorted(args.volumes)) or "none"
            yield Problem(f"{here}.volume", f"is none of the volumes ({known})", "Add it to `volumes`.", mount.volume)
        if mount.mount_path in paths:
            yield Problem(f"{here}.mount_path", "is mounted twice", "Choose another path.", mount.mount_path)
        paths.add(mount.mount_path)


def _tls_problems(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    longest = POLICIES[args.proxy.tls_profile].max_validity_days
    if args.proxy.tls_profile == "modern" and args.tls.validity_days > longest:
        reason = f"is longer than the {longest} days of the modern TLS profile"
        remedy = f'Use at most {longest}, or proxy.tls_profile "intermediate".'
        yield Problem("tls.validity_days", reason, remedy, args.tls.validity_days)


def _label_problems(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    if COMPONENT_LABEL in args.labels:
        yield Problem(f'labels["{COMPONENT_LABEL}"]', "is the label of the selector", "Use another key.")
    if CONFIG_ANNOTATION in args.annotations:
        yield Problem(f'annotations["{CONFIG_ANNOTATION}"]', "is set by the component", "Use another key.")


def _grace_problems(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    grace = args.termination_grace_seconds
    needed = SETTLE_SECONDS + args.drain_seconds + args.app.stop_seconds
    if grace is not None and grace < needed:
        reason = (
            f"is too short: {SETTLE_SECONDS} s until no connection comes any more, drain_seconds {args.drain_seconds} "
            f"and app.stop_seconds {args.app.stop_seconds} make {needed}"
        )
        yield Problem("termination_grace_seconds", reason, "Raise it, or lower the others.", grace)


# --- the site ---------------------------------------------------------------------------------------------------------


def _free_port(wanted: int | None, usual: int, taken: set[int]) -> int:
    port = wanted or next(port for port in range(usual, 65536) if port not in taken)
    taken.add(port)
    return port


def _site(name: str, args: SidecarDeploymentArgs) -> Site:
    proxy, app = args.proxy, args.app
    if app.port is None:
        raise AssertionError("checked in _port_problems")
    taken = {port for port in (app.port, proxy.https_port, proxy.http_port, proxy.status_port) if port}
    return Site(
        backend=Http(Tcp(app.port)),
        tls=TlsFiles(f"{TLS_DIR}/tls.crt", f"{TLS_DIR}/tls.key", proxy.tls_profile),
        work_dir=WORK_DIR,
        https_port=_free_port(proxy.https_port, 8443, taken),
        status_port=_free_port(proxy.status_port, 9443, taken),
        redirect_port=_free_port(proxy.http_port, 8081, taken) if proxy.redirect_http else None,
        public_port=args.service.port,
        health=Health(app.health_path or "/", any_below_500=app.health_path is None, host=name),
        hsts=hsts_value(proxy.hsts) if proxy.hsts else None,
        max_body_bytes=proxy.max_body_size,
        buffer_requests=proxy.buffer_requests,
        buffer_responses=proxy.buffer_responses,
        timeouts=Timeouts(**proxy.timeouts.model_dump()),
        websockets=proxy.websockets,
        http2=proxy.http2,
        access_log=proxy.access_log,
        worker_processes=_workers(args),
        drain_seconds=args.drain_seconds,
    )


def hsts_value(hsts: Hsts) -> str:
    """The header's value (RFC 6797, section 6.1)."""
    parts = [f"max-age={hsts.max_age_seconds}"]
    parts += ["includeSubDomains"] if hsts.include_subdomains else []
    parts += ["preload"] if hsts.preload else []
    return "; ".join(parts)


def _workers(args: SidecarDeploymentArgs) -> int:
    if args.proxy.worker_processes:
        return args.proxy.worker_processes
    limit = args.proxy.resources.limit("cpu")
    return max(1, -int(-quantity(limit) // 1)) if isinstance(limit, str) else 2
