"""A sidecar beside any application on Kubernetes, as a Pulumi component.

    from pulumi_sidecar import SidecarDeployment

This module only re-exports.
"""

from pulumi_sidecar.args.app import App, Http
from pulumi_sidecar.args.container import Amounts, ConfigMapKey, Resources, SecretKey, Security, VolumeMount
from pulumi_sidecar.args.deployment import Service, SidecarDeploymentArgs
from pulumi_sidecar.args.dicts import SidecarDeploymentArgsDict
from pulumi_sidecar.args.proxy import Hsts, Nginx, Timeouts
from pulumi_sidecar.args.tls import Issued
from pulumi_sidecar.args.volumes import ConfigMapVolume, EmptyDir, PersistentVolumeClaim, SecretVolume
from pulumi_sidecar.component import SidecarDeployment
from pulumi_sidecar.errors import ArgumentsError, Problem

__all__ = [
    "Amounts",
    "App",
    "ArgumentsError",
    "ConfigMapKey",
    "ConfigMapVolume",
    "EmptyDir",
    "Hsts",
    "Http",
    "Issued",
    "Nginx",
    "PersistentVolumeClaim",
    "Problem",
    "Resources",
    "SecretKey",
    "SecretVolume",
    "Security",
    "Service",
    "SidecarDeployment",
    "SidecarDeploymentArgs",
    "SidecarDeploymentArgsDict",
    "Timeouts",
    "VolumeMount",
]
