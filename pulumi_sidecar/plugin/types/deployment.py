"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.alert import CertificateAlert
from pulumi_sidecar.plugin.types.app import App
from pulumi_sidecar.plugin.types.container import Container, Sidecar
from pulumi_sidecar.plugin.types.entry import Gateway, Ingress
from pulumi_sidecar.plugin.types.enums import DrainBy
from pulumi_sidecar.plugin.types.metrics import Metrics
from pulumi_sidecar.plugin.types.network import NetworkPolicy
from pulumi_sidecar.plugin.types.proxy import Proxy
from pulumi_sidecar.plugin.types.scaling import Autoscaling, DisruptionBudget
from pulumi_sidecar.plugin.types.scheduling import Scheduling
from pulumi_sidecar.plugin.types.service import Service
from pulumi_sidecar.plugin.types.tls import ClientAuth, Tls
from pulumi_sidecar.plugin.types.volumes import Volume


class SidecarDeploymentArgs(TypedDict):
    """An application, the proxy beside it, and how both are run."""

    app: App
    """The application."""
    proxy: NotRequired[Proxy]
    """The proxy beside it: {"kind": "nginx"} or {"kind": "apache"}. May be left out where there are `sidecars`; the
    Service then leads to the app itself, without TLS.
    """
    sidecars: NotRequired[dict[str, Sidecar]]
    """Further containers beside the app, by name."""
    init_containers: NotRequired[dict[str, Container]]
    """Containers that run to their end, one after another, before all others: for example to fill a volume. The
    order is that of their names: no other gets to the plugin.
    """
    tls: NotRequired[Tls]
    """Where the certificate comes from: {"kind": "issued"} by default."""
    client_auth: NotRequired[ClientAuth]
    """Client certificates (mutual TLS); none are asked for by default."""
    certificate_alert: NotRequired[CertificateAlert]
    """Let Prometheus know when the certificate ends, for the month in which nobody runs `pulumi up`."""
    metrics: NotRequired[Metrics]
    """What the proxy counts, for Prometheus; by default nothing."""
    service: NotRequired[Service]
    """The Service in front of the pods."""
    ingress: NotRequired[Ingress]
    """A way in from outside the cluster by an Ingress; none by default."""
    gateway: NotRequired[Gateway]
    """A way in from outside the cluster by a route of a Gateway; none by default."""
    network_policy: NotRequired[NetworkPolicy]
    """Close every port but that for clients; none by default: whoever reaches a pod's address reaches all its ports."""
    namespace: NotRequired[Input[str]]
    """The namespace of everything. By default the provider's."""
    cluster_domain: NotRequired[str]
    """The cluster's DNS domain, for the certificate's names. Default: "cluster.local"."""
    replicas: NotRequired[Input[int]]
    """How many pods. Not beside `autoscaling`. Default: 1."""
    autoscaling: NotRequired[Autoscaling]
    """Let the number of pods follow the load; none by default."""
    disruption_budget: NotRequired[DisruptionBudget]
    """How many pods evictions must leave; none by default: a node's drain may take all at once."""
    scheduling: NotRequired[Scheduling]
    """On which nodes the pods run."""
    labels: NotRequired[dict[str, Input[str]]]
    """Further labels of every object and pod. They never enter the selector."""
    annotations: NotRequired[dict[str, Input[str]]]
    """Annotations of the Deployment and its pods."""
    volumes: NotRequired[dict[str, Volume]]
    """Volumes by name, for `volumeMounts`."""
    share_process_namespace: NotRequired[bool]
    """The containers see each other's processes, and may signal those of the same user. Default: false."""
    service_account: NotRequired[Input[str]]
    """The pods' ServiceAccount. Without one the namespace's default, and no token is mounted."""
    image_pull_secrets: NotRequired[list[Input[str]]]
    """Names of Secrets with credentials for the images' registries."""
    drain_seconds: NotRequired[int]
    """How long requests that are under way when a pod stops may still take, in seconds. The hooks of the containers,
    the proxy's own time-out and the pod's grace period follow from it. Default: 10.
    """
    drain_by: NotRequired[DrainBy]
    """What holds a container while its pod drains. "sleep_action" is done by the kubelet (Kubernetes ≥1.30; older
    servers refuse the Deployment). "exec" runs `sleep` in the container, for older servers: in an image that has
    none (distroless, scratch) the hook fails, the app stops at once, and requests are lost. Default:
    "sleep_action".
    """
    termination_grace_seconds: NotRequired[int]
    """The pods' grace period, in seconds. By default what the drain and the app's stop need."""
