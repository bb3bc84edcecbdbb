"""The models of `args.app` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.app import FastCgi, Grpc, Http, Uwsgi
from pulumi_sidecar.args.container import ConfigMapKey, Resources, SecretKey, Security, VolumeMount
from pulumi_sidecar.args.dicts.container import (
    ConfigMapKeyDict,
    ResourcesDict,
    SecretKeyDict,
    SecurityDict,
    VolumeMountDict,
)


class HttpDict(TypedDict):
    """Http as a dict.

    The app speaks HTTP/1.1, on `app.port` or on a unix socket.
    """

    kind: Literal["http"]
    """The app speaks HTTP/1.1, on `app.port` or on a unix socket."""
    socket: NotRequired[str | None]
    """Path of a unix socket in place of a port. Its folder is shared with the proxy."""


class UwsgiDict(TypedDict):
    """Uwsgi as a dict.

    The app runs in uWSGI and speaks its binary protocol, on a unix socket or on `app.port`.

    uWSGI's protocol runs code by design. It never leaves the pod: prefer the socket, and bind a port to
    127.0.0.1.
    """

    kind: Literal["uwsgi"]
    """The app runs in uWSGI and speaks its binary protocol, on a unix socket or on `app.port`."""
    socket: NotRequired[str | None]
    """Path of the unix socket, /run/app/uwsgi.sock by default unless `app.port` is given. Its folder is shared with
    the proxy.
    """
    mount: NotRequired[str | None]
    """The path under which the app is reached, for example "/shop": the app gets it as SCRIPT_NAME. Other paths are
    answered with 404. By default the app has the whole site.
    """
    environment: NotRequired[bool]
    """Set what uWSGI needs through environment variables of the app's container (UWSGI_SOCKET, UWSGI_CHMOD_SOCKET,
    UWSGI_BUFFER_SIZE, UWSGI_DIE_ON_TERM, UWSGI_MASTER, UWSGI_VACUUM …). Variables of the same name in `env` win.
    Default: True.
    """


class FastCgiDict(TypedDict):
    """FastCgi as a dict.

    The app speaks FastCGI, on `app.port` or on a unix socket.
    """

    kind: Literal["fastcgi"]
    """The app speaks FastCGI, on `app.port` or on a unix socket."""
    socket: NotRequired[str | None]
    """Path of a unix socket in place of a port. Its folder is shared with the proxy."""
    mount: NotRequired[str | None]
    """The path under which the app is reached, as in Uwsgi."""
    script: NotRequired[str | None]
    """SCRIPT_FILENAME of every request, for example "/srv/app/public/index.php". By default none is sent."""


class GrpcDict(TypedDict):
    """Grpc as a dict.

    The app speaks gRPC without TLS (h2c) on `app.port` or on a unix socket. Needs `proxy.http2`.
    """

    kind: Literal["grpc"]
    """The app speaks gRPC without TLS (h2c) on `app.port` or on a unix socket. Needs `proxy.http2`."""
    socket: NotRequired[str | None]
    """Path of a unix socket in place of a port. Its folder is shared with the proxy."""


class AppDict(TypedDict):
    """App as a dict.

    The application's container.
    """

    image: Input[str]
    """The image, with registry and tag as in a pod."""
    command: NotRequired[Sequence[Input[str]] | None]
    """In place of the image's entry point."""
    args: NotRequired[Sequence[Input[str]] | None]
    """In place of the image's command."""
    env: NotRequired[Mapping[str, Input[str] | SecretKeyDict | SecretKey | ConfigMapKeyDict | ConfigMapKey]]
    """Environment: name → value, Output, {"secret": NAME, "key": KEY} or {"config_map": NAME, "key": KEY}."""
    resources: NotRequired[ResourcesDict | Resources | None]
    """CPU and memory, for example {"cpu": "500m", "memory": "2Gi"}. None: whatever the namespace's LimitRange says."""
    volume_mounts: NotRequired[Sequence[VolumeMountDict | VolumeMount]]
    """Volumes from `volumes` that the container sees."""
    image_pull_policy: NotRequired[Literal["Always", "IfNotPresent", "Never"] | None]
    """Kubernetes' own default: Always for `:latest` or no tag, else IfNotPresent."""
    user: NotRequired[int | Literal["image"]]
    """Numeric user, 65532 by default. "image" leaves user and group to the image (which must then name a numeric
    user other than root, unless `security.run_as_non_root` is off).
    """
    group: NotRequired[int | Literal["image"]]
    """Numeric group, 65532 by default; "image" leaves it to the image."""
    security: NotRequired[SecurityDict | Security]
    """Points of Pod Security `restricted` that this container needs relaxed."""
    protocol: NotRequired[HttpDict | Http | UwsgiDict | Uwsgi | FastCgiDict | FastCgi | GrpcDict | Grpc]
    """What the app speaks: {"kind": "http"} by default."""
    port: NotRequired[int | None]
    """The port that the app listens on. It may listen on 127.0.0.1 alone: the proxy shares its network."""
    health_path: NotRequired[str | None]
    """The path that answers below 400 when the app is ready. Without one, any answer below 500 to `/` counts."""
    health_host: NotRequired[str | None]
    """The host that the question for readiness is for (its Host header), for apps that answer no other: Django's
    ALLOWED_HOSTS, Rails' config.hosts. By default the component's name, and without a proxy the pod's address.
    """
    stop_seconds: NotRequired[int]
    """How long the app may take to stop after SIGTERM, in seconds. Part of the pod's grace period. Default: 10."""
