"""What the proxy of a component must do: from checked arguments to the Site that both servers render."""

from __future__ import annotations

import posixpath
from typing import Any, assert_never

from pulumi_sidecar import layout
from pulumi_sidecar.args.app import App, FastCgi, Grpc, Http, Uwsgi
from pulumi_sidecar.args.container import quantity
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.entry import TlsRoute
from pulumi_sidecar.args.proxy import Hsts, Proxy
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
from pulumi_sidecar.proxy import site


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
        health=site.Health(app.health_path or "/", any_below_500=app.health_path is None, host=app.health_host or name),
        hsts=hsts_value(proxy.hsts) if proxy.hsts and not isinstance(args.tls, Off) else None,
        max_body_bytes=_max_body_bytes(app, proxy),
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
                f"{layout.STATIC_DIR}/{files.volume}",
            )
            for files in proxy.static
        ),
        trusted_proxies=proxy.trusted_proxies,
        proxy_protocol=proxy.proxy_protocol,
        extra=site.Extra(proxy.extra.server, proxy.extra.location),
    )


def _max_body_bytes(app: App, proxy: Proxy) -> int:
    """To servers a gRPC stream is one body: what is usual for uploads would end it when its messages add up to that."""
    if isinstance(app.protocol, Grpc) and "max_body_size" not in proxy.model_fields_set:
        return 0
    return proxy.max_body_size


def _free_port(wanted: int | None, usual: int, taken: set[int]) -> int:
    port = wanted or next(port for port in range(usual, 65536) if port not in taken)
    taken.add(port)
    return port


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


def socket_path(app: App) -> str | None:
    """The unix socket on which the app listens, or None where it listens on a port."""
    if app.protocol.socket is None and app.port is None and isinstance(app.protocol, Uwsgi):
        return layout.DEFAULT_UWSGI_SOCKET
    return app.protocol.socket


def service_port(args: SidecarDeploymentArgs) -> int:
    """The Service's port: the one that was asked for, else the scheme's own. A headless one in front of a proxy has the
    proxy's (see site_of)."""
    if args.service.headless and args.proxy is None and args.app.port:
        return args.app.port
    return args.service.port or (80 if args.proxy is None or isinstance(args.tls, Off) else 443)


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
    names = [name, f"{name}.*", "localhost", *asked_hosts(args).values()]
    # Case makes no other name: nginx warns of one that it has twice.
    unique: dict[str, str] = {}
    for host in names:
        if isinstance(host, str) and not is_ip(host):
            unique.setdefault(host.lower(), host)
    return tuple(unique.values())


def asked_hosts(args: SidecarDeploymentArgs) -> dict[str, Any]:
    """Names or addresses of which requests may speak beside the Service's own, by property path."""
    names = args.tls.dns_names if isinstance(args.tls, Named) else ()
    found: dict[str, Any] = {f"tls.dns_names[{index}]": host for index, host in enumerate(names)}
    found |= outside_hosts(args)
    # Behind an Ingress or Gateway that ends TLS, requests still name the host that clients asked for.
    for path, entry in {"ingress": args.ingress, "gateway": args.gateway}.items():
        found |= {f"{path}.hosts[{index}]": host for index, host in enumerate(entry.hosts if entry else ())}
    return found


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
