"""The models of `args.deployment` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.alert import CertificateAlert
from pulumi_sidecar.args.app import App
from pulumi_sidecar.args.container import Container, Sidecar
from pulumi_sidecar.args.dicts.alert import CertificateAlertDict
from pulumi_sidecar.args.dicts.app import AppDict
from pulumi_sidecar.args.dicts.container import ContainerDict, SidecarDict
from pulumi_sidecar.args.dicts.entry import HttpRouteDict, IngressDict, TlsRouteDict
from pulumi_sidecar.args.dicts.metrics import MetricsDict
from pulumi_sidecar.args.dicts.network import NetworkPolicyDict
from pulumi_sidecar.args.dicts.proxy import ApacheDict, NginxDict
from pulumi_sidecar.args.dicts.scaling import AutoscalingDict, DisruptionBudgetDict
from pulumi_sidecar.args.dicts.scheduling import SchedulingDict
from pulumi_sidecar.args.dicts.service import ServiceDict
from pulumi_sidecar.args.dicts.tls import (
    CertManagerDict,
    ClientAuthDict,
    ExistingSecretDict,
    IssuedDict,
    OffDict,
    OwnCertificateDict,
    SignedByDict,
)
from pulumi_sidecar.args.dicts.volumes import (
    ConfigMapVolumeDict,
    EmptyDirDict,
    PersistentVolumeClaimDict,
    SecretVolumeDict,
)
from pulumi_sidecar.args.entry import HttpRoute, Ingress, TlsRoute
from pulumi_sidecar.args.metrics import Metrics
from pulumi_sidecar.args.network import NetworkPolicy
from pulumi_sidecar.args.proxy import Apache, Nginx
from pulumi_sidecar.args.scaling import Autoscaling, DisruptionBudget
from pulumi_sidecar.args.scheduling import Scheduling
from pulumi_sidecar.args.service import Service
from pulumi_sidecar.args.tls import CertManager, ClientAuth, ExistingSecret, Issued, Off, OwnCertificate, SignedBy
from pulumi_sidecar.args.volumes import ConfigMapVolume, EmptyDir, PersistentVolumeClaim, SecretVolume


class SidecarDeploymentArgsDict(TypedDict):
    """SidecarDeploymentArgs as a dict.

    An application, the proxy beside it, and how both are run.
    """

    app: AppDict | App
    """The application."""
    proxy: NotRequired[NginxDict | Nginx | ApacheDict | Apache | None]
    """The proxy beside it: {"kind": "nginx"} or {"kind": "apache"}. May be left out where there are `sidecars`; the
    Service then leads to the app itself, without TLS.
    """
    sidecars: NotRequired[Mapping[str, SidecarDict | Sidecar]]
    """Further containers beside the app, by name."""
    init_containers: NotRequired[Mapping[str, ContainerDict | Container]]
    """Containers that run to their end, one after another, before all others: for example to fill a volume."""
    tls: NotRequired[
        IssuedDict
        | Issued
        | SignedByDict
        | SignedBy
        | OwnCertificateDict
        | OwnCertificate
        | ExistingSecretDict
        | ExistingSecret
        | CertManagerDict
        | CertManager
        | OffDict
        | Off
    ]
    """Where the certificate comes from: {"kind": "issued"} by default."""
    client_auth: NotRequired[ClientAuthDict | ClientAuth | None]
    """Client certificates (mutual TLS); none are asked for by default."""
    certificate_alert: NotRequired[CertificateAlertDict | CertificateAlert | None]
    """Let Prometheus know when the certificate ends, for the month in which nobody runs `pulumi up`."""
    metrics: NotRequired[MetricsDict | Metrics | None]
    """What the proxy counts, for Prometheus; by default nothing."""
    service: NotRequired[ServiceDict | Service]
    """The Service in front of the pods."""
    ingress: NotRequired[IngressDict | Ingress | None]
    """A way in from outside the cluster by an Ingress; none by default."""
    gateway: NotRequired[HttpRouteDict | HttpRoute | TlsRouteDict | TlsRoute | None]
    """A way in from outside the cluster by a route of a Gateway; none by default."""
    network_policy: NotRequired[NetworkPolicyDict | NetworkPolicy | None]
    """Close every port but that for clients; none by default: whoever reaches a pod's address reaches all its ports."""
    namespace: NotRequired[Input[str] | None]
    """The namespace of everything. By default the provider's."""
    cluster_domain: NotRequired[str]
    """The cluster's DNS domain, for the certificate's names. Default: "cluster.local"."""
    replicas: NotRequired[Input[int]]
    """How many pods. Not beside `autoscaling`. Default: 1."""
    autoscaling: NotRequired[AutoscalingDict | Autoscaling | None]
    """Let the number of pods follow the load; none by default."""
    disruption_budget: NotRequired[DisruptionBudgetDict | DisruptionBudget | None]
    """How many pods evictions must leave; none by default: a node's drain may take all at once."""
    scheduling: NotRequired[SchedulingDict | Scheduling]
    """On which nodes the pods run."""
    labels: NotRequired[Mapping[str, Input[str]]]
    """Further labels of every object and pod. They never enter the selector."""
    annotations: NotRequired[Mapping[str, Input[str]]]
    """Annotations of the Deployment and its pods."""
    volumes: NotRequired[
        Mapping[
            str,
            EmptyDirDict
            | EmptyDir
            | ConfigMapVolumeDict
            | ConfigMapVolume
            | SecretVolumeDict
            | SecretVolume
            | PersistentVolumeClaimDict
            | PersistentVolumeClaim,
        ]
    ]
    """Volumes by name, for `volume_mounts`."""
    share_process_namespace: NotRequired[bool]
    """The containers see each other's processes, and may signal those of the same user. Default: False."""
    service_account: NotRequired[Input[str] | None]
    """The pods' ServiceAccount. Without one the namespace's default, and no token is mounted."""
    image_pull_secrets: NotRequired[Sequence[Input[str]]]
    """Names of Secrets with credentials for the images' registries."""
    drain_seconds: NotRequired[int]
    """How long requests that are under way when a pod stops may still take, in seconds. The hooks of the containers,
    the proxy's own time-out and the pod's grace period follow from it. Default: 10.
    """
    drain_by: NotRequired[Literal["sleep_action", "exec"]]
    """What holds a container while its pod drains. "sleep_action" is done by the kubelet (Kubernetes ≥1.30; older
    servers refuse the Deployment). "exec" runs `sleep` in the container, for older servers: in an image that has
    none (distroless, scratch) the hook fails, the app stops at once, and requests are lost. Default:
    "sleep_action".
    """
    termination_grace_seconds: NotRequired[int | None]
    """The pods' grace period, in seconds. By default what the drain and the app's stop need."""
