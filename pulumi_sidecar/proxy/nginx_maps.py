"""nginx' variables of our own, from what a request and its peer say."""

from __future__ import annotations

from pulumi_sidecar.proxy.site import PORT_PATTERN, FastCgi, Http, Site, Uwsgi, halved
from pulumi_sidecar.proxy.text import Comment, Node, block, nginx_value


def prefix(site: Site) -> str:
    """The path under which the app is mounted, empty for the whole site."""
    return site.backend.prefix if isinstance(site.backend, Uwsgi | FastCgi) else ""


def maps(site: Site) -> list[Node]:
    """Variables of our own: whom a request is from and for, and what of it is passed on."""
    nodes: list[Node] = [
        Comment("The host with its port, as the client wrote it; HTTP/1.0 may have none."),
        block("map $http_host $app_host", '"" $host', "default $http_host"),
    ]
    if site.believes_headers:
        nodes += [
            Comment("Peers that may say for whom they ask."),
            block(
                "geo $realip_remote_addr $trusted_peer",
                "default 0",
                [f"{nginx_value(network)} 1" for network in halved(site.trusted_proxies)],
            ),
            block(
                "map $trusted_peer$http_x_forwarded_proto $forwarded_proto",
                "default $scheme",
                "1http http",
                "1https https",
            ),
            block(
                "map $trusted_peer$http_x_forwarded_host $forwarded_host",
                "default $app_host",
                r'"~^1(?<claimed_host>[A-Za-z0-9._:\[\]-]+)$" $claimed_host',
            ),
            *_forwarded_port(site),
        ]
    if site.websockets and isinstance(site.backend, Http):
        nodes += [
            Comment("Websockets are passed on. Any other upgrade (h2c) would let requests through unseen."),
            block("map $http_upgrade $passed_upgrade", 'default ""', "~*^websocket$ websocket"),
            block("map $http_upgrade $passed_connection", 'default ""', "~*^websocket$ upgrade"),
        ]
    if mount := prefix(site):
        nodes += [
            Comment("The path below the app's mount point, decoded."),
            block("map $document_uri $app_path", 'default ""', f'"~(?s)^{regex(mount)}(?<below>/.*)$" $below'),
        ]
    return nodes


def _forwarded_port(site: Site) -> list[Node]:
    """The port that goes with the scheme and host that are believed, and what CGI says of the scheme."""
    if isinstance(site.backend, Uwsgi | FastCgi):
        https: Node = block("map $forwarded_proto $forwarded_https", 'default ""', "https on")
    else:
        https = None
    return [
        block(
            "map $trusted_peer$http_x_forwarded_proto $proto_port",
            f"default {site.public_port}",
            "1http 80",
            "1https 443",
        ),
        block(
            "map $trusted_peer$http_x_forwarded_port $forwarded_port",
            "default $proto_port",
            f'"~^1(?<claimed_port>{PORT_PATTERN})$" $claimed_port',
        ),
        https,
    ]


def regex(path: str) -> str:
    """A path within a regular expression."""
    return path.replace(".", "\\.").replace("+", "\\+")
