"""nginx's servers: the app's own, and those beside it."""

from __future__ import annotations

from functools import cache

from pulumi_sidecar.proxy import nginx_app, nginx_maps
from pulumi_sidecar.proxy.extra import nginx_directives
from pulumi_sidecar.proxy.nginx_app import switch
from pulumi_sidecar.proxy.site import ALIVE_PATH, READY_PATH, STUB_STATUS_PATH, ClientAuth, Site, Static
from pulumi_sidecar.proxy.text import Block, Comment, Node, Raw, block, nginx_value


def _listen(site: Site, port: int, options: str) -> list[Node]:
    hosts = [f"[{host}]:" if ":" in host else f"{host}:" for host in site.listen_hosts] or [""]
    return [f"listen {host}{port}{options}" for host in hosts]


def https(site: Site) -> Block:
    """The server in front of the app; with `tls` None it speaks plain HTTP."""
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


def refusing(site: Site) -> Block:
    """The server for names that are none of the site's: no handshake, no answer but 421."""
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
    extra = site.extra.location
    request = [
        *nginx_app.pass_request(site),
        _hsts(site) if _takes_hsts_away(extra) else None,
        Raw(extra) if extra else None,
    ]
    mount = nginx_maps.prefix(site)
    if not mount:
        return [block("location /", request)]
    return [
        block(
            f"location {nginx_value(mount)}",
            Comment(
                "One location for the mount point and what is below it: within an exact one there can be no other."
            ),
            block(f"location ~ ^{nginx_maps.regex(mount)}[^/]", "return 404"),
            request,
        ),
        block("location /", "return 404"),
    ]


def _takes_hsts_away(text: str) -> bool:
    """Whether directives of the user's end what their location inherits, and do not see to the header themselves."""
    own = list(nginx_directives(text))
    headers = [words[1].lower() for words in own if words[0] == "add_header" and len(words) > 1]
    inherits = any(words[0] == "add_header_inherit" for words in own)
    return bool(headers) and not inherits and "strict-transport-security" not in headers


def _static(site: Site, static: Static) -> Block:
    return block(
        f"location ^~ {nginx_value(static.url_path)}",
        f"alias {nginx_value(static.directory.rstrip('/') + '/')}",
        Comment("A link counts only where it belongs to whom the file belongs: none leads to others' files."),
        f"disable_symlinks if_not_owner {nginx_value(f'from={static.root or static.directory}'.rstrip('/'))}",
        Comment("A folder is no page: 404, as with Apache, and no redirect."),
        "try_files $uri =404",
        f'add_header Cache-Control "public, max-age={static.max_age_seconds}"',
        _hsts(site),  # a location with headers of its own inherits none
    )


@cache
def _codes(last: int) -> str:
    """Statuses from 300 on, twenty a line."""
    codes = [str(code) for code in range(300, last + 1)]
    return "".join(f"\n                {' '.join(codes[start : start + 20])}" for start in range(0, len(codes), 20))


def status(site: Site) -> Block:
    """What the kubelet asks: HTTPS with the same certificate, so that an answer proves the certificate loads."""
    listed = _codes(498 if site.health.any_below_500 else 399)  # 499 is nginx's own word for a client that went away
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


def metrics(port: int) -> Block:
    """What nginx counts, on 127.0.0.1 alone."""
    return block(
        "server",
        Comment("What nginx counts, for an exporter in this pod: nobody else reaches the address."),
        f"listen 127.0.0.1:{port} default_server",
        "server_name _",
        "access_log off",
        block(f"location = {STUB_STATUS_PATH}", "stub_status"),
        block("location /", "return 404"),
    )


def redirect(site: Site, http_port: int) -> Block:
    """Sends plain HTTP to HTTPS with 308, so that methods and bodies stay."""
    port = "" if site.public_port == 443 else f":{site.public_port}"
    return block(
        "server",
        *_listen(site, http_port, f" default_server{_proxy_protocol(site)}"),
        f"server_name {nginx_value(site.health.host)}",
        f"return 308 https://$host{port}$request_uri",
    )
