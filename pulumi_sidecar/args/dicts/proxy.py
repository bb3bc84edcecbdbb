"""The models of `args.proxy` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.container import Resources
from pulumi_sidecar.args.dicts.container import ResourcesDict
from pulumi_sidecar.args.proxy import Extra, Hsts, StaticFiles, Timeouts


class HstsDict(TypedDict):
    """Hsts as a dict.

    HTTP Strict Transport Security (RFC 6797): browsers that saw it use HTTPS only from then on.
    """

    max_age_seconds: NotRequired[int]
    """How long browsers remember, in seconds: two years by default (Mozilla's guideline)."""
    include_subdomains: NotRequired[bool]
    """Also for every name below this one. Default: False."""
    preload: NotRequired[bool]
    """Ask to be built into browsers (https://hstspreload.org). Hard to take back. The list takes nobody without
    `include_subdomains` and a year of `max_age_seconds`. Default: False.
    """


class TimeoutsDict(TypedDict):
    """Timeouts as a dict.

    How long the proxy waits, in seconds.
    """

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


class StaticFilesDict(TypedDict):
    """StaticFiles as a dict.

    Files that the proxy serves by itself, out of a volume that the app or an init container fills. Folders are no
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


class ExtraDict(TypedDict):
    """Extra as a dict.

    Directives in the proxy's own language, for what has no argument. They are put in as they are: try them with
    `pulumi-sidecar check`.
    """

    server: NotRequired[str]
    """Within the server (nginx) or virtual host (Apache) for HTTPS."""
    location: NotRequired[str]
    """Within the location in which requests are passed to the app. Apache's holds for `static` files, too; nginx'
    does not.
    """


class NginxDict(TypedDict):
    """Nginx as a dict.

    nginx as the proxy.
    """

    lifecycle: NotRequired[Literal["classic", "native"]]
    """"classic" runs beside the app as any container does. "native" (Kubernetes ≥1.29, stable in 1.33) is started
    before the app and stopped after it: an init container with restartPolicy Always. Older servers start nothing
    then. Its image needs `sh` and `sleep`. With either, `drain_by` decides whether Kubernetes 1.30 is needed.
    Default: "classic".
    """
    image_pull_policy: NotRequired[Literal["Always", "IfNotPresent", "Never"] | None]
    """Kubernetes' own default: Always for `:latest` or no tag, else IfNotPresent."""
    https_port: NotRequired[int | None]
    """The container's port for HTTPS (clients see `service.port`). By default 8443, or the next that the app leaves."""
    http_port: NotRequired[int | None]
    """The container's port for plain HTTP, used with `redirect_http`. By default 8081, or the next free one."""
    status_port: NotRequired[int | None]
    """The container's port for the kubelet's probes: HTTPS, not part of the Service. By default 9443, or the next."""
    resources: NotRequired[ResourcesDict | Resources]
    """CPU and memory. By default 50m and 32Mi are reserved, 128Mi is the limit, and CPU has none: a limit would only
    slow the proxy down when there is CPU to spare.
    """
    worker_processes: NotRequired[int | None]
    """Worker processes. By default as many as the CPU limit has whole cores, and 2 without a limit."""
    hsts: NotRequired[HstsDict | Hsts | Literal[False]]
    """Strict-Transport-Security in every answer; False leaves it out (and the app's own, if it has one, as it is)."""
    redirect_http: NotRequired[bool]
    """Also listen for plain HTTP, and send every request to https with 308. Default: False."""
    max_body_size: NotRequired[int | str]
    """The largest request body, in bytes or as "64Mi"; beyond it the client gets 413. 0 is no limit, as is the
    default with gRPC, where all that a client sends over a stream counts as one body.
    """
    buffer_requests: NotRequired[bool]
    """Take a request's whole body before the app is bothered with it: slow clients cannot occupy the app. nginx
    always does so before uWSGI and FastCGI, which must know a body's length; Apache never does before those two.
    Default: True.
    """
    buffer_responses: NotRequired[bool | None]
    """Take the app's answer as fast as it comes and pass it on at the client's pace. By default off for HTTP, so
    that streams and server-sent events arrive as they are sent, and on for uWSGI and FastCGI, whose workers serve
    one client at a time.
    """
    timeouts: NotRequired[TimeoutsDict | Timeouts]
    """How long the proxy waits."""
    websockets: NotRequired[bool]
    """Pass websocket upgrades to the app. Other upgrades are never passed. Default: True."""
    http2: NotRequired[bool]
    """Offer HTTP/2 to clients. Default: True."""
    access_log: NotRequired[Literal["json", "combined", "off"]]
    """The access log on the container's standard output. Default: "json"."""
    static: NotRequired[Sequence[StaticFilesDict | StaticFiles]]
    """Files that the proxy serves by itself."""
    trusted_proxies: NotRequired[Sequence[str]]
    """Networks (CIDR) of ingresses and load balancers whose X-Forwarded-For, -Proto, -Host and -Port are believed.
    From anybody else these headers are dropped.
    """
    proxy_protocol: NotRequired[bool]
    """Connections begin with a PROXY protocol header, which tells the client's address. Needs `trusted_proxies`.
    Default: False.
    """
    extra: NotRequired[ExtraDict | Extra]
    """Directives of your own."""
    unknown_names: NotRequired[Literal["serve", "refuse"]]
    """Clients that ask (by SNI) for a host that is none of the certificate's names: "refuse" ends the handshake,
    also for clients that name no host. The names in `tls.dns_names` and the hosts of an Ingress or a route must
    then be plain values. Default: "serve".
    """
    tls_profile: NotRequired[Literal["intermediate", "modern"]]
    """Mozilla's server-side TLS guideline 6.0: "intermediate" is TLS 1.2 and 1.3, "modern" TLS 1.3 alone. Default:
    "intermediate".
    """
    kind: Literal["nginx"]
    """nginx as the proxy."""
    image: NotRequired[Input[str]]
    """nginx ≥1.30.1 that runs as user 101, as nginxinc/nginx-unprivileged does. Default: "docker.io/nginxinc/nginx-
    unprivileged:1.30.4".
    """


class ApacheDict(TypedDict):
    """Apache as a dict.

    Apache httpd as the proxy.
    """

    lifecycle: NotRequired[Literal["classic", "native"]]
    """"classic" runs beside the app as any container does. "native" (Kubernetes ≥1.29, stable in 1.33) is started
    before the app and stopped after it: an init container with restartPolicy Always. Older servers start nothing
    then. Its image needs `sh` and `sleep`. With either, `drain_by` decides whether Kubernetes 1.30 is needed.
    Default: "classic".
    """
    image_pull_policy: NotRequired[Literal["Always", "IfNotPresent", "Never"] | None]
    """Kubernetes' own default: Always for `:latest` or no tag, else IfNotPresent."""
    https_port: NotRequired[int | None]
    """The container's port for HTTPS (clients see `service.port`). By default 8443, or the next that the app leaves."""
    http_port: NotRequired[int | None]
    """The container's port for plain HTTP, used with `redirect_http`. By default 8081, or the next free one."""
    status_port: NotRequired[int | None]
    """The container's port for the kubelet's probes: HTTPS, not part of the Service. By default 9443, or the next."""
    resources: NotRequired[ResourcesDict | Resources]
    """CPU and memory. A thread for each request takes more memory than nginx does: 64Mi are reserved, 256Mi the
    limit (450 requests at once were seen to take 105 MB). Default: {"requests": {"cpu": "50m", "memory": "64Mi"},
    "limits": {"memory": "256Mi"}}.
    """
    worker_processes: NotRequired[int | None]
    """Worker processes. By default as many as the CPU limit has whole cores, and 2 without a limit."""
    hsts: NotRequired[HstsDict | Hsts | Literal[False]]
    """Strict-Transport-Security in every answer; False leaves it out (and the app's own, if it has one, as it is)."""
    redirect_http: NotRequired[bool]
    """Also listen for plain HTTP, and send every request to https with 308. Default: False."""
    max_body_size: NotRequired[int | str]
    """The largest request body, in bytes or as "64Mi"; beyond it the client gets 413. 0 is no limit, as is the
    default with gRPC, where all that a client sends over a stream counts as one body.
    """
    buffer_requests: NotRequired[bool]
    """Take a request's whole body before the app is bothered with it: slow clients cannot occupy the app. nginx
    always does so before uWSGI and FastCGI, which must know a body's length; Apache never does before those two.
    Default: True.
    """
    buffer_responses: NotRequired[bool | None]
    """Take the app's answer as fast as it comes and pass it on at the client's pace. By default off for HTTP, so
    that streams and server-sent events arrive as they are sent, and on for uWSGI and FastCGI, whose workers serve
    one client at a time.
    """
    timeouts: NotRequired[TimeoutsDict | Timeouts]
    """How long the proxy waits."""
    websockets: NotRequired[bool]
    """Pass websocket upgrades to the app. Other upgrades are never passed. Default: True."""
    http2: NotRequired[bool]
    """Offer HTTP/2 to clients. Default: True."""
    access_log: NotRequired[Literal["json", "combined", "off"]]
    """The access log on the container's standard output. Default: "json"."""
    static: NotRequired[Sequence[StaticFilesDict | StaticFiles]]
    """Files that the proxy serves by itself."""
    trusted_proxies: NotRequired[Sequence[str]]
    """Networks (CIDR) of ingresses and load balancers whose X-Forwarded-For, -Proto, -Host and -Port are believed.
    From anybody else these headers are dropped.
    """
    proxy_protocol: NotRequired[bool]
    """Connections begin with a PROXY protocol header, which tells the client's address. Needs `trusted_proxies`.
    Default: False.
    """
    extra: NotRequired[ExtraDict | Extra]
    """Directives of your own."""
    unknown_names: NotRequired[Literal["serve", "refuse"]]
    """Clients that ask (by SNI) for a host that is none of the certificate's names: "refuse" ends the handshake,
    also for clients that name no host. The names in `tls.dns_names` and the hosts of an Ingress or a route must
    then be plain values. Default: "serve".
    """
    tls_profile: NotRequired[Literal["intermediate", "modern"]]
    """Mozilla's server-side TLS guideline 6.0: "intermediate" is TLS 1.2 and 1.3, "modern" TLS 1.3 alone. Default:
    "intermediate".
    """
    kind: Literal["apache"]
    """Apache httpd as the proxy."""
    image: NotRequired[Input[str]]
    """httpd ≥2.4.58 with its modules beside it, as the official image has them. Default:
    "docker.io/library/httpd:2.4.68".
    """
