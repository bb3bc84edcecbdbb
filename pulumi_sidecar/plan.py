"""From checked arguments to a plan: every port, path, volume name and label of the pod has its one owner here.

The plan is plain: nothing in it is an Output, so that configuration and shape are known in every preview.
"""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass
from typing import Literal, assert_never

from pulumi_sidecar import drain, layout
from pulumi_sidecar.args.app import App, Uwsgi
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.proxy import Apache, Nginx, Proxy, Timeouts
from pulumi_sidecar.args.tls import ClientCaConfigMap
from pulumi_sidecar.names import shorten
from pulumi_sidecar.proxy import drain_script, site
from pulumi_sidecar.proxy_site import service_port, site_of, socket_path

NGINX_USER = 101
"""nginx in nginxinc/nginx-unprivileged."""
APACHE_USER = 33
"""www-data in Debian and in the official httpd image. Another than the app's: who shares a user can read the key."""


@dataclass(frozen=True)
class Mount:
    """A volume at a path of a container."""

    volume: str
    path: str
    read_only: bool = True


@dataclass(frozen=True)
class ProxyPlan:
    """The proxy's container."""

    site: site.Site
    files: dict[str, str]
    """The ConfigMap's data: file name → text."""
    command: tuple[str, ...]
    lifecycle: Literal["classic", "native"]
    pre_stop: tuple[str, ...] | None
    """The command of the preStop hook. None: the kubelet itself waits drain.SETTLE_SECONDS."""
    user: int
    """The user and group that the image is made for."""
    mounts: tuple[Mount, ...]

    @property
    def ports(self) -> dict[str, int]:
        """Container ports by name."""
        ports = {
            layout.HTTPS if self.site.tls else layout.HTTP: self.site.https_port,
            layout.STATUS: self.site.status_port,
        }
        return ports | ({layout.HTTP: self.site.redirect_port} if self.site.redirect_port else {})

    @property
    def config_hash(self) -> str:
        """SHA-256 of the files."""
        text = "\0".join(f"{name}\0{content}" for name, content in sorted(self.files.items()))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Plan:
    """The shape of one SidecarDeployment."""

    name: str
    """Name of the Service, of the URL, and the value of the component's label."""
    proxy: ProxyPlan | None
    service_port: int
    grace_seconds: int
    app_stop_delay_seconds: int
    """How long the app goes on after its pod is told to stop: until the proxy has drained."""
    app_pre_stop: tuple[str, ...] | None
    """The command that waits so long. None: the kubelet does."""
    app_env: dict[str, str]
    """Environment that the app's server needs; the user's own goes over it."""
    socket_mount: Mount | None
    """Where app and proxy share the folder of the app's socket."""

    @property
    def selector(self) -> dict[str, str]:
        """The labels by which Deployment and Service find the pods."""
        return {layout.COMPONENT_LABEL: self.name}

    @property
    def scheme(self) -> str:
        """https where there is a proxy that speaks it, else http."""
        return layout.HTTPS if self.proxy and self.proxy.site.tls else layout.HTTP


def make_plan(component: str, args: SidecarDeploymentArgs) -> Plan:
    """The plan for a component of that name, from arguments that checks.check has let through."""
    name = service_name(component, args)
    proxy = _proxy_plan(name, args, args.proxy) if args.proxy else None
    return Plan(
        name=name,
        proxy=proxy,
        service_port=proxy.site.public_port if proxy else service_port(args),
        grace_seconds=args.termination_grace_seconds or drain.usual_grace_seconds(args),
        app_stop_delay_seconds=drain.app_delay_seconds(args),
        app_pre_stop=drain.wait_command(args, drain.app_delay_seconds(args)),
        app_env=_app_env(args),
        socket_mount=_socket_mount(args.app),
    )


def service_name(component: str, args: SidecarDeploymentArgs) -> str:
    """The Service's name: the one that was asked for, else the component's, shortened with a hash if need be."""
    return args.service.name or shorten(component)


# --- the app ----------------------------------------------------------------------------------------------------------


def _socket_mount(app: App) -> Mount | None:
    path = socket_path(app)
    if path is None:
        return None
    folder = posixpath.dirname(path)
    theirs = [mount.volume for mount in app.volume_mounts if mount.mount_path == folder and mount.sub_path is None]
    return Mount(theirs[0] if theirs else layout.SOCKET_VOLUME, folder, read_only=False)


def _app_env(args: SidecarDeploymentArgs) -> dict[str, str]:
    """What uWSGI needs to work behind a proxy. Every option of uWSGI can be given as UWSGI_ and its name."""
    app = args.app
    patience = args.proxy.timeouts if args.proxy else Timeouts()
    if not isinstance(app.protocol, Uwsgi) or not app.protocol.environment:
        return {}
    path = socket_path(app)
    return {
        "UWSGI_SOCKET": path or f"127.0.0.1:{app.port}",
        # The proxy is another user, in the same group.
        **({"UWSGI_CHMOD_SOCKET": "660", "UWSGI_VACUUM": "1"} if path else {}),
        "UWSGI_MASTER": "1",
        # Its own 4096 bytes are too few for a request with cookies.
        "UWSGI_BUFFER_SIZE": "65535",
        # Its own 4 s end an upload whose client pauses: a proxy that does not take bodies first passes the pause on.
        "UWSGI_SOCKET_TIMEOUT": str(patience.client_body_seconds),
        # SIGTERM would reload uWSGI instead of ending it.
        "UWSGI_DIE_ON_TERM": "1",
    }


# --- the proxy --------------------------------------------------------------------------------------------------------


def _proxy_plan(name: str, args: SidecarDeploymentArgs, proxy: Proxy) -> ProxyPlan:
    wanted = site_of(name, args, proxy)
    mounts = [
        Mount(layout.CONFIG_VOLUME, layout.CONFIG_DIR),
        Mount(layout.WORK_VOLUME, layout.WORK_DIR, read_only=False),
    ]
    mounts += [Mount(layout.TLS_VOLUME, layout.TLS_DIR)] if wanted.tls else []
    if args.client_auth and isinstance(args.client_auth.ca, ClientCaConfigMap):
        mounts.append(Mount(layout.CLIENT_CA_VOLUME, layout.CLIENT_CA_DIR))
    socket = _socket_mount(args.app)
    mounts += [socket] if socket else []
    mounts += [
        Mount(volume, f"{layout.STATIC_DIR}/{volume}") for volume in dict.fromkeys(s.volume for s in proxy.static)
    ]
    folder = layout.CONFIG_DIR
    match proxy:
        case Nginx():
            from pulumi_sidecar.proxy import nginx  # a program mostly needs but one of the two

            files, command = nginx.files(wanted, folder), nginx.command(wanted, folder)
            user, begin_to_drain = NGINX_USER, nginx.drain
        case Apache():
            from pulumi_sidecar.proxy import httpd

            files, command = httpd.render(wanted, folder), httpd.command(folder, layout.TLS_DIR)
            user, begin_to_drain = APACHE_USER, httpd.drain
        case _:
            assert_never(proxy)
    pre_stop = drain.wait_command(args, drain.SETTLE_SECONDS)
    if proxy.lifecycle == "native":
        seconds = (drain.SETTLE_SECONDS, args.drain_seconds)
        files |= {drain_script.FILE: begin_to_drain(wanted, folder, seconds)}
        pre_stop = drain_script.command(folder)
    return ProxyPlan(wanted, files, command, proxy.lifecycle, pre_stop, user, tuple(mounts))
