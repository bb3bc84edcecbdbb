"""The application: an image that stays as it is. And what it speaks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.container import Container
from pulumi_sidecar.fields import FilePath, HostName, MountPath, Port, Seconds, SocketPath, UrlPath


class Http(Args):
    """The app speaks HTTP/1.1, on `app.port` or on a unix socket."""

    kind: Literal["http"] = "http"
    socket: SocketPath | None = None
    """Path of a unix socket in place of a port. Its folder is shared with the proxy."""


class Uwsgi(Args):
    """The app runs in uWSGI and speaks its binary protocol, on a unix socket or on `app.port`.

    uWSGI's protocol runs code by design. It never leaves the pod: prefer the socket, and bind a port to 127.0.0.1.
    """

    kind: Literal["uwsgi"] = "uwsgi"
    socket: SocketPath | None = None
    """Path of the unix socket, /run/app/uwsgi.sock by default unless `app.port` is given. Its folder is shared with the
    proxy."""
    mount: MountPath | None = None
    """The path under which the app is reached, for example "/shop": the app gets it as SCRIPT_NAME. Other paths are
    answered with 404. By default the app has the whole site."""
    environment: bool = True
    """Set what uWSGI needs through environment variables of the app's container (UWSGI_SOCKET, UWSGI_CHMOD_SOCKET,
    UWSGI_BUFFER_SIZE, UWSGI_DIE_ON_TERM, UWSGI_MASTER, UWSGI_VACUUM …). Variables of the same name in `env` win."""


class FastCgi(Args):
    """The app speaks FastCGI, on `app.port` or on a unix socket."""

    kind: Literal["fastcgi"] = "fastcgi"
    socket: SocketPath | None = None
    """Path of a unix socket in place of a port. Its folder is shared with the proxy."""
    mount: MountPath | None = None
    """The path under which the app is reached, as in Uwsgi."""
    script: FilePath | None = None
    """SCRIPT_FILENAME of every request, for example "/srv/app/public/index.php". By default none is sent."""


class Grpc(Args):
    """The app speaks gRPC without TLS (h2c) on `app.port` or on a unix socket. Needs `proxy.http2`."""

    kind: Literal["grpc"] = "grpc"
    socket: SocketPath | None = None
    """Path of a unix socket in place of a port. Its folder is shared with the proxy."""


Protocol = Annotated[Http | Uwsgi | FastCgi | Grpc, Field(discriminator="kind")]
"""What the app speaks, tagged by `kind`."""


class App(Container):
    """The application's container."""

    protocol: Protocol = Http()
    """What the app speaks: {"kind": "http"} by default."""
    port: Port | None = None
    """The port that the app listens on. It may listen on 127.0.0.1 alone: the proxy shares its network."""
    health_path: UrlPath | None = None
    """The path that answers below 400 when the app is ready. Without one, any answer below 500 to `/` counts."""
    health_host: HostName | None = None
    """The host that the question for readiness is for (its Host header), for apps that answer no other: Django's
    ALLOWED_HOSTS, Rails' config.hosts. By default the component's name, and without a proxy the pod's address."""
    stop_seconds: Seconds = 10
    """How long the app may take to stop after SIGTERM, in seconds. Part of the pod's grace period."""
