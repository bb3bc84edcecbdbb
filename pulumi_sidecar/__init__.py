"""A sidecar beside any application on Kubernetes, as a Pulumi component.

    from pulumi_sidecar import SidecarDeployment

This module only re-exports. A room is imported when one of its names is asked for: command line, testing kit and
programs without a component need not wait for the models.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from pulumi_sidecar.args.dicts import (
        CertificateAuthorityArgsDict,
        SidecarDeploymentArgsDict,
        SidecarInjectionArgsDict,
    )
    from pulumi_sidecar.args.entry import HttpRoute, Ingress, Parent, TlsRoute
    from pulumi_sidecar.args.injection import InjectedApp, InjectedService, SidecarInjectionArgs
    from pulumi_sidecar.args.metrics import Exporter, Metrics
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
    from pulumi_sidecar.injection import SidecarInjection, add_sidecar

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
    "Exporter",
    "ExternalMetric",
    "Extra",
    "FastCgi",
    "Grpc",
    "Hsts",
    "Http",
    "HttpRoute",
    "Ingress",
    "InjectedApp",
    "InjectedService",
    "Issued",
    "Metrics",
    "NetworkPolicy",
    "Nginx",
    "NodeRequirement",
    "NodeTerm",
    "ObjectMetric",
    "Off",
    "OwnCertificate",
    "Parent",
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
    "SidecarInjection",
    "SidecarInjectionArgs",
    "SidecarInjectionArgsDict",
    "SignedBy",
    "StaticFiles",
    "Timeouts",
    "TlsRoute",
    "Toleration",
    "TopologySpread",
    "Uwsgi",
    "VolumeMount",
    "add_sidecar",
]

_ROOMS = {
    "args.alert": ("CertificateAlert",),
    "args.app": (
        "App",
        "FastCgi",
        "Grpc",
        "Http",
        "Uwsgi",
    ),
    "args.authority": ("CertificateAuthorityArgs",),
    "args.container": (
        "Amounts",
        "ConfigMapKey",
        "Container",
        "Resources",
        "SecretKey",
        "Security",
        "Sidecar",
        "VolumeMount",
    ),
    "args.deployment": ("SidecarDeploymentArgs",),
    "args.dicts": (
        "CertificateAuthorityArgsDict",
        "SidecarDeploymentArgsDict",
        "SidecarInjectionArgsDict",
    ),
    "args.injection": (
        "InjectedApp",
        "InjectedService",
        "SidecarInjectionArgs",
    ),
    "args.entry": (
        "HttpRoute",
        "Ingress",
        "Parent",
        "TlsRoute",
    ),
    "args.metrics": (
        "Exporter",
        "Metrics",
    ),
    "args.network": (
        "AddressPeers",
        "NetworkPolicy",
        "PodPeers",
    ),
    "args.proxy": (
        "Apache",
        "Extra",
        "Hsts",
        "Nginx",
        "StaticFiles",
        "Timeouts",
    ),
    "args.scaling": (
        "Autoscaling",
        "DisruptionBudget",
        "ExternalMetric",
        "ObjectMetric",
        "PodsMetric",
        "ScalingRules",
    ),
    "args.scheduling": (
        "NodeRequirement",
        "NodeTerm",
        "PodTerm",
        "Scheduling",
        "Toleration",
        "TopologySpread",
    ),
    "args.service": ("Service",),
    "args.tls": (
        "CertManager",
        "ClientAuth",
        "ClientCaConfigMap",
        "ClientCaOwn",
        "ClientCaPem",
        "ExistingSecret",
        "Issued",
        "Off",
        "OwnCertificate",
        "SignedBy",
    ),
    "args.volumes": (
        "ConfigMapVolume",
        "EmptyDir",
        "PersistentVolumeClaim",
        "SecretVolume",
    ),
    "authority": ("CertificateAuthority",),
    "component": ("SidecarDeployment",),
    "errors": (
        "ArgumentsError",
        "Problem",
    ),
    "injection": (
        "SidecarInjection",
        "add_sidecar",
    ),
}
"""Where each name is; the same as above, for those who run."""

if not TYPE_CHECKING:  # type checkers would take any name for one of ours

    def __getattr__(name: str) -> Any:
        for room, names in _ROOMS.items():
            if name in names:
                globals()[name] = value = getattr(import_module(f"pulumi_sidecar.{room}"), name)
                return value
        raise AttributeError(f"module 'pulumi_sidecar' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
