"""The arguments of SidecarDeployment."""

from __future__ import annotations

from pulumi_sidecar.args.alert import CertificateAlert
from pulumi_sidecar.args.app import App
from pulumi_sidecar.args.base import Annotations, Args, Labels
from pulumi_sidecar.args.container import Container, DrainBy, Sidecar
from pulumi_sidecar.args.entry import Gateway, Ingress
from pulumi_sidecar.args.metrics import Metrics
from pulumi_sidecar.args.network import NetworkPolicy
from pulumi_sidecar.args.proxy import Proxy
from pulumi_sidecar.args.scaling import Autoscaling, DisruptionBudget
from pulumi_sidecar.args.scheduling import Scheduling
from pulumi_sidecar.args.service import Service
from pulumi_sidecar.args.tls import ClientAuth, Issued, Tls
from pulumi_sidecar.args.volumes import Volume
from pulumi_sidecar.fields import Count, DnsLabel, DnsName, ObjectName, Seconds
from pulumi_sidecar.inputs import Value


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
    metrics: Metrics | None = None
    """What the proxy counts, for Prometheus; by default nothing."""
    service: Service = Service()
    """The Service in front of the pods."""
    ingress: Ingress | None = None
    """A way in from outside the cluster by an Ingress; none by default."""
    gateway: Gateway | None = None
    """A way in from outside the cluster by a route of a Gateway; none by default."""
    network_policy: NetworkPolicy | None = None
    """Close every port but that for clients; none by default: whoever reaches a pod's address reaches all its ports."""
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
    drain_by: DrainBy = "sleep_action"
    """What holds a container while its pod drains. "sleep_action" is done by the kubelet (Kubernetes ≥1.30; older
    servers refuse the Deployment). "exec" runs `sleep` in the container, for older servers: in an image that has none
    (distroless, scratch) the hook fails, the app stops at once, and requests are lost."""
    termination_grace_seconds: Seconds | None = None
    """The pods' grace period, in seconds. By default what the drain and the app's stop need."""
