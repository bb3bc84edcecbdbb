"""Ways in from outside the cluster that keep TLS up to the pod: an Ingress, or a route of a Gateway."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pulumi_sidecar.args.base import Annotations, Args
from pulumi_sidecar.fields import DnsLabel, DnsName, MountPath, ObjectName, refuse
from pulumi_sidecar.inputs import Value


class Ingress(Args):
    """An Ingress (networking.k8s.io/v1). The Service stays as it is; ClusterIP is enough."""

    hosts: tuple[Value[DnsName], ...]
    """The names under which clients come. The first one is the host of `endpoints["external"]`."""
    class_name: Value[ObjectName] | None = None
    """Name of the IngressClass. By default the cluster's own."""
    path: MountPath | Literal["/"] = "/"
    """Only requests below this path; others are not for this app."""
    controller: Literal["nginx", "haproxy", "traefik", "other"] = "other"
    """Whose annotations say how TLS gets to the pod: kubernetes/ingress-nginx, haproxytech/kubernetes-ingress, Traefik.
    "other": yours do, in `annotations`."""
    mode: Literal["reencrypt", "passthrough"] = "reencrypt"
    """"reencrypt": the controller ends the client's TLS with `tls_secret`, and speaks TLS to the pod, whose certificate
    it verifies as far as it can. "passthrough": it leads connections to the pod by their SNI, and `hosts` become names
    of the pod's certificate. (ingress-nginx must then run with --enable-ssl-passthrough; Traefik needs a TLSRoute.)"""
    tls_secret: Value[ObjectName] | None = None
    """Name of the Secret with the certificate that clients see, with "reencrypt". By default the controller's own
    certificate."""
    verify: bool = True
    """The controller verifies the pod's certificate, by the component's CA and `server_name`. "nginx", "haproxy" and
    "traefik" need to know the CA."""
    server_name: Value[DnsName] | None = None
    """The name by which the controller verifies the pod's certificate. By default NAME.NAMESPACE.svc."""
    annotations: Annotations = {}
    """Annotations of the Ingress, over those that follow from `controller`."""

    @model_validator(mode="after")
    def _fits(self) -> Ingress:
        if not self.hosts:
            raise refuse("has no hosts", "Give at least one.")
        passes = self.mode == "passthrough"
        if passes and self.controller == "traefik":
            raise refuse("passes TLS through, which Traefik does for no Ingress", "Use `gateway` with kind tls_route.")
        if passes and self.path != "/":
            raise refuse("passes TLS through, and cannot see the path", 'Leave path at "/".')
        if passes and (self.tls_secret is not None or self.server_name is not None):
            reason = "passes TLS through, and uses neither tls_secret nor server_name"
            raise refuse(reason, "Leave them out: clients see the pod's own certificate.")
        return self


class Parent(Args):
    """The Gateway that a route belongs to."""

    name: Value[ObjectName]
    """Name of the Gateway."""
    namespace: Value[DnsLabel] | None = None
    """Its namespace. By default the component's."""
    listener: Value[DnsLabel] | None = None
    """Name of the listener (sectionName). By default all that fit."""


class HttpRoute(Args):
    """An HTTPRoute (gRPC apps: a GRPCRoute), and a BackendTLSPolicy by which the Gateway speaks TLS to the pod and
    verifies its certificate. Gateway API ≥1.4."""

    kind: Literal["http_route"] = "http_route"
    gateway: Parent
    """The Gateway."""
    hosts: tuple[Value[DnsName], ...] = ()
    """The names under which clients come, by default those of the listener. The first one is the host of
    `endpoints["external"]`."""
    path: MountPath | Literal["/"] = "/"
    """Only requests below this path; others are not for this app."""
    server_name: Value[DnsName] | None = None
    """The name by which the Gateway verifies the pod's certificate. By default NAME.NAMESPACE.svc."""
    annotations: Annotations = {}
    """Annotations of the route."""


class TlsRoute(Args):
    """A TLSRoute: the Gateway leads connections to the pod by their SNI, and sees nothing of what they carry. `hosts`
    become names of the pod's certificate. Gateway API ≥1.5; before it, name an older `version`."""

    kind: Literal["tls_route"] = "tls_route"
    gateway: Parent
    """The Gateway, with a listener of protocol TLS and mode Passthrough."""
    hosts: tuple[Value[DnsName], ...]
    """The names under which clients come."""
    version: Literal["v1", "v1alpha3", "v1alpha2"] = "v1"
    """Version of gateway.networking.k8s.io that the cluster has for TLSRoutes."""
    annotations: Annotations = {}
    """Annotations of the route."""

    @model_validator(mode="after")
    def _hosts(self) -> TlsRoute:
        if not self.hosts:
            raise refuse("has no hosts", "Give at least one.")
        return self


Gateway = Annotated[HttpRoute | TlsRoute, Field(discriminator="kind")]
"""A route of a Gateway, tagged by `kind`."""
