"""What Apache tells the app about the client, and what it takes out of a request before."""

from __future__ import annotations

from pulumi_sidecar.proxy.site import FRAMING, PORT_PATTERN, FastCgi, Http, Site, halved, other_spellings
from pulumi_sidecar.proxy.text import Comment, Node, httpd_value

_OURS = ("X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port")
"""Headers that the app may rely on."""
_DROPPED = ("Forwarded", "Proxy", "X-Forwarded-Server", "X-Forwarded-Prefix")
"""Headers in which a client claims what only a proxy may say."""

_CONNECTION = r"^(?:(?:close|keep-alive|upgrade|te|http2-settings)[ ,\t]*)*$"
_WITH_PORT = r"((?:^|,)\s*)(?:(\d{1,3}(?:\.\d{1,3}){3})(?=:)|\[([0-9A-Fa-f:.]+)\])(?::\d{1,5})?(?=\s*(?:,[^,]*){0,4}$)"
"""Among the last five of a list: an IPv4 address before a port, or an IPv6 address in brackets."""
_HOST = "%{req_novary:Host}"
_PROTO = "sidecar-proto"
_PORT = "sidecar-port"
_HOST_BELIEVED = "sidecar-host"
_SCHEMES = {"http": 80, "https": 443}


def _networks(site: Site) -> list[str]:
    networks = halved(site.trusted_proxies)
    for network in networks:
        if not all(character in "0123456789abcdefABCDEF.:/" for character in network):
            raise ValueError(f"no network: {network!r}")
    return networks


def _peer_is_trusted(site: Site) -> str:
    """An expression: the connection comes from one of the networks."""
    return " || ".join(f"%{{CONN_REMOTE_ADDR}} -ipmatch '{network}'" for network in _networks(site))


def trust(site: Site) -> list[Node]:
    """For the virtual hosts of clients: whose word about the client is taken."""
    if site.proxy_protocol:
        nodes: list[Node] = [
            Comment("The PROXY protocol tells the client's address. What headers say comes from the client itself."),
            "RemoteIPProxyProtocol On",
        ]
        return nodes
    if not site.trusted_proxies:
        return []
    return [
        Comment("Some gateways (Azure's) write ports. Of the last five only: each one makes a copy of the header."),
        f'RequestHeader edit* X-Forwarded-For "{_WITH_PORT}" $1$2$3 early',
        Comment("The last address in X-Forwarded-For that is no proxy's is the client's."),
        "RemoteIPHeader X-Forwarded-For",
        f"RemoteIPInternalProxy {' '.join(_networks(site))}",
    ]


def _claims(site: Site) -> list[Node]:
    """Scheme, port and host as a trusted peer says that clients see them, else our own."""
    return [
        f"SetEnvIfExpr true {_PROTO}={_scheme(site)} {_PORT}={site.public_port}",
        *(
            _believe(site, "X-Forwarded-Proto", f"/^{scheme}$/i", f"{_PROTO}={scheme} {_PORT}={port}")
            for scheme, port in _SCHEMES.items()
        ),
        _believe(site, "X-Forwarded-Port", f"/^({PORT_PATTERN})$/", f"{_PORT}=$1"),
        _believe(site, "X-Forwarded-Host", r"/^[A-Za-z0-9._:\[\]-]+$/", _HOST_BELIEVED),
    ]


def _believe(site: Site, header: str, pattern: str, variables: str) -> str:
    return f'SetEnvIfExpr "({_peer_is_trusted(site)}) && %{{req_novary:{header}}} =~ {pattern}" {variables}'


def _scheme(site: Site) -> str:
    return "https" if site.tls else "http"


def cgi(site: Site) -> list[Node]:
    """For the virtual host of clients: what a FastCGI app is told where a peer is believed."""
    if not (isinstance(site.backend, FastCgi) and site.believes_headers):
        return []
    return [
        f"ProxyFCGISetEnvIf true SERVER_PORT %{{reqenv:{_PORT}}}",
        f"ProxyFCGISetEnvIf true REQUEST_SCHEME %{{reqenv:{_PROTO}}}",
        f"ProxyFCGISetEnvIf \"reqenv('{_PROTO}') == 'http'\" !HTTPS",
        f"ProxyFCGISetEnvIf \"reqenv('{_PROTO}') == 'https'\" HTTPS on",
    ]


def refused_peers(site: Site) -> list[Node]:
    """For the location of the app: with the PROXY protocol only trusted peers may say who the client is."""
    if site.proxy_protocol and site.trusted_proxies:
        return [f'Require expr "{_peer_is_trusted(site)}"']
    return []


def forwarded(site: Site, host: str | None = None) -> list[Node]:
    """Who asked for what. Whatever a client claims of itself in these headers is dropped.

    `host` stands in for the host that the client named.
    """
    named = httpd_value(host) if host else f'"expr={_HOST}"'
    believed = site.believes_headers and host is None
    proto, port, unless_believed = _scheme(site), str(site.public_port), ""
    if believed:
        proto, port = f'"expr=%{{reqenv:{_PROTO}}}"', f'"expr=%{{reqenv:{_PORT}}}"'
        unless_believed = f" env=!{_HOST_BELIEVED}"
    return [
        *(_claims(site) if believed else []),
        Comment("Headers that Connection names are taken out again, our own too: a client may only name these."),
        f'RequestHeader set Connection close "expr=%{{req_novary:Connection}} !~ /{_CONNECTION}/i"',
        'RequestHeader unset Upgrade "expr=%{req_novary:Upgrade} !~ /^websocket$/i"',
        *(f"RequestHeader unset {name}" for name in _DROPPED),
        *_spellings(site),
        f"RequestHeader set Host {named}" if host else None,
        'RequestHeader set X-Real-IP "expr=%{REMOTE_ADDR}"',
        'RequestHeader set X-Forwarded-For "expr=%{REMOTE_ADDR}"',
        f"RequestHeader set X-Forwarded-Proto {proto}",
        f"RequestHeader set X-Forwarded-Host {named}{unless_believed}",
        f"RequestHeader set X-Forwarded-Port {port}",
        *_subject(site),
    ]


def _subject(site: Site) -> list[Node]:
    if site.client_auth is None:
        return []
    name = site.client_auth.subject_header
    return [
        f"RequestHeader unset {name}",
        f'RequestHeader set {name} "expr=%{{SSL:SSL_CLIENT_S_DN}}" "expr=%{{SSL:SSL_CLIENT_VERIFY}} == \'SUCCESS\'"',
    ]


def _spellings(site: Site) -> list[Node]:
    """Apache itself drops names with underscores where it makes CGI variables: for uWSGI and FastCGI."""
    if not isinstance(site.backend, Http):
        return []
    own = [site.client_auth.subject_header] if site.client_auth else []
    names = (*_OURS, *_DROPPED, *FRAMING, *own)
    return [
        Comment("Many apps take X_Forwarded_For for X-Forwarded-For."),
        *(f"RequestHeader unset {spelling}" for name in names for spelling in other_spellings(name)),
    ]
