"""nginx.conf for a Site. Needs nginx ≥1.27.4 (ssl_certificate_cache), for gRPC apps ≥1.29.4 (HTTP/2 to the app)."""

from __future__ import annotations

import posixpath
import shlex
from typing import assert_never

from pulumi_sidecar.proxy import drain_script, nginx_app, watch
from pulumi_sidecar.proxy.mime import TYPES
from pulumi_sidecar.proxy.nginx_app import switch
from pulumi_sidecar.proxy.site import ALIVE_PATH, READY_PATH, STUB_STATUS_PATH, ClientAuth, Site, Static, Uwsgi
from pulumi_sidecar.proxy.text import Block, Comment, Node, Raw, block, nginx_text, nginx_value
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
                _logs(site),
                "",
                _tls(site),
                "",
                _clients(site),
                "",
                nginx_app.maps(site),
                "",
                nginx_app.upstream(site),
                "",
                _https_server(site),
                "" if site.host_names else None,
                _refusing_server(site) if site.host_names else None,
                "",
                _status_server(site),
                "" if site.metrics_port else None,
                _metrics_server(site.metrics_port) if site.metrics_port else None,
                "" if site.redirect_port else None,
                _redirect_server(site, site.redirect_port) if site.redirect_port else None,
            ),
        ]
    )


def _work(site: Site, name: str) -> str:
    return nginx_value(f"{site.work_dir}/{name}")


def _listen(site: Site, port: int, options: str) -> list[Node]:
    hosts = [f"[{host}]:" if ":" in host else f"{host}:" for host in site.listen_hosts] or [""]
    return [f"listen {host}{port}{options}" for host in hosts]


def _files(site: Site) -> list[Node]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths: list[Node] = [f"{kind}_temp_path {_work(site, kind)}" for kind in kinds]
    if not site.static:
        return [*paths, "default_type application/octet-stream"]
    types = block("types", [f"{kind} {endings}" for kind, endings in TYPES.items()])
    return [*paths, "sendfile on", types, "default_type application/octet-stream"]


# --- logs -------------------------------------------------------------------------------------------------------------

_LOG_FIELDS = {
    "time": "$time_iso8601",
    "client": "$remote_addr",
    "method": "$request_method",
    "host": "$host",
    "uri": "$log_uri",
    "protocol": "$server_protocol",
    "status": "$status",
    "bytes_in": "$request_length",
    "bytes_out": "$bytes_sent",
    "seconds": "$request_time",
    "app_seconds": "$upstream_response_time",
    "app_status": "$upstream_status",
    "tls": "$ssl_protocol",
    "server_name": "$log_server_name",
    "referer": "$log_referer",
    "user_agent": "$log_user_agent",
}
_LOG_NUMBERS = {"status", "bytes_in", "bytes_out", "seconds"}
_LOG_TEXTS = {
    "$log_uri": "$request_uri",
    "$log_server_name": "$ssl_server_name",
    "$log_referer": "$http_referer",
    "$log_user_agent": "$http_user_agent",
}
"""Where a client may have written any byte at all."""
_UTF8 = (
    r"(?:[\x00-\x7F]|[\xC2-\xDF][\x80-\xBF]|\xE0[\xA0-\xBF][\x80-\xBF]|[\xE1-\xEC\xEE\xEF][\x80-\xBF]{2}"
    r"|\xED[\x80-\x9F][\x80-\xBF]|\xF0[\x90-\xBF][\x80-\xBF]{2}|[\xF1-\xF3][\x80-\xBF]{3}|\xF4[\x80-\x8F][\x80-\xBF]{2})*+"
)
"""RFC 3629, section 4. Possessive, so that it never backtracks."""


def _log_texts() -> list[Node]:
    maps = [
        block(
            f"map {value} {name}",
            f'"~^{_UTF8}$" {value}',
            f'"~^(?<log_start>{_UTF8})" "$log_start\N{REPLACEMENT CHARACTER}"',
        )
        for name, value in _LOG_TEXTS.items()
    ]
    return [Comment("escape=json leaves bytes above 127 alone: what is not UTF-8 ends at its first wrong byte."), *maps]


def _logs(site: Site) -> list[Node]:
    match site.access_log:
        case "off":
            return ["access_log off"]
        case "combined":
            return [f"access_log {nginx_value(site.log_file)} combined"]
        case "json":
            fields = [
                f'"{name}":{value}' if name in _LOG_NUMBERS else f'"{name}":"{value}"'
                for name, value in _LOG_FIELDS.items()
            ]
            pieces = [f"'{{{fields[0]}'", *(f"',{field}'" for field in fields[1:-1]), f"',{fields[-1]}}}'"]
            return [
                *_log_texts(),
                "log_format json_line escape=json\n            " + "\n            ".join(pieces),
                f"access_log {nginx_value(site.log_file)} json_line",
            ]
        case _:
            assert_never(site.access_log)


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


