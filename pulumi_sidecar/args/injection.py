"""The arguments of a sidecar for a workload that somebody else wrote."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pulumi_sidecar.args.app import Http, Protocol
from pulumi_sidecar.args.base import Args, Labels
from pulumi_sidecar.args.container import DrainBy, Sidecar, VolumeMount
from pulumi_sidecar.args.proxy import Proxy
from pulumi_sidecar.args.tls import ClientAuth, Issued, Tls
from pulumi_sidecar.args.volumes import Volume
from pulumi_sidecar.fields import DnsLabel, DnsName, Host, HostName, Port, Seconds, ServiceName, UrlPath
from pulumi_sidecar.inputs import Value


class InjectedApp(Args):
    """The application's container, which is there already."""

    container: DnsLabel | None = None
    """Name of its container. By default the only one, or the one that declares `port`."""
    protocol: Protocol = Http()
    """What the app speaks: {"kind": "http"} by default."""
    port: Port | None = None
    """The port that the app listens on. It stays as it is, and so do probes that ask there."""
    health_path: UrlPath | None = None
    """The path that answers below 400 when the app is ready. Without one, any answer below 500 to `/` counts."""
    health_host: HostName | None = None
    """The host that the question for readiness is for (its Host header), for apps that answer no other: Django's
    ALLOWED_HOSTS, Rails' config.hosts. By default the injection's name."""
    stop_seconds: Seconds = 10
    """How long the app may take to stop after SIGTERM, in seconds. Part of the pod's grace period."""
    stop_delay: bool = True
    """Let the app go on until the proxy has drained, by a preStop sleep, unless it has a preStop hook of its own."""
    volume_mounts: tuple[VolumeMount, ...] = ()
    """Further mounts of its container: what it shall share with `sidecars`."""


class InjectedService(Args):
    """The Service in front of the workload, which is there already."""

    name: ServiceName | None = None
    """Name of the Service, and so of the URL and the certificate. By default the injection's own name."""
    ports: Literal["add", "point", "leave"] = "add"
    """"add" gives the Service one more port, which leads to the proxy (with `proxy.redirect_http` the port that led to
    the app then leads to the redirect). "point" leads the port `service.port`, whose number stays, to the proxy in
    the app's place. "leave" changes nothing."""
    port: Port | None = None
    """With "add" the new port: by default 443 for HTTPS, and 80 where there is no TLS. With "point" the port that is
    led to the proxy."""
    external_host: Value[Host] | None = None
    """The name or address by which clients outside reach the Service; one of the certificate's names."""


class SidecarInjectionArgs(Args):
    """The sidecar for a Deployment, StatefulSet or DaemonSet (and, without a proxy, a Job or CronJob) of others."""

    app: InjectedApp = InjectedApp()
    """The application, as it is."""
    proxy: Proxy | None = None
    """The proxy beside it: {"kind": "nginx"} or {"kind": "apache"}. May be left out where there are `sidecars`."""
    sidecars: dict[DnsLabel, Sidecar] = {}
    """Further containers beside the app, by name. In Jobs with `lifecycle` "native", so that the Job ends."""
    volumes: dict[DnsLabel, Volume] = {}
    """Volumes that are added, by name. Mounts may name the workload's own volumes as well."""
    tls: Tls = Field(default=Issued())
    """Where the certificate comes from: {"kind": "issued"} by default."""
    client_auth: ClientAuth | None = None
    """Client certificates (mutual TLS); none are asked for by default."""
    service: InjectedService = InjectedService()
    """The Service in front of the workload."""
    namespace: Value[DnsLabel] | None = None
    """The workload's namespace. By default the provider's."""
    cluster_domain: DnsName = "cluster.local"
    """The cluster's DNS domain, for the certificate's names."""
    labels: Labels = {}
    """Further labels of the objects that are made. The workload's own labels stay as they are."""
    drain_seconds: Seconds = 10
    """How long requests that are under way when a pod stops may still take, in seconds."""
    drain_by: DrainBy = "sleep_action"
    """What holds a container while its pod drains. "sleep_action" is done by the kubelet (Kubernetes ≥1.30; older
    servers refuse the Deployment). "exec" runs `sleep` in the container, for older servers: in an image that has none
    (distroless, scratch) the hook fails, the app stops at once, and requests are lost."""
