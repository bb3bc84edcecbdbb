"""httpd.conf and its companions for a Site. Needs Apache httpd ≥2.4.58 with its modules as files beside it.

The same files load in the official image (every module is a file) and in Debian's (some are built in).
"""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_sidecar.proxy import (
    httpd_backend,
    httpd_headers,
    httpd_limit,
    httpd_logs,
    httpd_reload,
    httpd_server,
    httpd_status,
)
from pulumi_sidecar.proxy.httpd_reload import command, drain
from pulumi_sidecar.proxy.httpd_server import MODULES_VARIABLE
from pulumi_sidecar.proxy.site import Site
from pulumi_sidecar.proxy.text import Block, Comment, Node, Raw, block, flat, httpd_text, httpd_value

__all__ = ["FILE", "LIMITS", "MODULES_VARIABLE", "command", "drain", "render", "unsupported"]

FILE = "httpd.conf"

LIMITS = (
    "uWSGI: chunked uploads (in HTTP/2: without Content-Length) get 411, since the protocol needs a length.",
    "uWSGI: a request with more than 65535 bytes of headers and variables gets 502, as does an app that takes too long "
    "or whose worker dies.",
    "uWSGI: a body that comes too slowly gets 502, not 408; so do more than 8 KiB in one header of the app's answer.",
    "uWSGI: where the app breaks off in an answer of known length, the client waits keepalive_seconds for the rest.",
    "uWSGI: slashes at the beginning of PATH_INFO become one; REQUEST_URI has them all. In paths with %3F, SCRIPT_NAME "
    "gets the others.",
    "uWSGI: SERVER_PORT is the port in the Host header, where it has one. Neither it nor HTTPS follows what a trusted "
    "peer says in X-Forwarded-Port and X-Forwarded-Proto; wsgi.url_scheme does.",
    "uWSGI and FastCGI apps also get variables of Apache's own, and those that the access log is made of (sidecar-…).",
    "uWSGI, FastCGI and gRPC apps get a request's body as the client sends it: buffer_requests is for HTTP apps.",
    "buffer_responses: answers are taken from the app no faster than the client reads them, beyond what sockets hold.",
    "timeouts.send_seconds: one time-out, read_seconds, serves for the app's answers and for sending to it.",
    "An app that does not accept a connection in time gets clients a 502, not a 504.",
    "An app that hangs up instead of answering: on a connection that had requests before, Apache closes it without an "
    "answer (HTTP/1.1) or answers 500 (HTTP/2), so that clients try again; otherwise they get 502.",
    "A request with a name in the TLS handshake but no Host header (HTTP/1.0) gets 400.",
    "Every request under way, websockets included, takes a thread; there are at least 512. With TLS it takes about "
    "180 KiB of memory, an idle connection 100: 128Mi hold some 500 connections, 256Mi all that two processes accept.",
    "A reload lets websockets go on in the old processes, and closes idle keep-alive connections.",
    "The status port answers 302 to itself where the app's health path redirects: the kubelet follows it. For gRPC "
    "apps it says only whether the app takes connections. Of uWSGI and FastCGI, statuses unknown to Apache (418) "
    "do not count as ready.",
    "The access log has no app_seconds and app_status.",
)
"""What Apache cannot do, for the documentation; none of it stops a deployment."""


def unsupported(site: Site) -> list[tuple[str, str]]:
    """What of a site Apache cannot do at all: the field, and why."""
    if site.timeouts.send_seconds > site.timeouts.read_seconds:
        reason = "Apache has one time-out for reading from the app and sending to it: raise read_seconds as well"
        return [("timeouts.send_seconds", reason)]
    return []


