"""The part of nginx.conf that speaks to the app: upstream, headers and parameters, for each protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never
from urllib.parse import unquote

from pulumi_sidecar.proxy.extra import nginx_directives
from pulumi_sidecar.proxy.nginx_maps import prefix
from pulumi_sidecar.proxy.site import FRAMING, FastCgi, Grpc, Http, Site, Tcp, UnixSocket, Uwsgi, other_spellings
from pulumi_sidecar.proxy.text import Comment, Node, block, nginx_value

_DIALECTS = {Http: "proxy", Uwsgi: "uwsgi", FastCgi: "fastcgi", Grpc: "grpc"}
_SCHEMES = {Http: "http://", Uwsgi: "", FastCgi: "", Grpc: "grpc://"}


def dialect(site: Site) -> str:
    """The prefix of nginx's directives for the app's protocol: proxy, uwsgi, fastcgi or grpc."""
    return _DIALECTS[type(site.backend)]


# --- the app's address ------------------------------------------------------------------------------------------------


def upstream(site: Site) -> Node:
    """The upstream `app`, with idle connections kept where the protocol has a way to reuse them."""
    keep = not isinstance(site.backend, Uwsgi)
    return block(
        "upstream app",
        f"server {_address(site)}",
        [
            "keepalive 64",
            "keepalive_requests 100000",
            Comment("Shorter than any app server keeps an idle connection: nginx must never send into a closing one."),
            "keepalive_timeout 1s",
        ]
        if keep
        else [],
    )


def _address(site: Site) -> str:
    match site.backend.address:
        case Tcp(port=port, host=host):
            return f"{host}:{port}"
        case UnixSocket(path=path):
            return nginx_value(f"unix:{path}")
        case _:
            assert_never(site.backend.address)


# --- a request --------------------------------------------------------------------------------------------------------


def pass_request(site: Site) -> list[Node]:
    """Within a location: pass the request on as it came, saying who asked for what."""
    host = ("$app_host", "$forwarded_host") if site.believes_headers else ("$app_host", "$app_host")
    path = "$app_path" if prefix(site) else "$document_uri"
    return [
        *_target(site),
        *_headers(site, *host),
        *_parameters(site, "$request_uri", path, "$query_string"),
        *_times(site),
        *_buffers(site),
    ]


def ask_health(site: Site) -> list[Node]:
    """Within a location: ask the app at its health path, whatever was requested here."""
    host = nginx_value(site.health.host)
    if isinstance(site.backend, Grpc):
        return _ask_grpc(site, host)
    path, _, query = site.health.path.partition("?")
    # An HTTP app gets the path as it is; for it, nothing is decoded.
    inner = "" if isinstance(site.backend, Http) else unquote(path.removeprefix(prefix(site)))
    own = f"{dialect(site)}_"
    return [
        *_target(site, site.health.path if isinstance(site.backend, Http) else ""),
        *_headers(site, host, host, upgrades=False),
        *_parameters(
            site,
            nginx_value(site.health.path),
            nginx_value(inner) if inner else '""',
            nginx_value(query) if query else '""',
        ),
        f"{own}connect_timeout 2s",
        f"{own}read_timeout 4s",
        *_buffer_sizes(site),
        f"{own}intercept_errors on",
    ]


def _ask_grpc(site: Site, host: str) -> list[Node]:
    """gRPC servers take nothing but POST, which grpc_pass cannot make of a probe's GET; proxy_pass can, over HTTP/2."""
    return [
        f"proxy_pass http://app{site.health.path}",
        Comment("Any answer of a gRPC server will do: one that does not know the method is there as well."),
        "proxy_http_version 2",
        "proxy_method POST",
        f"proxy_set_header Host {host}",
        "proxy_set_header Content-Type application/grpc",
        "proxy_set_header TE trailers",
        "proxy_connect_timeout 2s",
        "proxy_read_timeout 4s",
        "proxy_intercept_errors on",
    ]


def _target(site: Site, path: str = "") -> list[Node]:
    name = dialect(site)
    return [
        f"{name}_pass {_SCHEMES[type(site.backend)]}app{path}",
        "proxy_http_version 1.1" if isinstance(site.backend, Http) else None,
        "fastcgi_keep_conn on" if isinstance(site.backend, FastCgi) else None,
        Comment("A worker that fails a request must not get it twice.") if isinstance(site.backend, Uwsgi) else None,
        f"{name}_next_upstream off" if isinstance(site.backend, Uwsgi | FastCgi) else None,
    ]


