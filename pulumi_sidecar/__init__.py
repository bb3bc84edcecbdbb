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
from pulumi_sidecar.args.deployment import Service, SidecarDeploymentArgs
from pulumi_sidecar.args.dicts import CertificateAuthorityArgsDict, SidecarDeploymentArgsDict
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
    "Nginx",
    "NodeRequirement",
    "NodeTerm",
    "ObjectMetric",
    "Off",
    "OwnCertificate",
    "PersistentVolumeClaim",
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
