"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import Any, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.container import Resources, Security, VolumeMount
from pulumi_sidecar.plugin.types.enums import ProtocolKind, PullPolicy


class Protocol(TypedDict):
    """What the app speaks, tagged by `kind`."""

    kind: ProtocolKind
    """Which of them it is."""
    socket: NotRequired[str]
    """(Kind "http", "fastcgi", "grpc") Path of a unix socket in place of a port. Its folder is shared with the
    proxy. (Kind "uwsgi") Path of the unix socket, /run/app/uwsgi.sock by default unless `app.port` is given. Its
    folder is shared with the proxy.
    """
    mount: NotRequired[str]
    """(Kind "uwsgi") The path under which the app is reached, for example "/shop": the app gets it as SCRIPT_NAME.
    Other paths are answered with 404. By default the app has the whole site. (Kind "fastcgi") The path under
    which the app is reached, as in Uwsgi.
    """
    environment: NotRequired[bool]
    """(Kind "uwsgi") Set what uWSGI needs through environment variables of the app's container (UWSGI_SOCKET,
    UWSGI_CHMOD_SOCKET, UWSGI_BUFFER_SIZE, UWSGI_DIE_ON_TERM, UWSGI_MASTER, UWSGI_VACUUM …). Variables of the same
    name in `env` win. Default: true.
    """
    script: NotRequired[str]
    """(Kind "fastcgi") SCRIPT_FILENAME of every request, for example "/srv/app/public/index.php". By default none is
    sent.
    """


class App(TypedDict):
    """The application's container."""

    image: Input[str]
    """The image, with registry and tag as in a pod."""
    command: NotRequired[list[Input[str]]]
    """In place of the image's entry point."""
    args: NotRequired[list[Input[str]]]
    """In place of the image's command."""
    env: NotRequired[dict[str, Any]]
    """Environment: name → value, Output, {"secret": NAME, "key": KEY} or {"configMap": NAME, "key": KEY}. As an
    object (SecretKey): `secret`, `key`. As an object (ConfigMapKey): `configMap`, `key`.
    """
    resources: NotRequired[Resources]
    """CPU and memory, for example {"cpu": "500m", "memory": "2Gi"}. None: whatever the namespace's LimitRange says."""
    volume_mounts: NotRequired[list[VolumeMount]]
    """Volumes from `volumes` that the container sees."""
    image_pull_policy: NotRequired[PullPolicy]
    """Kubernetes' own default: Always for `:latest` or no tag, else IfNotPresent."""
    user: NotRequired[Any]
    """Numeric user, 65532 by default. "image" leaves user and group to the image (which must then name a numeric
    user other than root, unless `security.runAsNonRoot` is off).
    """
    group: NotRequired[Any]
    """Numeric group, 65532 by default; "image" leaves it to the image."""
    security: NotRequired[Security]
    """Points of Pod Security `restricted` that this container needs relaxed."""
    protocol: NotRequired[Protocol]
    """What the app speaks: {"kind": "http"} by default."""
    port: NotRequired[int]
    """The port that the app listens on. It may listen on 127.0.0.1 alone: the proxy shares its network."""
    health_path: NotRequired[str]
    """The path that answers below 400 when the app is ready. Without one, any answer below 500 to `/` counts."""
    health_host: NotRequired[str]
    """The host that the question for readiness is for (its Host header), for apps that answer no other: Django's
    ALLOWED_HOSTS, Rails' config.hosts. By default the component's name, and without a proxy the pod's address.
    """
    stop_seconds: NotRequired[int]
    """How long the app may take to stop after SIGTERM, in seconds. Part of the pod's grace period. Default: 10."""
