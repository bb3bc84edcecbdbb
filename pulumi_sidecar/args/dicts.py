"""The arguments as dicts: the same names and types as the models, for editors and type checkers.

A test holds the two together. What each argument means, its unit and its default stand at the models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.alert import CertificateAlert
from pulumi_sidecar.args.app import App, FastCgi, Grpc, Http, Uwsgi
from pulumi_sidecar.args.container import (
    Amounts,
    ConfigMapKey,
    Container,
    Resources,
    SecretKey,
    Security,
    Sidecar,
    VolumeMount,
)
from pulumi_sidecar.args.deployment import Service
from pulumi_sidecar.args.proxy import Apache, Extra, Hsts, Nginx, StaticFiles, Timeouts
from pulumi_sidecar.args.tls import (
    Algorithm,
    Authority,
    CertManager,
    ClientAuth,
    ClientCaConfigMap,
    ClientCaOwn,
    ClientCaPem,
    ExistingSecret,
    Issued,
    Off,
    OwnCertificate,
    SignedBy,
)
from pulumi_sidecar.args.volumes import ConfigMapVolume, EmptyDir, PersistentVolumeClaim, SecretVolume


class SecretKeyDict(TypedDict):
    """SecretKey as a dict."""

    secret: Input[str]
    key: Input[str]


class ConfigMapKeyDict(TypedDict):
    """ConfigMapKey as a dict."""

    config_map: Input[str]
    key: Input[str]


class AmountsDict(TypedDict, total=False):
    """Amounts as a dict."""

    cpu: Input[str] | None
    memory: Input[str] | None


class ResourcesDict(TypedDict, total=False):
    """Resources as a dict."""

    cpu: Input[str] | None
    memory: Input[str] | None
    requests: AmountsDict | Amounts | None
    limits: AmountsDict | Amounts | None


class VolumeMountDict(TypedDict):
    """VolumeMount as a dict."""

    volume: str
    mount_path: str
    read_only: NotRequired[bool]
    sub_path: NotRequired[str | None]


class SecurityDict(TypedDict, total=False):
    """Security as a dict."""

    run_as_non_root: bool
    read_only_root_filesystem: bool
    allow_privilege_escalation: bool
    add_capabilities: Sequence[str]
    seccomp: Literal["RuntimeDefault", "Unconfined"]


class HttpDict(TypedDict):
    """Http as a dict."""

    kind: Literal["http"]
    socket: NotRequired[str | None]


class UwsgiDict(TypedDict):
    """Uwsgi as a dict."""

    kind: Literal["uwsgi"]
    socket: NotRequired[str | None]
    mount: NotRequired[str | None]
    environment: NotRequired[bool]


class FastCgiDict(TypedDict):
    """FastCgi as a dict."""

    kind: Literal["fastcgi"]
    socket: NotRequired[str | None]
    mount: NotRequired[str | None]
    script: NotRequired[str | None]


class GrpcDict(TypedDict):
    """Grpc as a dict."""

    kind: Literal["grpc"]
    socket: NotRequired[str | None]


ProtocolDict = HttpDict | UwsgiDict | FastCgiDict | GrpcDict
EnvValueDict = Input[str] | SecretKeyDict | SecretKey | ConfigMapKeyDict | ConfigMapKey


class ContainerDict(TypedDict):
    """Container as a dict."""

    image: Input[str]
    command: NotRequired[Sequence[Input[str]] | None]
    args: NotRequired[Sequence[Input[str]] | None]
    env: NotRequired[Mapping[str, EnvValueDict]]
    resources: NotRequired[ResourcesDict | Resources | None]
    volume_mounts: NotRequired[Sequence[VolumeMountDict | VolumeMount]]
    image_pull_policy: NotRequired[Literal["Always", "IfNotPresent", "Never"] | None]
    user: NotRequired[int | Literal["image"]]
    group: NotRequired[int | Literal["image"]]
    security: NotRequired[SecurityDict | Security]


class AppDict(ContainerDict):
    """App as a dict."""

    protocol: NotRequired[ProtocolDict | Http | Uwsgi | FastCgi | Grpc]
    port: NotRequired[int | None]
    health_path: NotRequired[str | None]
    stop_seconds: NotRequired[int]


class SidecarDict(ContainerDict):
    """Sidecar as a dict."""

    lifecycle: NotRequired[Literal["classic", "native"]]
    ports: NotRequired[Mapping[str, int]]


class HstsDict(TypedDict, total=False):
    """Hsts as a dict."""

    max_age_seconds: int
    include_subdomains: bool
    preload: bool


class TimeoutsDict(TypedDict, total=False):
    """Timeouts as a dict."""

    connect_seconds: int
    read_seconds: int
    send_seconds: int
    client_header_seconds: int
    client_body_seconds: int
    keepalive_seconds: int


class StaticFilesDict(TypedDict):
    """StaticFiles as a dict."""

    url_path: str
    volume: str
    folder: NotRequired[str]
    max_age_seconds: NotRequired[int]


class ExtraDict(TypedDict, total=False):
    """Extra as a dict."""

    server: str
    location: str


class ProxyArgsDict(TypedDict):
    """ProxyArgs as a dict."""

    image_pull_policy: NotRequired[Literal["Always", "IfNotPresent", "Never"] | None]
    https_port: NotRequired[int | None]
    http_port: NotRequired[int | None]
    status_port: NotRequired[int | None]
    resources: NotRequired[ResourcesDict | Resources]
    worker_processes: NotRequired[int | None]
    hsts: NotRequired[HstsDict | Hsts | Literal[False]]
    redirect_http: NotRequired[bool]
    max_body_size: NotRequired[int | str]
    buffer_requests: NotRequired[bool]
    buffer_responses: NotRequired[bool | None]
    timeouts: NotRequired[TimeoutsDict | Timeouts]
    websockets: NotRequired[bool]
    http2: NotRequired[bool]
    access_log: NotRequired[Literal["json", "combined", "off"]]
    unknown_names: NotRequired[Literal["serve", "refuse"]]
    tls_profile: NotRequired[Literal["intermediate", "modern"]]
    static: NotRequired[Sequence[StaticFilesDict | StaticFiles]]
    trusted_proxies: NotRequired[Sequence[str]]
    proxy_protocol: NotRequired[bool]
    extra: NotRequired[ExtraDict | Extra]


class NginxDict(ProxyArgsDict):
    """Nginx as a dict."""

    kind: Literal["nginx"]
    image: NotRequired[Input[str]]


class ApacheDict(ProxyArgsDict):
    """Apache as a dict."""

    kind: Literal["apache"]
    image: NotRequired[Input[str]]


class NamedDict(TypedDict):
    """Named as a dict."""

    dns_names: NotRequired[Sequence[Input[str]]]
    ip_addresses: NotRequired[Sequence[Input[str]]]


class LeafDict(NamedDict):
    """Leaf as a dict."""

    algorithm: NotRequired[Algorithm]
    validity_days: NotRequired[int]
    renew_before_days: NotRequired[int]


class IssuedDict(LeafDict):
    """Issued as a dict."""

    kind: Literal["issued"]
    ca: NotRequired[Authority | None]
    ca_validity_days: NotRequired[int]
    ca_generation: NotRequired[int]
    also_trust_generations: NotRequired[Sequence[int]]


class SignedByDict(LeafDict):
    """SignedBy as a dict."""

    kind: Literal["signed_by"]
    ca_cert_pem: Input[str]
    ca_private_key_pem: Input[str]


class OwnCertificateDict(NamedDict):
    """OwnCertificate as a dict."""

    kind: Literal["certificate"]
    cert_pem: Input[str]
    private_key_pem: Input[str]
    ca_cert_pem: NotRequired[Input[str] | None]


class ExistingSecretDict(TypedDict):
    """ExistingSecret as a dict."""

    kind: Literal["secret"]
    name: Input[str]
    ca_cert_pem: NotRequired[Input[str] | None]


class CertManagerDict(LeafDict):
    """CertManager as a dict."""

    kind: Literal["cert_manager"]
    issuer: Input[str]
    issuer_kind: NotRequired[Literal["Issuer", "ClusterIssuer"]]
    issuer_group: NotRequired[Input[str]]
    service_names: NotRequired[bool]
    ca_cert_pem: NotRequired[Input[str] | None]


class OffDict(TypedDict):
    """Off as a dict."""

    kind: Literal["off"]


TlsDict = IssuedDict | SignedByDict | OwnCertificateDict | ExistingSecretDict | CertManagerDict | OffDict


class ClientCaPemDict(TypedDict):
    """ClientCaPem as a dict."""

    kind: Literal["pem"]
    pem: Input[str]


class ClientCaConfigMapDict(TypedDict):
    """ClientCaConfigMap as a dict."""

    kind: Literal["config_map"]
    name: Input[str]
    key: NotRequired[str]


class ClientCaOwnDict(TypedDict):
    """ClientCaOwn as a dict."""

    kind: Literal["own"]


class ClientAuthDict(TypedDict):
    """ClientAuth as a dict."""

    ca: ClientCaPemDict | ClientCaConfigMapDict | ClientCaOwnDict | ClientCaPem | ClientCaConfigMap | ClientCaOwn
    mode: NotRequired[Literal["required", "optional"]]
    subject_header: NotRequired[str]


class CertificateAlertDict(TypedDict, total=False):
    """CertificateAlert as a dict."""

    image: Input[str]
    port: int
    alert_days: int
    prometheus_rule: bool
    labels: Mapping[str, Input[str]]
    resources: ResourcesDict | Resources


class ServiceDict(TypedDict, total=False):
    """Service as a dict."""

    name: str | None
    type: Literal["ClusterIP", "NodePort", "LoadBalancer"]
    port: int | None
    http_port: int
    annotations: Mapping[str, Input[str]]
    external_host: Input[str] | None


class EmptyDirDict(TypedDict):
    """EmptyDir as a dict."""

    kind: Literal["empty_dir"]
    size_limit: NotRequired[Input[str] | None]
    medium: NotRequired[Literal["disk", "memory"]]


class ConfigMapVolumeDict(TypedDict):
    """ConfigMapVolume as a dict."""

    kind: Literal["config_map"]
    name: Input[str]


class SecretVolumeDict(TypedDict):
    """SecretVolume as a dict."""

    kind: Literal["secret"]
    name: Input[str]


class PersistentVolumeClaimDict(TypedDict):
    """PersistentVolumeClaim as a dict."""

    kind: Literal["persistent_volume_claim"]
    claim_name: Input[str]
    read_only: NotRequired[bool]


VolumeDict = EmptyDirDict | ConfigMapVolumeDict | SecretVolumeDict | PersistentVolumeClaimDict


class SidecarDeploymentArgsDict(TypedDict):
    """SidecarDeploymentArgs as a dict."""

    app: AppDict | App
    proxy: NotRequired[NginxDict | ApacheDict | Nginx | Apache | None]
    sidecars: NotRequired[Mapping[str, SidecarDict | Sidecar]]
    init_containers: NotRequired[Mapping[str, ContainerDict | Container]]
    tls: NotRequired[TlsDict | Issued | SignedBy | OwnCertificate | ExistingSecret | CertManager | Off]
    client_auth: NotRequired[ClientAuthDict | ClientAuth | None]
    certificate_alert: NotRequired[CertificateAlertDict | CertificateAlert | None]
    service: NotRequired[ServiceDict | Service]
    namespace: NotRequired[Input[str] | None]
    cluster_domain: NotRequired[str]
    replicas: NotRequired[Input[int]]
    labels: NotRequired[Mapping[str, Input[str]]]
    annotations: NotRequired[Mapping[str, Input[str]]]
    volumes: NotRequired[Mapping[str, VolumeDict | EmptyDir | ConfigMapVolume | SecretVolume | PersistentVolumeClaim]]
    share_process_namespace: NotRequired[bool]
    service_account: NotRequired[Input[str] | None]
    image_pull_secrets: NotRequired[Sequence[Input[str]]]
    drain_seconds: NotRequired[int]
    termination_grace_seconds: NotRequired[int | None]


class CertificateAuthorityArgsDict(TypedDict, total=False):
    """CertificateAuthorityArgs as a dict."""

    algorithm: Algorithm
    validity_days: int
    generation: int
    also_trust_generations: Sequence[int]
    namespaces: Sequence[str]
