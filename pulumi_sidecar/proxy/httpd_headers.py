"""What Apache tells the app about the client, and what it takes out of a request before."""

from __future__ import annotations

from functools import cache
from itertools import product

from pulumi_sidecar.proxy.site import Http, Site, halved
from pulumi_sidecar.proxy.text import Comment, Node, httpd_value

_OURS = ("X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port")
"""Headers that the app may rely on."""
_DROPPED = ("Forwarded", "Proxy", "X-Forwarded-Server", "X-Forwarded-Prefix")
"""Headers in which a client claims what only a proxy may say."""
_FRAMING = ("Content-Length", "Content-Type", "Transfer-Encoding")

_CONNECTION = r"^(?:(?:close|keep-alive|upgrade|te|http2-settings)[ ,\t]*)*$"

_HOST = "%{req_novary:Host}"
_PROTO_BELIEVED = "sidecar-proto"
_HOST_BELIEVED = "sidecar-host"


@cache
def other_spellings(name: str) -> list[str]:
    """The name with underscores for some or all of its hyphens: WSGI and CGI apps cannot tell them apart."""
    head, *rest = name.split("-")
    spelled = (
        head + "".join(mark + part for mark, part in zip(marks, rest, strict=True))
        for marks in product("_-", repeat=len(rest))
    )
    return [spelling for spelling in spelled if spelling != name]


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
    peer = _peer_is_trusted(site)
    return [
        Comment("The last address in X-Forwarded-For that is no proxy's is the client's."),
        "RemoteIPHeader X-Forwarded-For",
        f"RemoteIPInternalProxy {' '.join(_networks(site))}",
        f'SetEnvIfExpr "({peer}) && %{{req_novary:X-Forwarded-Proto}} =~ /^https?$/" {_PROTO_BELIEVED}',
        f'SetEnvIfExpr "({peer}) && %{{req_novary:X-Forwarded-Host}} =~ /^[A-Za-z0-9._:\\[\\]-]+$/" {_HOST_BELIEVED}',
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
    believed = bool(site.trusted_proxies) and not site.proxy_protocol and host is None
    proto, forwarded_host = (f" env=!{_PROTO_BELIEVED}", f" env=!{_HOST_BELIEVED}") if believed else ("", "")
    return [
        Comment("Headers that Connection names are taken out again, our own too: a client may only name these."),
        f'RequestHeader set Connection close "expr=%{{req_novary:Connection}} !~ /{_CONNECTION}/i"',
        'RequestHeader unset Upgrade "expr=%{req_novary:Upgrade} !~ /^websocket$/i"',
        *(f"RequestHeader unset {name}" for name in _DROPPED),
        *_spellings(site),
        f"RequestHeader set Host {named}" if host else None,
        'RequestHeader set X-Real-IP "expr=%{REMOTE_ADDR}"',
        'RequestHeader set X-Forwarded-For "expr=%{REMOTE_ADDR}"',
        f"RequestHeader set X-Forwarded-Proto {'https' if site.tls else 'http'}{proto}",
        f"RequestHeader set X-Forwarded-Host {named}{forwarded_host}",
        f"RequestHeader set X-Forwarded-Port {site.public_port}",
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
    names = (*_OURS, *_DROPPED, *_FRAMING, *own)
    return [
        Comment("Many apps take X_Forwarded_For for X-Forwarded-For."),
        *(f"RequestHeader unset {spelling}" for name in names for spelling in other_spellings(name)),
    ]