def _headers(site: Site, host: str, forwarded_host: str, upgrades: bool = True) -> list[Node]:
    """Who asked for what. Whatever a client claims of itself in these headers is dropped."""
    proto, port, _ = _seen_as(site)
    ours = {
        "Host": host,
        "X-Real-IP": "$remote_addr",
        "X-Forwarded-For": "$remote_addr",
        "X-Forwarded-Proto": proto,
        "X-Forwarded-Host": forwarded_host,
        "X-Forwarded-Port": port,
        **({site.client_auth.subject_header: "$ssl_client_s_dn"} if site.client_auth else {}),
        **dict.fromkeys(("X-Forwarded-Server", "X-Forwarded-Prefix", "Forwarded", "Proxy"), '""'),
    }
    match site.backend:
        case Http():
            passed = upgrades and site.websockets
            ours["Upgrade"] = "$passed_upgrade" if passed else '""'
            ours["Connection"] = "$passed_connection" if passed else '""'
            return [f"proxy_set_header {name} {value}" for name, value in (ours | _spellings(site, ours)).items()]
        case Grpc():
            return [f"grpc_set_header {name} {value}" for name, value in (ours | _spellings(site, ours)).items()]
        case Uwsgi() | FastCgi():
            # nginx has taken the chunks apart: an app that is told of them finds none, and Flask reads nothing.
            ours["Transfer-Encoding"] = '""'
            # A parameter HTTP_… of our own takes the place of the client's header; an empty one leaves it out.
            names = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in ours}
            return [f"{dialect(site)}_param {names[name]} {value} if_not_empty" for name, value in ours.items()]
        case _:
            assert_never(site.backend)


def _spellings(site: Site, ours: Iterable[str]) -> dict[str, str]:
    """What drops headers that an app may take for ours. nginx itself drops those with underscores, unless it is told
    otherwise; for uWSGI and FastCGI all spellings are one parameter."""
    if ["underscores_in_headers", "on"] not in nginx_directives(site.extra.server):
        return {}
    return {spelling: '""' for name in (*ours, *FRAMING) for spelling in other_spellings(name)}


def _seen_as(site: Site) -> tuple[str, str, str]:
    """Scheme, port and CGI's HTTPS, as clients see them."""
    if site.believes_headers:
        return "$forwarded_proto", "$forwarded_port", "$forwarded_https"
    return "$scheme", str(site.public_port), "$https"


def _parameters(site: Site, uri: str, path: str, query: str) -> list[Node]:
    """CGI parameters (RFC 3875 and what servers add to it) for uWSGI and FastCGI."""
    if not isinstance(site.backend, Uwsgi | FastCgi):
        return []
    proto, port, https = _seen_as(site)
    common = {
        "REQUEST_METHOD": "$request_method",
        "REQUEST_URI": uri,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "$content_type",
        "CONTENT_LENGTH": "$content_length",
        "SERVER_PROTOCOL": "$server_protocol",
        "SERVER_NAME": "$host",
        "SERVER_PORT": port,
        "REMOTE_ADDR": "$remote_addr",
        "REMOTE_PORT": "$remote_port",
        "REQUEST_SCHEME": proto,
        "HTTPS": f"{https} if_not_empty",
    }
    if site.backend.prefix:
        common["SCRIPT_NAME"] = nginx_value(site.backend.prefix)
    if isinstance(site.backend, FastCgi):
        common["GATEWAY_INTERFACE"] = "CGI/1.1"
        common |= {"SCRIPT_FILENAME": nginx_value(site.backend.script)} if site.backend.script else {}
    return [f"{dialect(site)}_param {name} {value}" for name, value in common.items()]


def _times(site: Site) -> list[Node]:
    own, times = dialect(site), site.timeouts
    return [
        f"{own}_connect_timeout {times.connect_seconds}s",
        f"{own}_read_timeout {times.read_seconds}s",
        f"{own}_send_timeout {times.send_seconds}s",
    ]


def _buffers(site: Site) -> list[Node]:
    own = dialect(site)
    hide = f"{own}_hide_header Strict-Transport-Security" if site.hsts else None
    if isinstance(site.backend, Grpc):
        return [*_buffer_sizes(site), hide]
    # uWSGI and FastCGI need a body's length, which chunks tell only at their end: unbuffered, the app gets none of it.
    needs_length = isinstance(site.backend, Uwsgi | FastCgi)
    return [
        f"{own}_request_buffering {switch(site.buffer_requests or needs_length)}",
        f"{own}_buffering {switch(site.buffer_responses)}",
        *_buffer_sizes(site),
        hide,
    ]


def _buffer_sizes(site: Site) -> list[Node]:
    """The usual 4k are too small for the headers of many an app: cookies, tokens, security policies."""
    own = dialect(site)
    return [f"{own}_buffer_size 16k", None if isinstance(site.backend, Grpc) else f"{own}_buffers 8 16k"]


def switch(on: bool) -> str:
    """on or off."""
    return "on" if on else "off"
