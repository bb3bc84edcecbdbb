"""From checked arguments to a plan: every port, path, volume name and label of the pod has its one owner here.

The plan is plain: nothing in it is an Output, so that configuration and shape are known in every preview.
"""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from pulumi_sidecar import drain, layout
from pulumi_sidecar.args.app import App, FastCgi, Grpc, Http, Uwsgi
from pulumi_sidecar.args.container import quantity
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.entry import TlsRoute
from pulumi_sidecar.args.proxy import Apache, Hsts, Nginx, Proxy, Timeouts
from pulumi_sidecar.args.tls import (
    ClientAuth,
    ClientCaConfigMap,
    ClientCaOwn,
    ClientCaPem,
    Issued,
    Named,
    Off,
    SignedBy,
    Tls,
)
from pulumi_sidecar.fields import is_ip
from pulumi_sidecar.names import shorten
from pulumi_sidecar.proxy import drain_script, httpd, nginx, site

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


def service_port(args: SidecarDeploymentArgs) -> int:
    """The Service's port: the one that was asked for, else the scheme's own. A headless one in front of a proxy has the
    proxy's (see site_of)."""
    if args.service.headless and args.proxy is None and args.app.port:
        return args.app.port
    return args.service.port or (80 if args.proxy is None or isinstance(args.tls, Off) else 443)


def service_name(component: str, args: SidecarDeploymentArgs) -> str:
    """The Service's name: the one that was asked for, else the component's, shortened with a hash if need be."""
    return args.service.name or shorten(component)


# --- the app ----------------------------------------------------------------------------------------------------------


def socket_path(app: App) -> str | None:
    """The unix socket on which the app listens, or None where it listens on a port."""
    if app.protocol.socket is None and app.port is None and isinstance(app.protocol, Uwsgi):
        return layout.DEFAULT_UWSGI_SOCKET
    return app.protocol.socket


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


def _backend(app: App) -> site.Backend:
    path = socket_path(app)
    address = site.UnixSocket(path) if path else site.Tcp(app.port or 0)
    match app.protocol:
        case Http():
            return site.Http(address)
        case Uwsgi(mount=mount):
            return site.Uwsgi(address, mount or "")
        case FastCgi(mount=mount, script=script):
            return site.FastCgi(address, mount or "", script or "")
        case Grpc():
            return site.Grpc(address)
        case _:
            assert_never(app.protocol)


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
            files, command = nginx.files(wanted, folder), nginx.command(wanted, folder)
            user, begin_to_drain = NGINX_USER, nginx.drain
        case Apache():
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


def _free_port(wanted: int | None, usual: int, taken: set[int]) -> int:
    port = wanted or next(port for port in range(usual, 65536) if port not in taken)
    taken.add(port)
    return port


