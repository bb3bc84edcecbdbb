"""The models of `args.service` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input


class ServiceDict(TypedDict):
    """Service as a dict.

    The Service in front of the pods.
    """

    name: NotRequired[str | None]
    """Name of the Service, and so of the URL. By default the component's."""
    type: NotRequired[Literal["ClusterIP", "NodePort", "LoadBalancer"]]
    """How it is reached. Default: "ClusterIP"."""
    port: NotRequired[int | None]
    """The Service's port: by default 443 for HTTPS, and 80 where there is no TLS."""
    http_port: NotRequired[int]
    """The Service's port for plain HTTP, used with `proxy.redirect_http`. Default: 80."""
    annotations: NotRequired[Mapping[str, Input[str]]]
    """Annotations of the Service, for example for a cloud's load balancer."""
    labels: NotRequired[Mapping[str, Input[str]]]
    """Further labels of the Service."""
    external_host: NotRequired[Input[str] | None]
    """The name or address by which clients outside reach the Service: of the load balancer's DNS entry, or of a
    node. It becomes one of the certificate's names and the host of `endpoints["external"]`; without it a load
    balancer's own address is used there.
    """
    headless: NotRequired[bool]
    """No address of its own: the name leads to the addresses of all pods, and clients connect to the proxy's own
    port (`proxy.https_port`, 8443 by default), which `url` names.
    """
    publish_not_ready_addresses: NotRequired[bool]
    """Names and endpoints lead to pods that are not Ready, too. Default: False."""
    session_affinity: NotRequired[Literal["None", "ClientIP"]]
    """"ClientIP" sends connections from one address to one pod. Default: "None"."""
    session_affinity_seconds: NotRequired[int | None]
    """How long it does so after the last connection, in seconds. Kubernetes' own default: 10800."""
    internal_traffic_policy: NotRequired[Literal["Cluster", "Local"] | None]
    """"Local" sends connections from within the cluster only to pods of the client's node, and nowhere without one."""
    external_traffic_policy: NotRequired[Literal["Cluster", "Local"] | None]
    """"Local" sends connections from outside only to pods of the node that they reach: the client's address stays
    visible. With type NodePort or LoadBalancer.
    """
    node_port: NotRequired[Input[int] | None]
    """The port on every node, by default a free one. With type NodePort or LoadBalancer."""
    http_node_port: NotRequired[Input[int] | None]
    """As node_port, for plain HTTP (`proxy.redirect_http`). The redirect leads to `service.port`: that is for a load
    balancer in front, which leads its own ports of those numbers to the nodes'.
    """
    load_balancer_class: NotRequired[Input[str] | None]
    """Which load balancer's controller is meant, as "service.k8s.aws/nlb". It cannot be changed later."""
    load_balancer_source_ranges: NotRequired[Sequence[Input[str]]]
    """Networks (CIDR) of the clients that the load balancer lets in. By default all."""
    allocate_load_balancer_node_ports: NotRequired[bool]
    """A load balancer gets ports on the nodes. Off for those that lead to the pods themselves. Default: True."""
    ip_families: NotRequired[Sequence[Literal["IPv4", "IPv6"]]]
    """The families of the Service's addresses, the first one first. With "IPv6" the proxy listens on IPv6 as well.
    By default the cluster's own first family, and the proxy listens on IPv4.
    """
    ip_family_policy: NotRequired[Literal["SingleStack", "PreferDualStack", "RequireDualStack"] | None]
    """One family or both. With both the proxy listens on IPv6 as well. By default one."""
