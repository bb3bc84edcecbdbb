"""How Apache passes requests to the app, and what it answers where the app does not."""

from __future__ import annotations

import re
from typing import assert_never
from urllib.parse import unquote

from pulumi_sidecar.proxy.site import Address, FastCgi, Grpc, Http, Site, Tcp, UnixSocket, Uwsgi
from pulumi_sidecar.proxy.text import Block, Comment, Node, block, httpd_value

ERROR_PAGES = {
    "308.asis": ("308 Permanent Redirect", "This page has moved to https."),
    "400.asis": ("400 Bad Request", "This request cannot be understood."),
    "413.asis": ("413 Content Too Large", "This request is too large."),
    "404.asis": ("404 Not Found", "There is nothing here."),
    "502.asis": ("502 Bad Gateway", "The application does not answer."),
    "504.asis": ("504 Gateway Timeout", "The application took too long."),
    "ready.asis": ("200 OK", "ready"),
}
"""Files for mod_asis, which alone can give an ErrorDocument another status: headers and body as they are sent."""


def error_page(name: str) -> str:
    """The text of one of the files."""
    status, text = ERROR_PAGES[name]
    return f"Status: {status}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"


def modules(site: Site) -> list[str]:
    """The modules that the app's protocol needs."""
    match site.backend:
        case Http():
            return ["proxy_http", *(["buffer"] if site.buffer_requests else [])]
        case Uwsgi():
            return ["proxy_uwsgi"]
        case FastCgi():
            return ["proxy_fcgi"]
        case Grpc():
            return ["proxy_http2", "proxy_http"]
        case _:
            assert_never(site.backend)


def url(address: Address, scheme: str) -> str:
    """The app's address as Apache writes it, without a slash at its end."""
    match address:
        case Tcp(port=port, host=host):
            return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
        case UnixSocket(path=path):
            # The name of the host is no address: it tells one socket from another, since connections are kept by it.
            return f"unix:{path}|{scheme}://localhost"
        case _:
            assert_never(address)


def errors(site: Site, config_dir: str) -> list[Node]:
    """For every virtual host that passes requests: short pages, and 502 where the app cannot be reached.

    Apache says 503 then. The app's own 503 passes as it is: Apache looks for a page only where the status is its own.
    """
    return [
        Comment("The pages of our own: only what Apache itself looks up, never a client, gets past the app."),
        "SetEnvIfExpr \"-n reqenv('REDIRECT_STATUS')\" no-proxy",
        *(f"Alias /{name} {httpd_value(f'{config_dir}/{name}')}" for name in ERROR_PAGES),
        "ErrorDocument 503 /502.asis",
        Comment("A time-out of an HTTP app is a 502 with a note."),
        'ErrorDocument 502 "/502%{note:proxy_timedout}.asis"',
        f"Alias /5021.asis {httpd_value(f'{config_dir}/504.asis')}",
        "ErrorDocument 504 /504.asis",
        *_broken(site),
    ]


def _broken(site: Site) -> list[Node]:
    """The answer for a worker of uWSGI that dies over a request, which Apache calls an error of its own."""
    if not isinstance(site.backend, Uwsgi):
        return []
    return [Comment("An empty answer (a worker that was killed)."), "ErrorDocument 500 /502.asis"]


def parameters(connect: int, read: int, *, reuse: bool) -> str:
    """Of a ProxyPass: time-outs in seconds, and whether connections are kept."""
    kept = "enablereuse=on ttl=1" if reuse else "disablereuse=on"
    return f"retry=0 connectiontimeout={connect} timeout={read} {kept}"


def app(site: Site, threads: int) -> list[Node]:
    """For the virtual host of clients: pass everything to the app."""
    times, backend = site.timeouts, site.backend
    flush = "" if site.buffer_responses else " flushpackets=auto"
    match backend:
        case Http():
            passed = parameters(times.connect_seconds, times.read_seconds, reuse=True)
            kept = f"max={threads} responsefieldsize=16384"
            upgrade = " upgrade=websocket" if site.websockets else ""
            target = httpd_value(url(backend.address, "http"))
            return [
                Comment("A pattern rather than the prefix /, which would take a second slash away from //path."),
                Comment(
                    "Idle connections are used for 1 s only, less than any app server keeps them: none is closing."
                ),
                f'ProxyPassMatch "^/" {target} nocanon {passed} {kept}{flush}{upgrade}',
            ]
        case Grpc():
            passed = parameters(times.connect_seconds, times.read_seconds, reuse=True)
            return [f"ProxyPass / {httpd_value(url(backend.address, 'h2c') + '/')} {passed} max={threads}{flush}"]
        case Uwsgi() | FastCgi():
            scheme = "uwsgi" if isinstance(backend, Uwsgi) else "fcgi"
            passed = parameters(times.connect_seconds, times.read_seconds, reuse=False) + flush
            return mounted(backend, url(backend.address, scheme), passed)
        case _:
            assert_never(backend)


