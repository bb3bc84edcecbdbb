"""What there is to see. Texts only, and no secret among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pulumi_sidecar.survey.unknown import Number, is_known

Role = Literal["proxy", "app", "sidecar", "init"]


@dataclass(frozen=True)
class Mount:
    """A volume in a container."""

    container: str
    path: str
    read_only: bool


@dataclass(frozen=True)
class Certificate:
    """A certificate that is at hand."""

    subject: str
    names: tuple[str, ...]
    issuer: str
    end: str
    """YYYY-MM-DD."""
    days_left: int
    is_ca: bool
    renew_before_days: int | None = None
    """In its last so many days a `pulumi up` replaces it; None where nothing of the program does."""


@dataclass(frozen=True)
class Source:
    """What a volume is filled from: a ConfigMap, a Secret, a claim."""

    kind: str
    name: str
    in_program: bool
    files: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    made_by: str = ""
    """Who fills it, where that is not the program: "cert-manager, by ClusterIssuer x"."""

    @property
    def is_known(self) -> bool:
        """Whether it is known, and no secret, which one it is; if not, nor is whether it is in the program."""
        return is_known(self.name)


@dataclass(frozen=True)
class Volume:
    """A volume of a pod."""

    name: str
    kind: str
    """ConfigMap, Secret, emptyDir …"""
    source: Source | None
    mounts: tuple[Mount, ...]


@dataclass(frozen=True)
class Port:
    """A port of a container."""

    name: str
    number: Number


@dataclass(frozen=True)
class Container:
    """A container of a pod."""

    name: str
    role: Role
    image: str
    ports: tuple[Port, ...]
    requests: tuple[tuple[str, str], ...]
    limits: tuple[tuple[str, str], ...]
    probes: tuple[tuple[str, str], ...]
    """What is probed ("ready") and how ("HTTPS :9443/ready every 5 s")."""
    stop_delay_seconds: Number = 0
    """How long it goes on before it is told to stop."""
    stop_command: str = ""
    """What runs before it is told to stop, where that is no plain wait."""
    native: bool = False
    """Started before the app, and told to stop when all that are not native have ended."""


@dataclass(frozen=True)
class Link:
    """How the proxy reaches the app."""

    protocol: str
    address: str


@dataclass(frozen=True)
class ServicePort:
    """A port of a Service, and where it leads."""

    name: str
    port: Number
    target: str
    container_port: Number | None
    container: str
    """"" where no container has that port."""


@dataclass(frozen=True)
class Service:
    """A Service in front of the pods."""

    name: str
    type: str
    ports: tuple[ServicePort, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is reachable from outside by itself."""
        return self.type in ("LoadBalancer", "NodePort")


@dataclass(frozen=True)
class Beside:
    """Another object about the pods: in front of a Service, or governing them."""

    kind: str
    name: str
    lines: tuple[str, ...]
    services: tuple[int, ...] = ()
    """The Services that it leads to, by their places in the workload's."""


@dataclass(frozen=True)
class Workload:
    """Pods of one kind, and what is around them."""

    kind: str
    name: str
    namespace: str
    component: str
    """The SidecarDeployment's name; "" where it is none."""
    pods: str
    """"1 pod", "2 pods", "2 to 10 pods"."""
    grace_seconds: Number
    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...]
    link: Link | None
    client_certificates: str
    """"required", "optional" or ""."""
    server: str
    """nginx or httpd; "" without a proxy of ours."""
    services: tuple[Service, ...]
    routes: tuple[Beside, ...]
    """What leads to the Services: Ingress, HTTPRoute."""
    rules: tuple[Beside, ...]
    """What governs the pods: HorizontalPodAutoscaler, PodDisruptionBudget, NetworkPolicy."""
    parent: str = ""
    """The URN of the component that made it; "" where the program itself did."""

    @property
    def title(self) -> str:
        """What it is."""
        itself = f"{self.kind} {self.name}"
        return f"{self.component}: {itself}" if self.component else itself

    @property
    def is_open(self) -> bool:
        """Whether a Service of it is reachable from outside by itself."""
        return any(each.is_open for each in self.services)

    @property
    def is_reached_from_outside(self) -> bool:
        """Whether clients outside the cluster get there at all: by what leads to a Service, or directly."""
        return bool(self.routes) or self.is_open

    def routes_to(self, service: int) -> tuple[int, ...]:
        """The places of the routes that lead to that one of the Services."""
        return tuple(place for place, each in enumerate(self.routes) if service in each.services)

    def container(self, role: Role) -> Container | None:
        """The first container of that role."""
        return next((each for each in self.containers if each.role == role), None)


@dataclass(frozen=True)
class Other:
    """An object that belongs to no workload, and the certificates in it."""

    kind: str
    name: str
    certificates: tuple[Certificate, ...] = ()


@dataclass(frozen=True)
class Survey:
    """A whole program."""

    workloads: tuple[Workload, ...]
    others: tuple[Other, ...]
    """The objects that belong to no workload."""
