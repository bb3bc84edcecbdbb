"""The virtual host for the kubelet's probes: is Apache alive, and is the app ready?"""

from __future__ import annotations

import re
from typing import assert_never
from urllib.parse import unquote

from pulumi_sidecar.proxy import httpd_backend, httpd_headers, httpd_server
from pulumi_sidecar.proxy.site import ALIVE_PATH, READY_PATH, SERVER_STATUS_PATH, FastCgi, Grpc, Http, Site, Uwsgi
from pulumi_sidecar.proxy.text import Block, Comment, Node, block, httpd_value


def host(site: Site, config_dir: str) -> Block:
    """What the kubelet asks: HTTPS with the same certificate, so that an answer proves the certificate loads."""
    return block(
        f"VirtualHost *:{site.status_port}",
        Comment("For the kubelet's probes only. In HTTP/2 Apache would give 500 for an app that hangs up."),
        "Protocols http/1.1",
        httpd_backend.slashes(site),
        httpd_server.certificate(site),
        httpd_headers.forwarded(site, site.health.host),
        httpd_backend.errors(site, config_dir),
        "RewriteEngine On",
        f'SetEnvIf Request_URI "^{ALIVE_PATH}$" no-proxy',
        f"Alias {ALIVE_PATH} {httpd_value(f'{config_dir}/ready.asis')}",
        f'RewriteRule "^{ALIVE_PATH}$" - [L]',
        Comment("The page that says ready is for statuses of the app, not for those of this very host."),
        "RewriteCond %{ENV:REDIRECT_sidecar-ready} 1 [OR]",
        "RewriteCond %{ENV:REDIRECT_STATUS} 50.",
        'RewriteRule "^" - [L]',
        "RewriteCond %{ENV:REDIRECT_STATUS} .",
        'RewriteRule "^" /404.asis [PT,L]',
        _question(site),
        'RewriteRule "^" - [R=404,L]',
        _ready(site, config_dir),
        httpd_backend.variables(site),
    )


def counts_host(port: int) -> Block:
    """What Apache counts. Its page for people, which has addresses and URLs of requests, is not served."""
    return block(
        f"VirtualHost 127.0.0.1:{port}",
        Comment("What Apache counts, for an exporter in this pod: nobody else reaches the address."),
        "Protocols http/1.1",
        block(
            f'Location "{SERVER_STATUS_PATH}"',
            "SetHandler server-status",
            """Require expr "%{QUERY_STRING} == 'auto'\"""",
        ),
    )


_KNOWN_CODES = (
    *range(400, 418),
    *range(421, 425),
    *(426, 428, 429, 431, 451),
)
"""Statuses below 500 for which Apache can have a page."""

_ANY_BELOW_500: tuple[Node, ...] = (
    f"ProxyErrorOverride On {' '.join(map(str, range(400, 500)))}",
    *(f"ErrorDocument {code} /ready.asis" for code in _KNOWN_CODES),
    Comment("A status that Apache does not know is looked up as 500. A note tells it from a 500 of its own."),
    'ErrorDocument 500 "/over%{note:proxy-error-override}.asis"',
)
"""The app's own errors count as ready. The same for every site, and most of the virtual host: made once."""


def _question(site: Site) -> str:
    """The rule that makes the app's health path of the kubelet's."""
    path, backend = site.health.path, site.backend
    plain = path.partition("?")[0]
    if isinstance(backend, Http) and ("%" in plain or "//" in plain):
        # A path that is handed on is decoded, and begins with one slash: this one goes to the app as it is written.
        target, flags = _substitution(httpd_backend.url(backend.address, "http") + path), "P,NE"
    else:
        target, flags = _rewritten(_ready_path(site)), "PT"
    return f'RewriteRule "^{READY_PATH}$" {target} [E=sidecar-ready:1,{flags},L]'


def _ready_path(site: Site) -> str:
    """The path that the app is asked, decoded; the app's prefix comes first."""
    path = site.health.path
    match site.backend:
        case Uwsgi(prefix=prefix) | FastCgi(prefix=prefix) if prefix and not f"{path}/".startswith(f"{prefix}/"):
            return prefix + path
        case _:
            return path


def _ready(site: Site, config_dir: str) -> list[Node]:
    """For the virtual host of the kubelet: the question to the app, and 200 for whatever counts as ready."""
    backend = site.backend
    passed = httpd_backend.parameters(2, 4, reuse=False)
    match backend:
        case Http():
            scheme = "http"
        case Uwsgi():
            scheme = "uwsgi"
        case FastCgi():
            scheme = "fcgi"
        case Grpc():
            return _grpc_ready(backend, config_dir)
        case _:
            assert_never(backend)
    address = httpd_backend.url(backend.address, scheme)
    mounted = (
        httpd_backend.mounted(backend, address, passed)
        if isinstance(backend, Uwsgi | FastCgi)
        else [f"ProxyPass / {httpd_value(address + '/')} {passed}"]
    )
    return [
        *mounted,
        Comment("The kubelet follows redirects: to what is always there. Apache can replace errors only."),
        f'Header edit Location ".*" {ALIVE_PATH}',
        *(
            [
                *_ANY_BELOW_500,
                f"Alias /over1.asis {httpd_value(f'{config_dir}/ready.asis')}",
                f"Alias /over.asis {httpd_value(f'{config_dir}/502.asis')}",
            ]
            if site.health.any_below_500
            else []
        ),
    ]


def _grpc_ready(backend: Grpc, config_dir: str) -> list[Node]:
    """gRPC servers answer GET in ways of their own, and Apache cannot replace what comes over HTTP/2.

    Asked in HTTP/1.1 they hang up: that tells one that lives from one that is not there (503) or hangs (504).
    """
    address = httpd_value(httpd_backend.url(backend.address, "http") + "/")
    return [
        f"ProxyPass / {address} {httpd_backend.parameters(2, 4, reuse=False)}",
        Comment("It hung up: it is there."),
        "ErrorDocument 502 /ready%{note:proxy_timedout}.asis",
        f"Alias /ready1.asis {httpd_value(f'{config_dir}/504.asis')}",
    ]


def _rewritten(path: str) -> str:
    """A path (with its query) as the substitution of a RewriteRule that goes on to be passed."""
    plain, mark, query = path.partition("?")
    return _substitution(unquote(plain) + mark + query)


def _substitution(target: str) -> str:
    httpd_value(target.replace("%{", ""))
    if '"' in target:
        raise ValueError(f"cannot stand in a RewriteRule: {target!r}")
    # mod_rewrite splits its line itself: a backslash counts once here.
    return '"' + re.sub(r"([\\\\%$])", r"\\\1", target) + '"'