# --- servers ----------------------------------------------------------------------------------------------------------


def _https_server(site: Site) -> Block:
    default = "" if site.host_names else " default_server"
    return block(
        "server",
        *_listen(site, site.https_port, f"{_ssl(site)}{default}{_proxy_protocol(site)}"),
        f"http2 {switch(site.http2)}" if site.tls else None,
        # The first name is also the host of requests that name none (HTTP/1.0).
        f"server_name {' '.join(nginx_value(host) for host in site.host_names or [site.health.host])}",
        *_client_certificates(site.client_auth),
        Comment("The app gets paths as they were written."),
        "merge_slashes off",
        *_real_client(site),
        _hsts(site),
        Raw(site.extra.server) if site.extra.server else None,
        *(_static(site, static) for static in site.static),
        *_app_locations(site),
    )


def _refusing_server(site: Site) -> Block:
    return block(
        "server",
        Comment("No certificate for a name that is none of ours."),
        *_listen(site, site.https_port, f" ssl default_server{_proxy_protocol(site)}"),
        "server_name _",
        "ssl_reject_handshake on",
        Comment("A connection for one of our names, and then a request for another."),
        "return 421",
    )


def _client_certificates(auth: ClientAuth | None) -> list[Node]:
    if auth is None:
        return []
    return [
        f"ssl_client_certificate {nginx_value(auth.ca_file)}",
        f"ssl_verify_client {'on' if auth.required else 'optional'}",
        "ssl_verify_depth 4",
    ]


def _ssl(site: Site) -> str:
    return " ssl" if site.tls else ""


def _proxy_protocol(site: Site) -> str:
    return " proxy_protocol" if site.proxy_protocol else ""


def _real_client(site: Site) -> list[Node]:
    if not site.trusted_proxies:
        return []
    return [
        Comment("The client's address, where a trusted peer says it."),
        *(f"set_real_ip_from {nginx_value(network)}" for network in site.trusted_proxies),
        f"real_ip_header {'proxy_protocol' if site.proxy_protocol else 'X-Forwarded-For'}",
        "real_ip_recursive on",
    ]


def _hsts(site: Site) -> Node:
    return f"add_header Strict-Transport-Security {nginx_value(site.hsts)} always" if site.hsts else None


def _app_locations(site: Site) -> list[Node]:
    request = [*nginx_app.pass_request(site), Raw(site.extra.location) if site.extra.location else None]
    mount = nginx_app.prefix(site)
    if not mount:
        return [block("location /", request)]
    return [
        block(f"location = {nginx_value(mount)}", request),
        block(f"location {nginx_value(mount + '/')}", request),
        block("location /", "return 404"),
    ]


def _static(site: Site, static: Static) -> Block:
    return block(
        f"location ^~ {nginx_value(static.url_path)}",
        f"alias {nginx_value(static.directory.rstrip('/') + '/')}",
        f'add_header Cache-Control "public, max-age={static.max_age_seconds}"',
        _hsts(site),  # a location with headers of its own inherits none
    )


def _status_server(site: Site) -> Block:
    """What the kubelet asks: HTTPS with the same certificate, so that an answer proves the certificate loads."""
    last = 498 if site.health.any_below_500 else 399  # 499 is nginx's own word for a client that went away
    codes = [str(code) for code in range(300, last + 1)]
    listed = "".join(f"\n                {' '.join(codes[start : start + 20])}" for start in range(0, len(codes), 20))
    return block(
        "server",
        Comment("For the kubelet's probes only."),
        *_listen(site, site.status_port, f"{_ssl(site)} default_server"),
        "server_name _",
        "access_log off",
        block(f"location = {ALIVE_PATH}", "return 200"),
        block(
            f"location = {READY_PATH}",
            nginx_app.ask_health(site),
            Comment("The kubelet takes 200 to 399 and follows redirects: what counts as ready is answered with 200."),
            f"error_page{listed}\n                =200 @ready",
        ),
        block("location @ready", "return 200"),
        block("location /", "return 404"),
    )


def _metrics_server(port: int) -> Block:
    return block(
        "server",
        Comment("What nginx counts, for an exporter in this pod: nobody else reaches the address."),
        f"listen 127.0.0.1:{port} default_server",
        "server_name _",
        "access_log off",
        block(f"location = {STUB_STATUS_PATH}", "stub_status"),
        block("location /", "return 404"),
    )


def _redirect_server(site: Site, http_port: int) -> Block:
    port = "" if site.public_port == 443 else f":{site.public_port}"
    return block(
        "server",
        *_listen(site, http_port, f" default_server{_proxy_protocol(site)}"),
        f"server_name {nginx_value(site.health.host)}",
        f"return 308 https://$host{port}$request_uri",
    )
