"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import Any, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.container import Resources
from pulumi_sidecar.plugin.types.enums import (
    ProxyAccessLog,
    ProxyKind,
    ProxyLifecycle,
    ProxyUnknownNames,
    PullPolicy,
    TlsProfile,
)


class Timeouts(TypedDict):
    """How long the proxy waits, in seconds."""

    connect_seconds: NotRequired[int]
    """For the app to accept a connection. Default: 5."""
    read_seconds: NotRequired[int]
    """For the app's next bytes, also on a websocket that is silent. Default: 60."""
    send_seconds: NotRequired[int]
    """For the app to take the next bytes of a request. Default: 60."""
    client_header_seconds: NotRequired[int]
    """For a client to send its request line and headers. Default: 15."""
    client_body_seconds: NotRequired[int]
    """For the next bytes of a client's body, and for a client to take the next bytes of a response. Default: 60."""
    keepalive_seconds: NotRequired[int]
    """For the next request on a client's connection. Default: 75."""


class StaticFiles(TypedDict):
    """Files that the proxy serves by itself, out of a volume that the app or an init container fills. Folders are no
    pages: they get 404. Symbolic links are followed to files of the link's own owner only.
    """

    url_path: str
    """Where clients find them: "/static/"."""
    volume: str
    """Name of the volume, as in `volumes`."""
    folder: NotRequired[str]
    """The folder within the volume: "/" is all of it. Default: "/"."""
    max_age_seconds: NotRequired[int]
    """How long clients may keep a file without asking again, in seconds (Cache-Control: public, max-age=…). Default:
    3600.
    """


class Extra(TypedDict):
    """Directives in the proxy's own language, for what has no argument. They are put in as they are: try them with
    `pulumi-sidecar check`.
    """

    server: NotRequired[str]
    """Within the server (nginx) or virtual host (Apache) for HTTPS."""
    location: NotRequired[str]
    """Within the location in which requests are passed to the app. Apache's holds for `static` files, too; nginx'
    does not.
    """


class Proxy(TypedDict):
    """The proxy, tagged by `kind`."""

    kind: ProxyKind
    """Which of them it is."""
    lifecycle: NotRequired[ProxyLifecycle]
    """"classic" runs beside the app as any container does. "native" (Kubernetes ≥1.29, stable in 1.33) is started
    before the app and stopped after it: an init container with restartPolicy Always. Older servers start nothing
    then. Its image needs `sh` and `sleep`. With either, `drainBy` decides whether Kubernetes 1.30 is needed.
    Default: "classic".
    """
    image_pull_policy: NotRequired[PullPolicy]
    """Kubernetes' own default: Always for `:latest` or no tag, else IfNotPresent."""
    https_port: NotRequired[int]
    """The container's port for HTTPS (clients see `service.port`). By default 8443, or the next that the app leaves."""
    http_port: NotRequired[int]
    """The container's port for plain HTTP, used with `redirectHttp`. By default 8081, or the next free one."""
    status_port: NotRequired[int]
    """The container's port for the kubelet's probes: HTTPS, not part of the Service. By default 9443, or the next."""
    resources: NotRequired[Resources]
    """(Kind "nginx") CPU and memory. By default 50m and 32Mi are reserved, 128Mi is the limit, and CPU has none: a
    limit would only slow the proxy down when there is CPU to spare. (Kind "apache") CPU and memory. A thread for
    each request takes more memory than nginx does: 64Mi are reserved, 256Mi the limit (450 requests at once were
    seen to take 105 MB). Default: {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}.
    """
    worker_processes: NotRequired[int]
    """Worker processes. By default as many as the CPU limit has whole cores, and 2 without a limit."""
    hsts: NotRequired[Any]
    """Strict-Transport-Security in every answer; false leaves it out (and the app's own, if it has one, as it is).
    As an object (Hsts): `maxAgeSeconds`, `includeSubdomains`, `preload`.
    """
    redirect_http: NotRequired[bool]
    """Also listen for plain HTTP, and send every request to https with 308. Default: false."""
    max_body_size: NotRequired[Any]
    """The largest request body, in bytes or as "64Mi"; beyond it the client gets 413. 0 is no limit, as is the
    default with gRPC, where all that a client sends over a stream counts as one body.
    """
    buffer_requests: NotRequired[bool]
    """Take a request's whole body before the app is bothered with it: slow clients cannot occupy the app. nginx
    always does so before uWSGI and FastCGI, which must know a body's length; Apache never does before those two.
    Default: true.
    """
    buffer_responses: NotRequired[bool]
    """Take the app's answer as fast as it comes and pass it on at the client's pace. By default off for HTTP, so
    that streams and server-sent events arrive as they are sent, and on for uWSGI and FastCGI, whose workers serve
    one client at a time.
    """
    timeouts: NotRequired[Timeouts]
    """How long the proxy waits."""
    websockets: NotRequired[bool]
    """Pass websocket upgrades to the app. Other upgrades are never passed. Default: true."""
    http2: NotRequired[bool]
    """Offer HTTP/2 to clients. Default: true."""
    access_log: NotRequired[ProxyAccessLog]
    """The access log on the container's standard output. Default: "json"."""
    static: NotRequired[list[StaticFiles]]
    """Files that the proxy serves by itself."""
    trusted_proxies: NotRequired[list[str]]
    """Networks (CIDR) of ingresses and load balancers whose X-Forwarded-For, -Proto, -Host and -Port are believed.
    From anybody else these headers are dropped.
    """
    proxy_protocol: NotRequired[bool]
    """Connections begin with a PROXY protocol header, which tells the client's address. Needs `trustedProxies`.
    Default: false.
    """
    extra: NotRequired[Extra]
    """Directives of your own."""
    unknown_names: NotRequired[ProxyUnknownNames]
    """Clients that ask (by SNI) for a host that is none of the certificate's names: "refuse" ends the handshake,
    also for clients that name no host. The names in `tls.dnsNames` and the hosts of an Ingress or a route must
    then be plain values. Default: "serve".
    """
    tls_profile: NotRequired[TlsProfile]
    """Mozilla's server-side TLS guideline 6.0: "intermediate" is TLS 1.2 and 1.3, "modern" TLS 1.3 alone. Default:
    "intermediate".
    """
    image: NotRequired[Input[str]]
    """(Kind "nginx") nginx ≥1.30.1 that runs as user 101, as nginxinc/nginx-unprivileged does. Default:
    "docker.io/nginxinc/nginx-unprivileged:1.30.4". (Kind "apache") httpd ≥2.4.58 with its modules beside it, as
    the official image has them. Default: "docker.io/library/httpd:2.4.68".
    """
