"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import Any, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.enums import ProxyLifecycle, PullPolicy, SecuritySeccomp


class Amounts(TypedDict):
    """Amounts of CPU and memory."""

    cpu: NotRequired[Input[str]]
    """CPU: "500m" is half a core."""
    memory: NotRequired[Input[str]]
    """Memory: "2Gi" is 2147483648 bytes."""


class Resources(TypedDict):
    """What a container is sure of (requests) and what it may not exceed (limits).

    `cpu` and `memory` alone set request and limit to the same amount. `requests` and `limits` set them apart. A
    container that grows beyond its memory limit is killed; one that asks for more CPU than its limit is slowed
    down.
    """

    cpu: NotRequired[Input[str]]
    """CPU, as request and limit."""
    memory: NotRequired[Input[str]]
    """Memory, as request and limit."""
    requests: NotRequired[Amounts]
    """What the scheduler reserves."""
    limits: NotRequired[Amounts]
    """What the container may not exceed."""


class VolumeMount(TypedDict):
    """A volume of the pod, seen at a path of one container."""

    volume: str
    """Name of the volume, as in `volumes`."""
    mount_path: str
    """Where the container sees it."""
    read_only: NotRequired[bool]
    """The container cannot write to it. Default: false."""
    sub_path: NotRequired[str]
    """Only this folder or file of the volume. Beware: a ConfigMap or Secret mounted so never updates."""


class Security(TypedDict):
    """What Pod Security `restricted` asks for, point by point. Each default is the strict one; relax only what must
    be.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """

    run_as_non_root: NotRequired[bool]
    """The kubelet refuses to start the container as root. Default: true."""
    read_only_root_filesystem: NotRequired[bool]
    """The image's files cannot be changed; /tmp is then an empty volume that can be written. Not part of
    `restricted`: many unchanged applications write beside their code. Default: false.
    """
    allow_privilege_escalation: NotRequired[bool]
    """A process may gain more privileges than its parent (setuid programs). Default: false."""
    add_capabilities: NotRequired[list[str]]
    """Linux capabilities to add; all others are dropped. `restricted` admits NET_BIND_SERVICE only."""
    seccomp: NotRequired[SecuritySeccomp]
    """The seccomp profile. Default: "RuntimeDefault"."""


class Sidecar(TypedDict):
    """A further container beside the app: a log shipper, a metrics exporter, a configuration reloader."""

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
    lifecycle: NotRequired[ProxyLifecycle]
    """"classic" runs beside the app as any container, and is told to stop when the app is. "native" (Kubernetes
    ≥1.29) is started before the app and stopped after it: an init container with restartPolicy Always. Default:
    "classic".
    """
    ports: NotRequired[dict[str, int]]
    """Ports by name, for others to refer to (metrics). They are not part of the Service."""


class Container(TypedDict):
    """What every container has."""

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
