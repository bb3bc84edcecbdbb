"""The models of `args.container` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.container import Amounts, ConfigMapKey, Resources, SecretKey, Security, VolumeMount


class SecretKeyDict(TypedDict):
    """SecretKey as a dict.

    An environment variable's value out of an existing Secret in the same namespace.
    """

    secret: Input[str]
    """Name of the Secret."""
    key: Input[str]
    """Key in the Secret."""


class ConfigMapKeyDict(TypedDict):
    """ConfigMapKey as a dict.

    An environment variable's value out of an existing ConfigMap in the same namespace.
    """

    config_map: Input[str]
    """Name of the ConfigMap."""
    key: Input[str]
    """Key in the ConfigMap."""


class AmountsDict(TypedDict):
    """Amounts as a dict.

    Amounts of CPU and memory.
    """

    cpu: NotRequired[Input[str] | None]
    """CPU: "500m" is half a core."""
    memory: NotRequired[Input[str] | None]
    """Memory: "2Gi" is 2147483648 bytes."""


class ResourcesDict(TypedDict):
    """Resources as a dict.

    What a container is sure of (requests) and what it may not exceed (limits).

    `cpu` and `memory` alone set request and limit to the same amount. `requests` and `limits` set them apart. A
    container that grows beyond its memory limit is killed; one that asks for more CPU than its limit is slowed
    down.
    """

    cpu: NotRequired[Input[str] | None]
    """CPU, as request and limit."""
    memory: NotRequired[Input[str] | None]
    """Memory, as request and limit."""
    requests: NotRequired[AmountsDict | Amounts | None]
    """What the scheduler reserves."""
    limits: NotRequired[AmountsDict | Amounts | None]
    """What the container may not exceed."""


class VolumeMountDict(TypedDict):
    """VolumeMount as a dict.

    A volume of the pod, seen at a path of one container.
    """

    volume: str
    """Name of the volume, as in `volumes`."""
    mount_path: str
    """Where the container sees it."""
    read_only: NotRequired[bool]
    """The container cannot write to it. Default: False."""
    sub_path: NotRequired[str | None]
    """Only this folder or file of the volume. Beware: a ConfigMap or Secret mounted so never updates."""


class SecurityDict(TypedDict):
    """Security as a dict.

    What Pod Security `restricted` asks for, point by point. Each default is the strict one; relax only what must
    be.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """

    run_as_non_root: NotRequired[bool]
    """The kubelet refuses to start the container as root. Default: True."""
    read_only_root_filesystem: NotRequired[bool]
    """The image's files cannot be changed; /tmp is then an empty volume that can be written. Not part of
    `restricted`: many unchanged applications write beside their code. Default: False.
    """
    allow_privilege_escalation: NotRequired[bool]
    """A process may gain more privileges than its parent (setuid programs). Default: False."""
    add_capabilities: NotRequired[Sequence[str]]
    """Linux capabilities to add; all others are dropped. `restricted` admits NET_BIND_SERVICE only."""
    seccomp: NotRequired[Literal["RuntimeDefault", "Unconfined"]]
    """The seccomp profile. Default: "RuntimeDefault"."""


class ContainerDict(TypedDict):
    """Container as a dict.

    What every container has.
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


class SidecarDict(TypedDict):
    """Sidecar as a dict.

    A further container beside the app: a log shipper, a metrics exporter, a configuration reloader.
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
    lifecycle: NotRequired[Literal["classic", "native"]]
    """"classic" runs beside the app as any container, and is told to stop when the app is. "native" (Kubernetes
    ≥1.29) is started before the app and stopped after it: an init container with restartPolicy Always. Default:
    "classic".
    """
    ports: NotRequired[Mapping[str, int]]
    """Ports by name, for others to refer to (metrics). They are not part of the Service."""
