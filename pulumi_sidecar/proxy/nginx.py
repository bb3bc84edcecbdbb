"""nginx.conf for a Site. Needs nginx ≥1.27.4 (ssl_certificate_cache), for gRPC apps ≥1.29.4 (HTTP/2 to the app)."""

from __future__ import annotations

import posixpath
import shlex

from pulumi_sidecar.proxy import drain_script, nginx_app, nginx_logs, nginx_maps, nginx_servers, watch
from pulumi_sidecar.proxy.mime import TYPES
from pulumi_sidecar.proxy.site import Site, Uwsgi
from pulumi_sidecar.proxy.text import Comment, Node, block, nginx_text, nginx_value
from pulumi_sidecar.proxy.tls_policy import POLICIES

FILE = "nginx.conf"
WATCH_FILE = "nginx.sh"


def files(site: Site, config_dir: str) -> dict[str, str]:
    """Every file of the configuration, by name; they are mounted at `config_dir`."""
    text = {FILE: render(site)}
    return text | ({WATCH_FILE: watch.script(_run(config_dir), "HUP", _watched(site))} if _watched(site) else {})


def command(site: Site, config_dir: str) -> tuple[str, ...]:
    """What the container runs, as any user on a read-only root. Needs a shell where a client CA has to be watched."""
    return ("sh", f"{config_dir}/{WATCH_FILE}") if _watched(site) else _run(config_dir)


def _run(config_dir: str) -> tuple[str, ...]:
    return ("nginx", "-c", f"{config_dir}/{FILE}", "-g", "daemon off;")


def drain(site: Site, config_dir: str, seconds: tuple[int, int]) -> str:
    """The script that begins to drain nginx without ending it; `seconds` as in drain_script."""
    test = f"good() {{ {shlex.join([*_run(config_dir), '-t', '-q'])}; }}"
    return drain_script.script(f"{site.work_dir}/nginx.pid", "HUP", "QUIT", test, seconds)


def _watched(site: Site) -> tuple[str, ...]:
    """Folders whose change nginx does not see by itself: it reads certificates anew, but not the CA of its clients."""
    return (posixpath.dirname(site.client_auth.ca_file),) if site.client_auth else ()


def render(site: Site) -> str:
    """The whole of nginx.conf."""
    return nginx_text(
        [
            Comment("Written by pulumi-sidecar."),
            f"worker_processes {site.worker_processes}",
            Comment("A connection to a client and one to the app, and room for files; within an unprivileged limit."),
            "worker_rlimit_nofile 16384",
            Comment("Without this, one open websocket holds up a stopping worker for ever."),
            f"worker_shutdown_timeout {site.drain_seconds}s",
            f"pid {_work(site, 'nginx.pid')}",
            "error_log stderr warn",
            "",
            block("events", "worker_connections 4096"),
            "",
            block(
                "http",
                _files(site),
                "",
                nginx_logs.access_log(site),
                "",
                _tls(site),
                "",
                _clients(site),
                "",
                nginx_maps.maps(site),
                "",
                nginx_app.upstream(site),
                "",
                nginx_servers.https(site),
                "" if site.host_names else None,
                nginx_servers.refusing(site) if site.host_names else None,
                "",
                nginx_servers.status(site),
                "" if site.metrics_port else None,
                nginx_servers.metrics(site.metrics_port) if site.metrics_port else None,
                "" if site.redirect_port else None,
                nginx_servers.redirect(site, site.redirect_port) if site.redirect_port else None,
            ),
        ]
    )


def _work(site: Site, name: str) -> str:
    return nginx_value(f"{site.work_dir}/{name}")


def _files(site: Site) -> list[Node]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths: list[Node] = [f"{kind}_temp_path {_work(site, kind)}" for kind in kinds]
    if not site.static:
        return [*paths, "default_type application/octet-stream"]
    types = block("types", [f"{kind} {endings}" for kind, endings in TYPES.items()])
    return [*paths, "sendfile on", types, "default_type application/octet-stream"]


# --- TLS --------------------------------------------------------------------------------------------------------------


def _tls(site: Site) -> list[Node]:
    if site.tls is None:
        return []
    policy = POLICIES[site.tls.profile]
    return [
        Comment("A path in a variable is read at handshakes: a renewed certificate is served without a reload."),
        block("map $ssl_server_name $certificate", f"default {nginx_value(site.tls.certificate)}"),
        block("map $ssl_server_name $certificate_key", f"default {nginx_value(site.tls.key)}"),
        "ssl_certificate $certificate",
        "ssl_certificate_key $certificate_key",
        "ssl_certificate_cache max=8 inactive=1h valid=60s",
        f"ssl_protocols {' '.join(policy.protocols)}",
        f"ssl_ciphers {':'.join(policy.tls12_ciphers)}" if policy.tls12_ciphers else None,
        "ssl_prefer_server_ciphers off",
        *_sessions(site),
    ]


def _sessions(site: Site) -> list[Node]:
    if site.client_auth:
        return [
            Comment("A resumed session is not verified again: it would outlive the client's certificate, and its CA."),
            "ssl_session_cache off",
            "ssl_session_tickets off",
        ]
    return ["ssl_session_cache shared:tls:10m", "ssl_session_timeout 1d"]


# --- clients ----------------------------------------------------------------------------------------------------------


def _clients(site: Site) -> list[Node]:
    times = site.timeouts
    return [
        "server_tokens off",
        *_redirects(site),
        # A name may have 253 characters; a bucket of the default size holds no more than about 50.
        *(["server_names_hash_bucket_size 512", "server_names_hash_max_size 4096"] if site.host_names else []),
        # A uWSGI request with all its headers has to fit into 64 KiB.
        f"large_client_header_buffers {3 if isinstance(site.backend, Uwsgi) else 4} 16k",
        f"client_max_body_size {site.max_body_bytes}",
        f"client_header_timeout {times.client_header_seconds}s",
        f"client_body_timeout {times.client_body_seconds}s",
        f"send_timeout {times.client_body_seconds}s",
        f"keepalive_timeout {times.keepalive_seconds}s",
        "keepalive_requests 10000",
    ]


def _redirects(site: Site) -> list[Node]:
    """Only directives of the user's redirect to a path: nginx would put the container's port before it."""
    if not (site.extra.server or site.extra.location):
        return []
    return [Comment("Clients know another port than this server's."), "absolute_redirect off"]
