"""The arguments of SidecarDeployment."""

from __future__ import annotations

from typing import Literal

from pulumi_sidecar.args.alert import CertificateAlert
from pulumi_sidecar.args.app import App
from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.container import Container, Sidecar
from pulumi_sidecar.args.proxy import Proxy
from pulumi_sidecar.args.scaling import Autoscaling, DisruptionBudget
from pulumi_sidecar.args.scheduling import Scheduling
from pulumi_sidecar.args.tls import ClientAuth, Issued, Tls
from pulumi_sidecar.args.volumes import Volume
from pulumi_sidecar.fields import (
    Count,
    DnsLabel,
    DnsName,
    Host,
    LabelKey,
    LabelValue,
    ObjectName,
    Port,
    Seconds,
    ServiceName,
)
from pulumi_sidecar.inputs import Value

Labels = dict[LabelKey, Value[LabelValue]]
Annotations = dict[LabelKey, Value[str]]


class Service(Args):
    """The Service in front of the pods."""

    name: ServiceName | None = None
    """Name of the Service, and so of the URL. By default the component's."""
    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """How it is reached."""
    port: Port | None = None
    """The Service's port: by default 443 for HTTPS, and 80 where there is no TLS."""
    http_port: Port = 80
    """The Service's port for plain HTTP, used with `proxy.redirect_http`."""
    annotations: Annotations = {}
    """Annotations of the Service, for example for a cloud's load balancer."""
    external_host: Value[Host] | None = None
    """The name or address by which clients outside reach the Service: of the load balancer's DNS entry, or of a node.
    It becomes one of the certificate's names and the host of `endpoints["external"]`; without it a load balancer's own
    address is used there."""


class SidecarDeploymentArgs(Args):
    """An application, the proxy beside it, and how both are run."""

    app: App
    """The application."""
    proxy: Proxy | None = None
    """The proxy beside it: {"kind": "nginx"} or {"kind": "apache"}. May be left out where there are `sidecars`; the
    Service then leads to the app itself, without TLS."""
    sidecars: dict[DnsLabel, Sidecar] = {}
    """Further containers beside the app, by name."""
    init_containers: dict[DnsLabel, Container] = {}
    """Containers that run to their end, one after another, before all others: for example to fill a volume."""
    tls: Tls = Issued()
    """Where the certificate comes from: {"kind": "issued"} by default."""
    client_auth: ClientAuth | None = None
    """Client certificates (mutual TLS); none are asked for by default."""
    certificate_alert: CertificateAlert | None = None
    """Let Prometheus know when the certificate ends, for the month in which nobody runs `pulumi up`."""
    service: Service = Service()
    """The Service in front of the pods."""
    namespace: Value[DnsLabel] | None = None
    """The namespace of everything. By default the provider's."""
    cluster_domain: DnsName = "cluster.local"
    """The cluster's DNS domain, for the certificate's names."""
    replicas: Value[Count] = 1
    """How many pods. Not beside `autoscaling`."""
    autoscaling: Autoscaling | None = None
    """Let the number of pods follow the load; none by default."""
    disruption_budget: DisruptionBudget | None = None
    """How many pods evictions must leave; none by default: a node's drain may take all at once."""
    scheduling: Scheduling = Scheduling()
    """On which nodes the pods run."""
    labels: Labels = {}
    """Further labels of every object and pod. They never enter the selector."""
    annotations: Annotations = {}
    """Annotations of the Deployment and its pods."""
    volumes: dict[DnsLabel, Volume] = {}
    """Volumes by name, for `volume_mounts`."""
    share_process_namespace: bool = False
    """The containers see each other's processes, and may signal those of the same user."""
    service_account: Value[ObjectName] | None = None
    """The pods' ServiceAccount. Without one the namespace's default, and no token is mounted."""
    image_pull_secrets: tuple[Value[ObjectName], ...] = ()
    """Names of Secrets with credentials for the images' registries."""
    drain_seconds: Seconds = 10
    """How long requests that are under way when a pod stops may still take, in seconds. The hooks of the containers,
    the proxy's own time-out and the pod's grace period follow from it."""
    drain_by: Literal["sleep_action", "exec"] = "sleep_action"
    """What holds a container while its pod drains. "sleep_action" is done by the kubelet (Kubernetes ≥1.30; older
    servers refuse the Deployment). "exec" runs `sleep` in the container, for older servers: in an image that has none
    (distroless, scratch) the hook fails, the app stops at once, and requests are lost."""
    termination_grace_seconds: Seconds | None = None
    """The pods' grace period, in seconds. By default what the drain and the app's stop need."""
