"""A sidecar beside any application on Kubernetes, as a Pulumi component.

    from pulumi_sidecar import SidecarDeployment

This module only re-exports.
"""

from pulumi_sidecar.args.alert import CertificateAlert
from pulumi_sidecar.args.app import App, FastCgi, Grpc, Http, Uwsgi
from pulumi_sidecar.args.authority import CertificateAuthorityArgs
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
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.dicts import CertificateAuthorityArgsDict, SidecarDeploymentArgsDict
from pulumi_sidecar.args.network import AddressPeers, NetworkPolicy, PodPeers
from pulumi_sidecar.args.proxy import Apache, Extra, Hsts, Nginx, StaticFiles, Timeouts
from pulumi_sidecar.args.scaling import (
    Autoscaling,
    DisruptionBudget,
    ExternalMetric,
    ObjectMetric,
    PodsMetric,
    ScalingRules,
)
from pulumi_sidecar.args.scheduling import (
    NodeRequirement,
    NodeTerm,
    PodTerm,
    Scheduling,
    Toleration,
    TopologySpread,
)
from pulumi_sidecar.args.service import Service
from pulumi_sidecar.args.tls import (
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
from pulumi_sidecar.authority import CertificateAuthority
from pulumi_sidecar.component import SidecarDeployment
from pulumi_sidecar.errors import ArgumentsError, Problem

__all__ = [
    "AddressPeers",
    "Amounts",
    "Apache",
    "App",
    "ArgumentsError",
    "Autoscaling",
    "CertManager",
    "CertificateAlert",
    "CertificateAuthority",
    "CertificateAuthorityArgs",
    "CertificateAuthorityArgsDict",
    "ClientAuth",
    "ClientCaConfigMap",
    "ClientCaOwn",
    "ClientCaPem",
    "ConfigMapKey",
    "ConfigMapVolume",
    "Container",
    "DisruptionBudget",
    "EmptyDir",
    "ExistingSecret",
    "ExternalMetric",
    "Extra",
    "FastCgi",
    "Grpc",
    "Hsts",
    "Http",
    "Issued",
    "NetworkPolicy",
    "Nginx",
    "NodeRequirement",
    "NodeTerm",
    "ObjectMetric",
    "Off",
    "OwnCertificate",
    "PersistentVolumeClaim",
    "PodPeers",
    "PodTerm",
    "PodsMetric",
    "Problem",
    "Resources",
    "ScalingRules",
    "Scheduling",
    "SecretKey",
    "SecretVolume",
    "Security",
    "Service",
    "Sidecar",
    "SidecarDeployment",
    "SidecarDeploymentArgs",
    "SidecarDeploymentArgsDict",
    "SignedBy",
    "StaticFiles",
    "Timeouts",
    "Toleration",
    "TopologySpread",
    "Uwsgi",
    "VolumeMount",
]
