"""The arguments as dicts: the same names and types as the models, for editors and type checkers.

Written by `make generate` out of the models: change those.
"""

from pulumi_sidecar.args.dicts.alert import CertificateAlertDict
from pulumi_sidecar.args.dicts.app import AppDict, FastCgiDict, GrpcDict, HttpDict, UwsgiDict
from pulumi_sidecar.args.dicts.authority import CertificateAuthorityArgsDict
from pulumi_sidecar.args.dicts.container import (
    AmountsDict,
    ConfigMapKeyDict,
    ContainerDict,
    ResourcesDict,
    SecretKeyDict,
    SecurityDict,
    SidecarDict,
    VolumeMountDict,
)
from pulumi_sidecar.args.dicts.deployment import SidecarDeploymentArgsDict
from pulumi_sidecar.args.dicts.entry import HttpRouteDict, IngressDict, ParentDict, TlsRouteDict
from pulumi_sidecar.args.dicts.injection import InjectedAppDict, InjectedServiceDict, SidecarInjectionArgsDict
from pulumi_sidecar.args.dicts.metrics import ExporterDict, MetricsDict
from pulumi_sidecar.args.dicts.network import AddressPeersDict, NetworkPolicyDict, PodPeersDict
from pulumi_sidecar.args.dicts.proxy import ApacheDict, ExtraDict, HstsDict, NginxDict, StaticFilesDict, TimeoutsDict
from pulumi_sidecar.args.dicts.scaling import (
    AutoscalingDict,
    DisruptionBudgetDict,
    ExternalMetricDict,
    ObjectMetricDict,
    PodsMetricDict,
    ScalingRulesDict,
)
from pulumi_sidecar.args.dicts.scheduling import (
    NodeRequirementDict,
    NodeTermDict,
    PodTermDict,
    SchedulingDict,
    TolerationDict,
    TopologySpreadDict,
)
from pulumi_sidecar.args.dicts.service import ServiceDict
from pulumi_sidecar.args.dicts.tls import (
    CertManagerDict,
    ClientAuthDict,
    ClientCaConfigMapDict,
    ClientCaOwnDict,
    ClientCaPemDict,
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

__all__ = [
    "AddressPeersDict",
    "AmountsDict",
    "ApacheDict",
    "AppDict",
    "AutoscalingDict",
    "CertManagerDict",
    "CertificateAlertDict",
    "CertificateAuthorityArgsDict",
    "ClientAuthDict",
    "ClientCaConfigMapDict",
    "ClientCaOwnDict",
    "ClientCaPemDict",
    "ConfigMapKeyDict",
    "ConfigMapVolumeDict",
    "ContainerDict",
    "DisruptionBudgetDict",
    "EmptyDirDict",
    "ExistingSecretDict",
    "ExporterDict",
    "ExternalMetricDict",
    "ExtraDict",
    "FastCgiDict",
    "GrpcDict",
    "HstsDict",
    "HttpDict",
    "HttpRouteDict",
    "IngressDict",
    "InjectedAppDict",
    "InjectedServiceDict",
    "IssuedDict",
    "MetricsDict",
    "NetworkPolicyDict",
    "NginxDict",
    "NodeRequirementDict",
    "NodeTermDict",
    "ObjectMetricDict",
    "OffDict",
    "OwnCertificateDict",
    "ParentDict",
    "PersistentVolumeClaimDict",
    "PodPeersDict",
    "PodTermDict",
    "PodsMetricDict",
    "ResourcesDict",
    "ScalingRulesDict",
    "SchedulingDict",
    "SecretKeyDict",
    "SecretVolumeDict",
    "SecurityDict",
    "ServiceDict",
    "SidecarDeploymentArgsDict",
    "SidecarDict",
    "SidecarInjectionArgsDict",
    "SignedByDict",
    "StaticFilesDict",
    "TimeoutsDict",
    "TlsRouteDict",
    "TolerationDict",
    "TopologySpreadDict",
    "UwsgiDict",
    "VolumeMountDict",
]