def site_of(name: str, args: SidecarDeploymentArgs, proxy: Proxy) -> site.Site:
    """What the proxy must do."""
    app = args.app
    taken = {port for port in (app.port, proxy.https_port, proxy.http_port, proxy.status_port) if port}
    taken |= {port for sidecar in args.sidecars.values() for port in sidecar.ports.values()}
    taken |= {args.certificate_alert.port} if args.certificate_alert else set()
    metrics = args.metrics
    if metrics:
        taken |= {port for port in (metrics.local_port, metrics.exporter and metrics.exporter.port) if port}
    https_port = _free_port(proxy.https_port, 8443, taken)
    buffered = isinstance(app.protocol, Uwsgi | FastCgi) if proxy.buffer_responses is None else proxy.buffer_responses
    return site.Site(
        backend=_backend(app),
        tls=None
        if isinstance(args.tls, Off)
        else site.TlsFiles(f"{layout.TLS_DIR}/tls.crt", f"{layout.TLS_DIR}/tls.key", proxy.tls_profile),
        client_auth=_client_auth(args.client_auth),
        host_names=_host_names(name, args) if proxy.unknown_names == "refuse" else (),
        work_dir=layout.WORK_DIR,
        https_port=https_port,
        status_port=_free_port(proxy.status_port, 9443, taken),
        metrics_port=_free_port(metrics.local_port, 9145, taken) if metrics else None,
        redirect_port=_free_port(proxy.http_port, 8081, taken) if proxy.redirect_http else None,
        public_port=https_port if args.service.headless else service_port(args),
        listen_hosts=("0.0.0.0", "::") if args.service.ipv6 else (),  # noqa: S104 (a server)
        health=site.Health(app.health_path or "/", any_below_500=app.health_path is None, host=name),
        hsts=hsts_value(proxy.hsts) if proxy.hsts and not isinstance(args.tls, Off) else None,
        max_body_bytes=proxy.max_body_size,
        buffer_requests=proxy.buffer_requests,
        buffer_responses=buffered,
        timeouts=site.Timeouts(**proxy.timeouts.model_dump()),
        websockets=proxy.websockets,
        http2=proxy.http2 and not isinstance(args.tls, Off),
        access_log=proxy.access_log,
        worker_processes=_workers(proxy),
        drain_seconds=args.drain_seconds,
        static=tuple(
            site.Static(
                files.url_path,
                posixpath.normpath(f"{layout.STATIC_DIR}/{files.volume}{files.folder}"),
                files.max_age_seconds,
            )
            for files in proxy.static
        ),
        trusted_proxies=proxy.trusted_proxies,
        proxy_protocol=proxy.proxy_protocol,
        extra=site.Extra(proxy.extra.server, proxy.extra.location),
    )


def _client_auth(args: ClientAuth | None) -> site.ClientAuth | None:
    if args is None:
        return None
    match args.ca:
        case ClientCaPem():
            ca_file = f"{layout.CONFIG_DIR}/{layout.CLIENT_CA_FILE}"
        case ClientCaConfigMap(key=key):
            ca_file = f"{layout.CLIENT_CA_DIR}/{key}"
        case ClientCaOwn():
            ca_file = f"{layout.TLS_DIR}/ca.crt"
        case _:
            assert_never(args.ca)
    return site.ClientAuth(ca_file, args.mode == "required", args.subject_header)


def _host_names(name: str, args: SidecarDeploymentArgs) -> tuple[str, ...]:
    """The certificate's names, so far as they are known: the namespace is not, so "web.*" stands for it."""
    asked = args.tls.dns_names if isinstance(args.tls, Named) else ()
    # Behind an Ingress or Gateway that ends TLS, requests still name the host that clients asked for.
    entries = [entry for entry in (args.ingress, args.gateway) if entry is not None]
    outside = [*outside_hosts(args).values(), *(host for entry in entries for host in entry.hosts)]
    names = [name, f"{name}.*", "localhost", *asked, *outside]
    return tuple(dict.fromkeys(host for host in names if isinstance(host, str) and not is_ip(host)))


def outside_hosts(args: SidecarDeploymentArgs) -> dict[str, Any]:
    """Names or addresses under which clients outside get to the pod's own certificate, by property path."""
    found: dict[str, Any] = {}
    if args.service.external_host is not None:
        found["service.external_host"] = args.service.external_host
    if args.ingress is not None and args.ingress.mode == "passthrough":
        found |= {f"ingress.hosts[{index}]": host for index, host in enumerate(args.ingress.hosts)}
    if isinstance(args.gateway, TlsRoute):
        found |= {f"gateway.hosts[{index}]": host for index, host in enumerate(args.gateway.hosts)}
    return found


def knows_ca(tls: Tls) -> bool:
    """Whether the CA that clients must trust is known."""
    return isinstance(tls, Issued | SignedBy) or getattr(tls, "ca_cert_pem", None) is not None


def hsts_value(hsts: Hsts) -> str:
    """The header's value (RFC 6797, section 6.1)."""
    parts = [f"max-age={hsts.max_age_seconds}"]
    parts += ["includeSubDomains"] if hsts.include_subdomains else []
    parts += ["preload"] if hsts.preload else []
    return "; ".join(parts)


def _workers(proxy: Proxy) -> int:
    if proxy.worker_processes:
        return proxy.worker_processes
    limit = proxy.resources.limit("cpu")
    return max(1, -int(-quantity(limit) // 1)) if isinstance(limit, str) else 2
