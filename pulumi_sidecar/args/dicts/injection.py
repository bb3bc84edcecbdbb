"""The models of `args.injection` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.app import FastCgi, Grpc, Http, Uwsgi
from pulumi_sidecar.args.container import Sidecar, VolumeMount
from pulumi_sidecar.args.dicts.app import FastCgiDict, GrpcDict, HttpDict, UwsgiDict
from pulumi_sidecar.args.dicts.container import SidecarDict, VolumeMountDict
from pulumi_sidecar.args.dicts.proxy import ApacheDict, NginxDict
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
from pulumi_sidecar.args.injection import InjectedApp, InjectedService
from pulumi_sidecar.args.proxy import Apache, Nginx
from pulumi_sidecar.args.tls import CertManager, ClientAuth, ExistingSecret, Issued, Off, OwnCertificate, SignedBy
from pulumi_sidecar.args.volumes import ConfigMapVolume, EmptyDir, PersistentVolumeClaim, SecretVolume


class InjectedAppDict(TypedDict):
    """InjectedApp as a dict.

    The application's container, which is there already.
    """

    container: NotRequired[str | None]
    """Name of its container. By default the only one, or the one that declares `port`."""
    protocol: NotRequired[HttpDict | Http | UwsgiDict | Uwsgi | FastCgiDict | FastCgi | GrpcDict | Grpc]
    """What the app speaks: {"kind": "http"} by default."""
    port: NotRequired[int | None]
    """The port that the app listens on. It stays as it is, and so do probes that ask there."""
    health_path: NotRequired[str | None]
    """The path that answers below 400 when the app is ready. Without one, any answer below 500 to `/` counts."""
    health_host: NotRequired[str | None]
    """The host that the question for readiness is for (its Host header), for apps that answer no other: Django's
    ALLOWED_HOSTS, Rails' config.hosts. By default the injection's name.
    """
    stop_seconds: NotRequired[int]
    """How long the app may take to stop after SIGTERM, in seconds. Part of the pod's grace period. Default: 10."""
    stop_delay: NotRequired[bool]
    """Let the app go on until the proxy has drained, by a preStop sleep, unless it has a preStop hook of its own.
    Default: True.
    """
    volume_mounts: NotRequired[Sequence[VolumeMountDict | VolumeMount]]
    """Further mounts of its container: what it shall share with `sidecars`."""


class InjectedServiceDict(TypedDict):
    """InjectedService as a dict.

    The Service in front of the workload, which is there already.
    """

    name: NotRequired[str | None]
    """Name of the Service, and so of the URL and the certificate. By default the injection's own name."""
    ports: NotRequired[Literal["add", "point", "leave"]]
    """"add" gives the Service one more port, which leads to the proxy (with `proxy.redirect_http` the port that led
    to the app then leads to the redirect). "point" leads the port `service.port`, whose number stays, to the
    proxy in the app's place. "leave" changes nothing. Default: "add".
    """
    port: NotRequired[int | None]
    """With "add" the new port: by default 443 for HTTPS, and 80 where there is no TLS. With "point" the port that is
    led to the proxy.
    """
    external_host: NotRequired[Input[str] | None]
    """The name or address by which clients outside reach the Service; one of the certificate's names."""


class SidecarInjectionArgsDict(TypedDict):
    """SidecarInjectionArgs as a dict.

    The sidecar for a Deployment, StatefulSet or DaemonSet (and, without a proxy, a Job or CronJob) of others.
    """

    app: NotRequired[InjectedAppDict | InjectedApp]
    """The application, as it is."""
    proxy: NotRequired[NginxDict | Nginx | ApacheDict | Apache | None]
    """The proxy beside it: {"kind": "nginx"} or {"kind": "apache"}. May be left out where there are `sidecars`."""
    sidecars: NotRequired[Mapping[str, SidecarDict | Sidecar]]
    """Further containers beside the app, by name. In Jobs with `lifecycle` "native", so that the Job ends."""
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
    """Volumes that are added, by name. Mounts may name the workload's own volumes as well."""
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
    service: NotRequired[InjectedServiceDict | InjectedService]
    """The Service in front of the workload."""
    namespace: NotRequired[Input[str] | None]
    """The workload's namespace. By default the provider's."""
    cluster_domain: NotRequired[str]
    """The cluster's DNS domain, for the certificate's names. Default: "cluster.local"."""
    labels: NotRequired[Mapping[str, Input[str]]]
    """Further labels of the objects that are made. The workload's own labels stay as they are."""
    drain_seconds: NotRequired[int]
    """How long requests that are under way when a pod stops may still take, in seconds. Default: 10."""
    drain_by: NotRequired[Literal["sleep_action", "exec"]]
    """What holds a container while its pod drains. "sleep_action" is done by the kubelet (Kubernetes ≥1.30; older
    servers refuse the Deployment). "exec" runs `sleep` in the container, for older servers: in an image that has
    none (distroless, scratch) the hook fails, the app stops at once, and requests are lost. Default:
    "sleep_action".
    """
