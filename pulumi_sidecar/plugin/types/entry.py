"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import Any, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.enums import GatewayKind, GatewayVersion, IngressController, IngressMode


class Ingress(TypedDict):
    """An Ingress (networking.k8s.io/v1). The Service stays as it is; ClusterIP is enough."""

    hosts: list[Input[str]]
    """The names under which clients come. The first one is the host of `endpoints["external"]`."""
    class_name: NotRequired[Input[str]]
    """Name of the IngressClass. By default the cluster's own."""
    path: NotRequired[Any]
    """Only requests below this path; others are not for this app. Default: "/"."""
    controller: NotRequired[IngressController]
    """Whose annotations say how TLS gets to the pod: kubernetes/ingress-nginx, haproxytech/kubernetes-ingress,
    Traefik. "other": yours do, in `annotations`. Default: "other".
    """
    mode: NotRequired[IngressMode]
    """"reencrypt": the controller ends the client's TLS with `tlsSecret`, and speaks TLS to the pod, whose
    certificate it verifies as far as it can. "passthrough": it leads connections to the pod by their SNI, and
    `hosts` become names of the pod's certificate. (ingress-nginx must then run with --enable-ssl-passthrough;
    Traefik needs a TLSRoute.) Default: "reencrypt".
    """
    tls_secret: NotRequired[Input[str]]
    """Name of the Secret with the certificate that clients see, with "reencrypt". By default the controller's own
    certificate.
    """
    verify: NotRequired[bool]
    """The controller verifies the pod's certificate, by the component's CA and `serverName`. "nginx", "haproxy" and
    "traefik" need to know the CA. Default: true.
    """
    server_name: NotRequired[Input[str]]
    """The name by which the controller verifies the pod's certificate. By default NAME.NAMESPACE.svc."""
    annotations: NotRequired[dict[str, Input[str]]]
    """Annotations of the Ingress, over those that follow from `controller`."""


class Parent(TypedDict):
    """The Gateway that a route belongs to."""

    name: Input[str]
    """Name of the Gateway."""
    namespace: NotRequired[Input[str]]
    """Its namespace. By default the component's."""
    listener: NotRequired[Input[str]]
    """Name of the listener (sectionName). By default all that fit."""


class Gateway(TypedDict):
    """A route of a Gateway, tagged by `kind`."""

    kind: GatewayKind
    """Which of them it is."""
    gateway: NotRequired[Parent]
    """(Kind "http_route") Required. The Gateway. (Kind "tls_route") Required. The Gateway, with a listener of
    protocol TLS and mode Passthrough.
    """
    hosts: NotRequired[list[Input[str]]]
    """(Kind "http_route") The names under which clients come, by default those of the listener. The first one is the
    host of `endpoints["external"]`. (Kind "tls_route") Required. The names under which clients come.
    """
    path: NotRequired[Any]
    """(Kind "http_route") Only requests below this path; others are not for this app. Default: "/"."""
    server_name: NotRequired[Input[str]]
    """(Kind "http_route") The name by which the Gateway verifies the pod's certificate. By default
    NAME.NAMESPACE.svc.
    """
    annotations: NotRequired[dict[str, Input[str]]]
    """Annotations of the route."""
    version: NotRequired[GatewayVersion]
    """(Kind "tls_route") Version of gateway.networking.k8s.io that the cluster has for TLSRoutes. Default: "v1"."""
