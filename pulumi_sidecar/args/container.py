"""What any container of the pod may ask for: environment, resources, mounts, security."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.fields import (
    Capability,
    Cpu,
    DataKey,
    DnsLabel,
    EnvName,
    FilePath,
    HighPort,
    Image,
    Memory,
    ObjectName,
    PortName,
    SubPath,
    UserId,
    refuse,
)
from pulumi_sidecar.inputs import Value

PullPolicy = Literal["Always", "IfNotPresent", "Never"]
DrainBy = Literal["sleep_action", "exec"]


class SecretKey(Args):
    """An environment variable's value out of an existing Secret in the same namespace."""

    secret: Value[ObjectName]
    """Name of the Secret."""
    key: Value[DataKey]
    """Key in the Secret."""


class ConfigMapKey(Args):
    """An environment variable's value out of an existing ConfigMap in the same namespace."""

    config_map: Value[ObjectName]
    """Name of the ConfigMap."""
    key: Value[DataKey]
    """Key in the ConfigMap."""


def _kind_of_env_value(value: Any) -> str:
    names = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, BaseModel) else ()
    return "secret" if "secret" in names else "config_map" if "config_map" in names else "value"


EnvValue = Annotated[
    Annotated[Value[str], Tag("value")]
    | Annotated[SecretKey, Tag("secret")]
    | Annotated[ConfigMapKey, Tag("config_map")],
    Discriminator(_kind_of_env_value),
]
"""A value, an Output of it, or a reference to a key of a Secret or ConfigMap."""


class Amounts(Args):
    """Amounts of CPU and memory."""

    cpu: Value[Cpu] | None = None
    """CPU: "500m" is half a core."""
    memory: Value[Memory] | None = None
    """Memory: "2Gi" is 2147483648 bytes."""


class Resources(Args):
    """What a container is sure of (requests) and what it may not exceed (limits).

    `cpu` and `memory` alone set request and limit to the same amount. `requests` and `limits` set them apart. A
    container that grows beyond its memory limit is killed; one that asks for more CPU than its limit is slowed down.
    """

    cpu: Value[Cpu] | None = None
    """CPU, as request and limit."""
    memory: Value[Memory] | None = None
    """Memory, as request and limit."""
    requests: Amounts | None = None
    """What the scheduler reserves."""
    limits: Amounts | None = None
    """What the container may not exceed."""

    @model_validator(mode="after")
    def _one_form(self) -> Resources:
        short = self.cpu is not None or self.memory is not None
        if short and (self.requests is not None or self.limits is not None):
            raise refuse(
                "sets cpu or memory beside requests or limits",
                "Give cpu and memory alone (request = limit), or requests and limits apart.",
            )
        for name in ("cpu", "memory"):
            request, limit = getattr(self.requests, name, None), getattr(self.limits, name, None)
            if isinstance(request, str) and isinstance(limit, str) and quantity(request) > quantity(limit):
                raise refuse(
                    f"requests more {name} ({request}) than its limit ({limit})",
                    "Raise the limit or lower the request.",
                )
        return self

    def request(self, name: Literal["cpu", "memory"]) -> Any:
        """The request for `name`, or None."""
        return getattr(self, name) or getattr(self.requests, name, None)

    def limit(self, name: Literal["cpu", "memory"]) -> Any:
        """The limit for `name`, or None."""
        return getattr(self, name) or getattr(self.limits, name, None)


def reserved(cpu: str, memory: str, memory_limit: str) -> Resources:
    """A default: requests, and a limit of memory alone. It is right, so no validator has to be built for it."""
    return Resources.model_construct(
        requests=Amounts.model_construct(cpu=cpu, memory=memory), limits=Amounts.model_construct(memory=memory_limit)
    )


_UNITS = {"m": Decimal("0.001"), "": Decimal(1)} | {
    unit: Decimal(base) ** (power + 1)
    for base, units in ((1000, ("k", "M", "G", "T", "P", "E")), (1024, ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")))
    for power, unit in enumerate(units)
}


def quantity(text: str) -> Decimal:
    """A Kubernetes quantity ("500m", "2Gi") as a number of cores or bytes."""
    found = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", text)
    if not found:
        raise ValueError(text)
    return Decimal(found[1]) * (_UNITS[found[2]] if found[2] != "K" else _UNITS["k"])


class VolumeMount(Args):
    """A volume of the pod, seen at a path of one container."""

    volume: DnsLabel
    """Name of the volume, as in `volumes`."""
    mount_path: FilePath
    """Where the container sees it."""
    read_only: bool = False
    """The container cannot write to it."""
    sub_path: SubPath | None = None
    """Only this folder or file of the volume. Beware: a ConfigMap or Secret mounted so never updates."""


class Security(Args):
    """What Pod Security `restricted` asks for, point by point. Each default is the strict one; relax only what must be.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """

    run_as_non_root: bool = True
    """The kubelet refuses to start the container as root."""
    read_only_root_filesystem: bool = False
    """The image's files cannot be changed; /tmp is then an empty volume that can be written. Not part of `restricted`:
    many unchanged applications write beside their code."""
    allow_privilege_escalation: bool = False
    """A process may gain more privileges than its parent (setuid programs)."""
    add_capabilities: tuple[Capability, ...] = ()
    """Linux capabilities to add; all others are dropped. `restricted` admits NET_BIND_SERVICE only."""
    seccomp: Literal["RuntimeDefault", "Unconfined"] = "RuntimeDefault"
    """The seccomp profile."""


DEFAULT_USER = 65532
"""User and group of the app, and the group that owns its volumes: "nonroot" of the distroless images."""


class Container(Args):
    """What every container has."""

    image: Value[Image]
    """The image, with registry and tag as in a pod."""
    command: tuple[Value[str], ...] | None = Field(default=None, json_schema_extra={"sensitive": True})
    """In place of the image's entry point."""
    args: tuple[Value[str], ...] | None = Field(default=None, json_schema_extra={"sensitive": True})
    """In place of the image's command."""
    env: dict[EnvName, EnvValue] = Field(default={}, json_schema_extra={"sensitive": True})
    """Environment: name → value, Output, {"secret": NAME, "key": KEY} or {"config_map": NAME, "key": KEY}."""
    resources: Resources | None = None
    """CPU and memory, for example {"cpu": "500m", "memory": "2Gi"}. None: whatever the namespace's LimitRange says."""
    volume_mounts: tuple[VolumeMount, ...] = ()
    """Volumes from `volumes` that the container sees."""
    image_pull_policy: PullPolicy | None = None
    """Kubernetes' own default: Always for `:latest` or no tag, else IfNotPresent."""
    user: UserId | Literal["image"] = DEFAULT_USER
    """Numeric user, 65532 by default. "image" leaves user and group to the image (which must then name a numeric user
    other than root, unless `security.run_as_non_root` is off)."""
    group: UserId | Literal["image"] = DEFAULT_USER
    """Numeric group, 65532 by default; "image" leaves it to the image."""
    security: Security = Security()
    """Points of Pod Security `restricted` that this container needs relaxed."""


class Sidecar(Container):
    """A further container beside the app: a log shipper, a metrics exporter, a configuration reloader."""

    lifecycle: Literal["classic", "native"] = "classic"
    """"classic" runs beside the app as any container, and is told to stop when the app is. "native" (Kubernetes ≥1.29)
    is started before the app and stopped after it: an init container with restartPolicy Always."""
    ports: dict[PortName, HighPort] = {}
    """Ports by name, for others to refer to (metrics). They are not part of the Service."""
