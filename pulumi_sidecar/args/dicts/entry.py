"""The models of `args.entry` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.entry import Parent


class IngressDict(TypedDict):
    """Ingress as a dict.

    An Ingress (networking.k8s.io/v1). The Service stays as it is; ClusterIP is enough.
    """

    hosts: Sequence[Input[str]]
    """The names under which clients come. The first one is the host of `endpoints["external"]`."""
    class_name: NotRequired[Input[str] | None]
    """Name of the IngressClass. By default the cluster's own."""
    path: NotRequired[str | Literal["/"]]
    """Only requests below this path; others are not for this app. Default: "/"."""
    controller: NotRequired[Literal["nginx", "haproxy", "traefik", "other"]]
    """Whose annotations say how TLS gets to the pod: kubernetes/ingress-nginx, haproxytech/kubernetes-ingress,
    Traefik. "other": yours do, in `annotations`. Default: "other".
    """
    mode: NotRequired[Literal["reencrypt", "passthrough"]]
    """"reencrypt": the controller ends the client's TLS with `tls_secret`, and speaks TLS to the pod, whose
    certificate it verifies as far as it can. "passthrough": it leads connections to the pod by their SNI, and
    `hosts` become names of the pod's certificate. (ingress-nginx must then run with --enable-ssl-passthrough;
    Traefik needs a TLSRoute.) Default: "reencrypt".
    """
    tls_secret: NotRequired[Input[str] | None]
    """Name of the Secret with the certificate that clients see, with "reencrypt". By default the controller's own
    certificate.
    """
    verify: NotRequired[bool]
    """The controller verifies the pod's certificate, by the component's CA and `server_name`. "nginx", "haproxy" and
    "traefik" need to know the CA. Default: True.
    """
    server_name: NotRequired[Input[str] | None]
    """The name by which the controller verifies the pod's certificate. By default NAME.NAMESPACE.svc."""
    annotations: NotRequired[Mapping[str, Input[str]]]
    """Annotations of the Ingress, over those that follow from `controller`."""


class ParentDict(TypedDict):
    """Parent as a dict.

    The Gateway that a route belongs to.
    """

    name: Input[str]
    """Name of the Gateway."""
    namespace: NotRequired[Input[str] | None]
    """Its namespace. By default the component's."""
    listener: NotRequired[Input[str] | None]
    """Name of the listener (sectionName). By default all that fit."""


class HttpRouteDict(TypedDict):
    """HttpRoute as a dict.

    An HTTPRoute (gRPC apps: a GRPCRoute), and a BackendTLSPolicy by which the Gateway speaks TLS to the pod and
    verifies its certificate. Gateway API ≥1.4.
    """

    kind: Literal["http_route"]
    """An HTTPRoute (gRPC apps: a GRPCRoute), and a BackendTLSPolicy by which the Gateway speaks TLS to the pod and
    verifies its certificate. Gateway API ≥1.4.
    """
    gateway: ParentDict | Parent
    """The Gateway."""
    hosts: NotRequired[Sequence[Input[str]]]
    """The names under which clients come, by default those of the listener. The first one is the host of
    `endpoints["external"]`.
    """
    path: NotRequired[str | Literal["/"]]
    """Only requests below this path; others are not for this app. Default: "/"."""
    server_name: NotRequired[Input[str] | None]
    """The name by which the Gateway verifies the pod's certificate. By default NAME.NAMESPACE.svc."""
    annotations: NotRequired[Mapping[str, Input[str]]]
    """Annotations of the route."""


class TlsRouteDict(TypedDict):
    """TlsRoute as a dict.

    A TLSRoute: the Gateway leads connections to the pod by their SNI, and sees nothing of what they carry.
    `hosts` become names of the pod's certificate. Gateway API ≥1.5; before it, name an older `version`.
    """

    kind: Literal["tls_route"]
    """A TLSRoute: the Gateway leads connections to the pod by their SNI, and sees nothing of what they carry.
    `hosts` become names of the pod's certificate. Gateway API ≥1.5; before it, name an older `version`.
    """
    gateway: ParentDict | Parent
    """The Gateway, with a listener of protocol TLS and mode Passthrough."""
    hosts: Sequence[Input[str]]
    """The names under which clients come."""
    version: NotRequired[Literal["v1", "v1alpha3", "v1alpha2"]]
    """Version of gateway.networking.k8s.io that the cluster has for TLSRoutes. Default: "v1"."""
    annotations: NotRequired[Mapping[str, Input[str]]]
    """Annotations of the route."""