def elsewhere(site: Site) -> list[Node]:
    """For the virtual host of clients: 404 for what is neither the app's nor a file."""
    match site.backend:
        case Uwsgi(prefix=prefix) | FastCgi(prefix=prefix) if prefix:
            ours = [f"{_pattern(prefix)}(?:/|$)", *(_pattern(static.url_path) for static in site.static)]
            return [
                "RewriteEngine On",
                "RewriteCond %{ENV:REDIRECT_STATUS} ^$",
                f'RewriteRule "!^/*(?:{"|".join(ours)})" - [R=404,L]',
            ]
        case _:
            return []


def mounted(backend: Uwsgi | FastCgi, target: str, passed: str) -> list[Node]:
    """The app at its prefix. `target` is without a slash at its end."""
    if not backend.prefix:
        return [f"ProxyPass / {httpd_value(target + '/')} {passed}"]
    prefix = unquote(backend.prefix)
    return [f"ProxyPass {httpd_value(prefix + end)} {httpd_value(target + end)} {passed}" for end in ("/", "")]


def _pattern(path: str) -> str:
    """A decoded path within a regular expression within quotes: without a backslash."""
    return re.sub(r"[^A-Za-z0-9/_~-]", _escaped, unquote(path))


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character in '"\\^%$' or not character.isprintable():
        raise ValueError(f"cannot stand in a pattern of httpd.conf: {character!r}")
    return f"[{character}]"


def variables(site: Site) -> list[Node]:
    """For both virtual hosts: the CGI variables, where Apache's own are not what a WSGI or FastCGI app expects."""
    match site.backend:
        case Uwsgi(prefix=prefix):
            if not prefix:
                return []
            return [
                Comment(
                    "SCRIPT_NAME is the path up to PATH_INFO. Where that is / alone, Apache leaves the slash in both."
                ),
                "RewriteEngine On",
                f'RewriteRule "^/*{_pattern(prefix)}/+$" {httpd_value(unquote(prefix))} [PT]',
                Comment("PATH_INFO begins with one slash: SCRIPT_NAME would get the others."),
                f'RewriteRule "^/*{_pattern(prefix)}//+([^?]+)$" {httpd_value(unquote(prefix) + "/$1")} [PT]',
            ]
        case FastCgi(prefix=prefix, script=script):
            rest = f'"%{{REQUEST_URI}} =~ m#^{_pattern(prefix)}(/.*)?$#"'
            return [
                f"ProxyFCGISetEnvIf true SCRIPT_FILENAME {httpd_value(script)}"
                if script
                else "ProxyFCGISetEnvIf true !SCRIPT_FILENAME",
                f"ProxyFCGISetEnvIf true SCRIPT_NAME {httpd_value(unquote(prefix)) if prefix else _EMPTY}",
                f'ProxyFCGISetEnvIf {rest} PATH_INFO "$1"',
                Comment("Not the container's port, nor what mod_rewrite makes of it."),
                f"ProxyFCGISetEnvIf true SERVER_PORT {site.public_port}",
                "ProxyFCGISetEnvIf true !SCRIPT_URI",
                "ProxyFCGISetEnvIf true !SCRIPT_URL",
            ]
        case Http() | Grpc():
            return []
        case _:
            assert_never(site.backend)


_EMPTY = '""'


def slashes(site: Site) -> list[Node]:
    """How %2F, // and .. in a path are taken."""
    match site.backend:
        case Http() | Grpc():
            return ["AllowEncodedSlashes NoDecode", "MergeSlashes Off"]
        case Uwsgi() | FastCgi():
            # Decoded once, as PATH_INFO is: with NoDecode Apache miscounts where SCRIPT_NAME ends.
            return ["AllowEncodedSlashes On", "MergeSlashes Off"]
        case _:
            assert_never(site.backend)


def location(site: Site, extra: list[Node]) -> Block | None:
    """How the app's requests are treated."""
    body: list[Node] = []
    if spools(site):
        body += [
            Comment(
                "Any filter makes Apache take the whole body, to a file where it is large, before it asks the app."
            ),
            "SetInputFilter BUFFER",
            "BufferSize 16384",
            "SetEnv proxy-sendcl 1",
        ]
    if isinstance(site.backend, FastCgi):
        body.append("CGIPassAuth On")
    body += extra
    return block('Location "/"', body) if body else None


def spools(site: Site) -> bool:
    """Whether the whole of a request is taken before the app is asked."""
    return isinstance(site.backend, Http) and site.buffer_requests
