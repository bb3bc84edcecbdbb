"""The application: an image that stays as it is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.container import EnvValue, PullPolicy, Resources, Security, VolumeMount
from pulumi_sidecar.fields import EnvName, Image, Port, Seconds, UrlPath, UserId
from pulumi_sidecar.inputs import Value

DEFAULT_USER = 65532
"""User and group of the app, and the group that owns its volumes: "nonroot" of the distroless images."""


class Http(Args):
    """The app speaks HTTP/1.1 on `app.port`."""

    kind: Literal["http"] = "http"


Protocol = Http
"""What the app speaks. Tagged by `kind`; others follow."""


class App(Args):
    """The application's container."""

    image: Value[Image]
    """The image, with registry and tag as in a pod."""
    protocol: Protocol = Http()
    """What the app speaks: {"kind": "http"} by default."""
    port: Port | None = None
    """The port that the app listens on. It may listen on 127.0.0.1 alone: the proxy shares its network."""
    command: tuple[Value[str], ...] | None = None
    """In place of the image's entry point."""
    args: tuple[Value[str], ...] | None = None
    """In place of the image's command."""
    env: dict[EnvName, EnvValue] = Field(default={}, json_schema_extra={"sensitive": True})
    """Environment: name → value, Output, {"secret": NAME, "key": KEY} or {"config_map": NAME, "key": KEY}."""
    resources: Resources | None = None
    """CPU and memory, for example {"cpu": "500m", "memory": "2Gi"}. None: whatever the namespace's LimitRange says."""
    health_path: UrlPath | None = None
    """The path that answers below 400 when the app is ready. Without one, any answer below 500 to `/` counts."""
    volume_mounts: tuple[VolumeMount, ...] = ()
    """Volumes from `volumes` that the app sees."""
    image_pull_policy: PullPolicy | None = None
    """Kubernetes' own default: Always for `:latest` or no tag, else IfNotPresent."""
    user: UserId | Literal["image"] = DEFAULT_USER
    """Numeric user, 65532 by default. "image" leaves user and group to the image (which must then name a numeric user
    other than root, unless `security.run_as_non_root` is off)."""
    group: UserId | Literal["image"] = DEFAULT_USER
    """Numeric group, 65532 by default; "image" leaves it to the image."""
    security: Security = Security()
    """Points of Pod Security `restricted` that this app needs relaxed."""
    stop_seconds: Seconds = 10
    """How long the app may take to stop after SIGTERM, in seconds. Part of the pod's grace period."""
