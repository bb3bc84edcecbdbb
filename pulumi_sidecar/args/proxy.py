"""The proxy: a container that speaks TLS to the world and the app's protocol to the app."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.container import PullPolicy, Resources, reserved
from pulumi_sidecar.fields import (
    ByteSize,
    DnsLabel,
    FilePath,
    FolderUrl,
    HighPort,
    Image,
    LongSeconds,
    Network,
    Seconds,
    between,
    no_bool,
)
from pulumi_sidecar.inputs import Value

TlsProfile = Literal["intermediate", "modern"]

NGINX_IMAGE = "docker.io/nginxinc/nginx-unprivileged:1.30.4"
"""The official unprivileged nginx; ≥1.30.1 because of CVE-2026-42946."""


APACHE_IMAGE = "docker.io/library/httpd:2.4.68"
"""The official Apache httpd."""


class Hsts(Args):
    """HTTP Strict Transport Security (RFC 6797): browsers that saw it use HTTPS only from then on."""

    max_age_seconds: LongSeconds = 63_072_000
    """How long browsers remember, in seconds: two years by default (Mozilla's guideline)."""
    include_subdomains: bool = False
    """Also for every name below this one."""
    preload: bool = False
    """Ask to be built into browsers (https://hstspreload.org). Hard to take back. The list takes nobody without
    `include_subdomains` and a year of `max_age_seconds`."""


class Timeouts(Args):
    """How long the proxy waits, in seconds."""

    connect_seconds: Seconds = 5
    """For the app to accept a connection."""
    read_seconds: Seconds = 60
    """For the app's next bytes, also on a websocket that is silent."""
    send_seconds: Seconds = 60
    """For the app to take the next bytes of a request."""
    client_header_seconds: Seconds = 15
    """For a client to send its request line and headers."""
    client_body_seconds: Seconds = 60
    """For the next bytes of a client's body, and for a client to take the next bytes of a response."""
    keepalive_seconds: Seconds = 75
    """For the next request on a client's connection."""


Workers = Annotated[int, between(1, 512, "a number of processes"), BeforeValidator(no_bool)]
"""A number of processes, 1 to 512."""


class StaticFiles(Args):
    """Files that the proxy serves by itself, out of a volume that the app or an init container fills. Folders are no
    pages: they get 404. Symbolic links are followed to files of the link's own owner only."""

    url_path: FolderUrl
    """Where clients find them: "/static/"."""
    volume: DnsLabel
    """Name of the volume, as in `volumes`."""
    folder: FilePath = "/"
    """The folder within the volume: "/" is all of it."""
    max_age_seconds: LongSeconds = 3600
    """How long clients may keep a file without asking again, in seconds (Cache-Control: public, max-age=…)."""


class Extra(Args):
    """Directives in the proxy's own language, for what has no argument. They are put in as they are: try them with
    `pulumi-sidecar check`."""

    server: str = ""
    """Within the server (nginx) or virtual host (Apache) for HTTPS."""
    location: str = ""
    """Within the location in which requests are passed to the app. Apache's holds for `static` files, too; nginx' does
    not."""


class ProxyArgs(Args):
    """What every proxy has."""

    lifecycle: Literal["classic", "native"] = "classic"
    """"classic" runs beside the app as any container does. "native" (Kubernetes ≥1.29, stable in 1.33) is started
    before the app and stopped after it: an init container with restartPolicy Always. Older servers start nothing then.
    Its image needs `sh` and `sleep`. With either, `drain_by` decides whether Kubernetes 1.30 is needed."""
    image_pull_policy: PullPolicy | None = None
    """Kubernetes' own default: Always for `:latest` or no tag, else IfNotPresent."""
    https_port: HighPort | None = None
    """The container's port for HTTPS (clients see `service.port`). By default 8443, or the next that the app leaves."""
    http_port: HighPort | None = None
    """The container's port for plain HTTP, used with `redirect_http`. By default 8081, or the next free one."""
    status_port: HighPort | None = None
    """The container's port for the kubelet's probes: HTTPS, not part of the Service. By default 9443, or the next."""
    resources: Resources = reserved("50m", "32Mi", "128Mi")
    """CPU and memory. By default 50m and 32Mi are reserved, 128Mi is the limit, and CPU has none: a limit would only
    slow the proxy down when there is CPU to spare."""
    worker_processes: Workers | None = None
    """Worker processes. By default as many as the CPU limit has whole cores, and 2 without a limit."""
    hsts: Hsts | Literal[False] = Hsts()
    """Strict-Transport-Security in every answer; False leaves it out (and the app's own, if it has one, as it is)."""
    redirect_http: bool = False
    """Also listen for plain HTTP, and send every request to https with 308."""
    max_body_size: ByteSize = 64 * 2**20
    """The largest request body, in bytes or as "64Mi"; beyond it the client gets 413. 0 is no limit, as is the default
    with gRPC, where all that a client sends over a stream counts as one body."""
    buffer_requests: bool = True
    """Take a request's whole body before the app is bothered with it: slow clients cannot occupy the app. nginx always
    does so before uWSGI and FastCGI, which must know a body's length; Apache never does before those two."""
    buffer_responses: bool | None = None
    """Take the app's answer as fast as it comes and pass it on at the client's pace. By default off for HTTP, so that
    streams and server-sent events arrive as they are sent, and on for uWSGI and FastCGI, whose workers serve one client
    at a time."""
    timeouts: Timeouts = Timeouts()
    """How long the proxy waits."""
    websockets: bool = True
    """Pass websocket upgrades to the app. Other upgrades are never passed."""
    http2: bool = True
    """Offer HTTP/2 to clients."""
    access_log: Literal["json", "combined", "off"] = "json"
    """The access log on the container's standard output."""
    static: tuple[StaticFiles, ...] = ()
    """Files that the proxy serves by itself."""
    trusted_proxies: tuple[Network, ...] = ()
    """Networks (CIDR) of ingresses and load balancers whose X-Forwarded-For, -Proto, -Host and -Port are believed. From
    anybody else these headers are dropped."""
    proxy_protocol: bool = False
    """Connections begin with a PROXY protocol header, which tells the client's address. Needs `trusted_proxies`."""
    extra: Extra = Extra()
    """Directives of your own."""
    unknown_names: Literal["serve", "refuse"] = "serve"
    """Clients that ask (by SNI) for a host that is none of the certificate's names: "refuse" ends the handshake, also
    for clients that name no host. The names in `tls.dns_names` and the hosts of an Ingress or a route must then be
    plain values."""
    tls_profile: TlsProfile = "intermediate"
    """Mozilla's server-side TLS guideline 6.0: "intermediate" is TLS 1.2 and 1.3, "modern" TLS 1.3 alone."""


class Nginx(ProxyArgs):
    """nginx as the proxy."""

    kind: Literal["nginx"] = "nginx"
    image: Value[Image] = NGINX_IMAGE
    """nginx ≥1.30.1 that runs as user 101, as nginxinc/nginx-unprivileged does."""


class Apache(ProxyArgs):
    """Apache httpd as the proxy."""

    kind: Literal["apache"] = "apache"
    image: Value[Image] = APACHE_IMAGE
    """httpd ≥2.4.58 with its modules beside it, as the official image has them."""
    resources: Resources = reserved("50m", "64Mi", "256Mi")
    """CPU and memory. A thread for each request takes more memory than nginx does: 64Mi are reserved, 256Mi the limit
    (450 requests at once were seen to take 105 MB)."""


Proxy = Annotated[Nginx | Apache, Field(discriminator="kind")]
"""The proxy, tagged by `kind`."""
