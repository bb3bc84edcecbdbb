"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.enums import (
    ServiceInternalTrafficPolicy,
    ServiceIpFamilies,
    ServiceIpFamilyPolicy,
    ServiceSessionAffinity,
    ServiceType,
)


class Service(TypedDict):
    """The Service in front of the pods."""

    name: NotRequired[str]
    """Name of the Service, and so of the URL. By default the component's."""
    type: NotRequired[ServiceType]
    """How it is reached. Default: "ClusterIP"."""
    port: NotRequired[int]
    """The Service's port: by default 443 for HTTPS, and 80 where there is no TLS."""
    http_port: NotRequired[int]
    """The Service's port for plain HTTP, used with `proxy.redirectHttp`. Default: 80."""
    annotations: NotRequired[dict[str, Input[str]]]
    """Annotations of the Service, for example for a cloud's load balancer."""
    labels: NotRequired[dict[str, Input[str]]]
    """Further labels of the Service."""
    external_host: NotRequired[Input[str]]
    """The name or address by which clients outside reach the Service: of the load balancer's DNS entry, or of a
    node. It becomes one of the certificate's names and the host of `endpoints["external"]`; without it a load
    balancer's own address is used there.
    """
    headless: NotRequired[bool]
    """No address of its own: the name leads to the addresses of all pods, and clients connect to the proxy's own
    port (`proxy.httpsPort`, 8443 by default), which `url` names.
    """
    publish_not_ready_addresses: NotRequired[bool]
    """Names and endpoints lead to pods that are not Ready, too. Default: false."""
    session_affinity: NotRequired[ServiceSessionAffinity]
    """"ClientIP" sends connections from one address to one pod. Default: "None"."""
    session_affinity_seconds: NotRequired[int]
    """How long it does so after the last connection, in seconds. Kubernetes' own default: 10800."""
    internal_traffic_policy: NotRequired[ServiceInternalTrafficPolicy]
    """"Local" sends connections from within the cluster only to pods of the client's node, and nowhere without one."""
    external_traffic_policy: NotRequired[ServiceInternalTrafficPolicy]
    """"Local" sends connections from outside only to pods of the node that they reach: the client's address stays
    visible. With type NodePort or LoadBalancer.
    """
    node_port: NotRequired[Input[int]]
    """The port on every node, by default a free one. With type NodePort or LoadBalancer."""
    http_node_port: NotRequired[Input[int]]
    """As nodePort, for plain HTTP (`proxy.redirectHttp`). The redirect leads to `service.port`: that is for a load
    balancer in front, which leads its own ports of those numbers to the nodes'.
    """
    load_balancer_class: NotRequired[Input[str]]
    """Which load balancer's controller is meant, as "service.k8s.aws/nlb". It cannot be changed later."""
    load_balancer_source_ranges: NotRequired[list[Input[str]]]
    """Networks (CIDR) of the clients that the load balancer lets in. By default all."""
    allocate_load_balancer_node_ports: NotRequired[bool]
    """A load balancer gets ports on the nodes. Off for those that lead to the pods themselves. Default: true."""
    ip_families: NotRequired[list[ServiceIpFamilies]]
    """The families of the Service's addresses, the first one first. With "IPv6" the proxy listens on IPv6 as well.
    By default the cluster's own first family, and the proxy listens on IPv4.
    """
    ip_family_policy: NotRequired[ServiceIpFamilyPolicy]
    """One family or both. With both the proxy listens on IPv6 as well. By default one."""