def render(site: Site, config_dir: str) -> dict[str, str]:
    """Every file of `config_dir`, for `httpd -f config_dir/httpd.conf -DFOREGROUND` as any user on a read-only root.

    The container runs `command`, which does that and reloads renewed certificates.
    """
    return {
        FILE: httpd_text(_server(site, config_dir)),
        httpd_reload.TRIAL: httpd_text(httpd_server.trial(site)),
        httpd_reload.SCRIPT: httpd_reload.script(site),
        **({httpd_limit.FILE: httpd_limit.text(site)} if site.max_body_bytes else {}),
        **{name: httpd_backend.error_page(name) for name in httpd_backend.ERROR_PAGES},
    }


def _server(site: Site, config_dir: str) -> list[Node]:
    nodes: list[Node | Iterable[Node]] = [
        Comment("Written by pulumi-sidecar."),
        httpd_server.modules(site),
        "",
        httpd_server.process(site),
        "",
        httpd_server.tls(site),
        "",
        httpd_server.clients(site),
        "",
        httpd_server.files(site, config_dir),
        "",
        "ProxyRequests Off",
        "ProxyPreserveHost On",
        "ProxyAddHeaders Off",
        Comment("It is Apache that takes the body: it says so to a client that waits to hear it."),
        "Proxy100Continue Off",
        httpd_logs.format_line(site),
        "",
        [httpd_server.refusing_host(site), ""] if site.host_names else [],
        _https_host(site, config_dir),
        "",
        httpd_status.host(site, config_dir),
        "" if site.metrics_port else None,
        httpd_status.counts_host(site.metrics_port) if site.metrics_port else None,
        "" if site.redirect_port else None,
        _redirect_host(site, config_dir, site.redirect_port) if site.redirect_port else None,
    ]
    return [*flat(nodes)]


# --- virtual hosts ----------------------------------------------------------------------------------------------------


def _https_host(site: Site, config_dir: str) -> Block:
    return block(
        f"VirtualHost *:{site.https_port}",
        httpd_backend.slashes(site),
        httpd_server.names(site),
        httpd_server.certificate(site),
        httpd_server.client_certificates(site),
        httpd_logs.log(site),
        httpd_headers.trust(site),
        httpd_headers.forwarded(site),
        [
            Comment("In the place of the app's own."),
            "Header onsuccess unset Strict-Transport-Security",
            f"Header always set Strict-Transport-Security {httpd_value(site.hsts)}",
        ]
        if site.hsts
        else [],
        httpd_backend.errors(site, config_dir),
        *(httpd_server.static(static) for static in site.static),
        httpd_backend.app(site, httpd_server.threads(site) * 2),
        httpd_backend.variables(site),
        httpd_headers.cgi(site),
        httpd_backend.elsewhere(site),
        httpd_limit.directives(site, config_dir),
        httpd_backend.location(site, [*httpd_headers.refused_peers(site), *_extra(site.extra.location)]),
        _extra(site.extra.server),
    )


def _extra(text: str) -> list[Node]:
    return [Raw(text)] if text.strip() else []


def _redirect_host(site: Site, config_dir: str, http_port: int) -> Block:
    port = "" if site.public_port == 443 else f":{site.public_port}"
    return block(
        f"VirtualHost *:{http_port}",
        "Protocols http/1.1",
        httpd_backend.slashes(site),
        httpd_logs.log(site),
        httpd_headers.trust(site),
        Comment("The path and query as the client wrote them."),
        r'SetEnvIfExpr "%{THE_REQUEST} =~ m#^\S+ (?:[a-z]+://[^/? ]*)?(/\S*)#i" sidecar-target=$1',
        Comment("Redirect and RewriteRule would write the path anew. An error with a page of another status does not."),
        "RewriteEngine On",
        "RewriteCond %{ENV:REDIRECT_STATUS} !410",
        'RewriteRule "^" - [R=410,L]',
        "ErrorDocument 410 /308.asis",
        f"Alias /308.asis {httpd_value(f'{config_dir}/308.asis')}",
        f'Header always set Location "expr=https://%{{SERVER_NAME}}{port}%{{reqenv:sidecar-target}}"',
    )
