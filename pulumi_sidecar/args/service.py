"""The Service in front of the pods."""

from __future__ import annotations

from typing import Literal

from pulumi_sidecar.args.base import Annotations, Args, Labels
from pulumi_sidecar.fields import Host, LabelKey, Network, Port, Seconds, ServiceName
from pulumi_sidecar.inputs import Value


class Service(Args):
    """The Service in front of the pods."""

    name: ServiceName | None = None
    """Name of the Service, and so of the URL. By default the component's."""
    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """How it is reached."""
    port: Port | None = None
    """The Service's port: by default 443 for HTTPS, and 80 where there is no TLS."""
    http_port: Port = 80
    """The Service's port for plain HTTP, used with `proxy.redirect_http`."""
    annotations: Annotations = {}
    """Annotations of the Service, for example for a cloud's load balancer."""
    labels: Labels = {}
    """Further labels of the Service."""
    external_host: Value[Host] | None = None
    """The name or address by which clients outside reach the Service: of the load balancer's DNS entry, or of a node.
    It becomes one of the certificate's names and the host of `endpoints["external"]`; without it a load balancer's own
    address is used there."""
    headless: bool = False
    """No address of its own: the name leads to the addresses of all pods, and clients connect to the proxy's own port
    (`proxy.https_port`, 8443 by default), which `url` names."""
    publish_not_ready_addresses: bool = False
    """Names and endpoints lead to pods that are not Ready, too."""
    session_affinity: Literal["None", "ClientIP"] = "None"
    """"ClientIP" sends connections from one address to one pod."""
    session_affinity_seconds: Seconds | None = None
    """How long it does so after the last connection, in seconds. Kubernetes' own default: 10800."""
    internal_traffic_policy: Literal["Cluster", "Local"] | None = None
    """"Local" sends connections from within the cluster only to pods of the client's node, and nowhere without one."""
    external_traffic_policy: Literal["Cluster", "Local"] | None = None
    """"Local" sends connections from outside only to pods of the node that they reach: the client's address stays
    visible. With type NodePort or LoadBalancer."""
    node_port: Value[Port] | None = None
    """The port on every node, by default a free one. With type NodePort or LoadBalancer."""
    http_node_port: Value[Port] | None = None
    """As node_port, for plain HTTP (`proxy.redirect_http`). The redirect leads to `service.port`: that is for a load
    balancer in front, which leads its own ports of those numbers to the nodes'."""
    load_balancer_class: Value[LabelKey] | None = None
    """Which load balancer's controller is meant, as "service.k8s.aws/nlb". It cannot be changed later."""
    load_balancer_source_ranges: tuple[Value[Network], ...] = ()
    """Networks (CIDR) of the clients that the load balancer lets in. By default all."""
    allocate_load_balancer_node_ports: bool = True
    """A load balancer gets ports on the nodes. Off for those that lead to the pods themselves."""
    ip_families: tuple[Literal["IPv4", "IPv6"], ...] = ()
    """The families of the Service's addresses, the first one first. With "IPv6" the proxy listens on IPv6 as well. By
    default the cluster's own first family, and the proxy listens on IPv4."""
    ip_family_policy: Literal["SingleStack", "PreferDualStack", "RequireDualStack"] | None = None
    """One family or both. With both the proxy listens on IPv6 as well. By default one."""

    @property
    def ipv6(self) -> bool:
        """Whether clients may come over IPv6."""
        return "IPv6" in self.ip_families or self.ip_family_policy in ("PreferDualStack", "RequireDualStack")
