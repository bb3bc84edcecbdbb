"""The way to the pods: the Service, and the NetworkPolicy that closes every other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from pulumi_kubernetes import core, meta, networking

from pulumi_sidecar import endpoints, layout
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.network import AddressPeers, Peers, PodPeers
from pulumi_sidecar.args.service import Service
from pulumi_sidecar.build import Build
from pulumi_sidecar.plan import Plan


def service(build: Build, annotations: Mapping[str, Any]) -> core.v1.Service | None:
    """`NAME-service`; None where the app listens on no port."""
    args, plan = build.args.service, build.plan
    ports = endpoints.service_ports(plan, build.args)
    if not ports:
        return None
    return core.v1.Service(
        f"{build.name}-service",
        metadata=build.metadata(plan.name, annotations, args.labels),
        spec=core.v1.ServiceSpecArgs(
            type=args.type,
            selector=plan.selector,
            ports=ports,
            cluster_ip="None" if args.headless else None,
            publish_not_ready_addresses=args.publish_not_ready_addresses or None,
            session_affinity="ClientIP" if args.session_affinity == "ClientIP" else None,
            session_affinity_config=_affinity(args),
            internal_traffic_policy=args.internal_traffic_policy,
            external_traffic_policy=args.external_traffic_policy,
            load_balancer_class=args.load_balancer_class,
            load_balancer_source_ranges=list(args.load_balancer_source_ranges) or None,
            allocate_load_balancer_node_ports=None if args.allocate_load_balancer_node_ports else False,
            ip_families=list(args.ip_families) or None,
            ip_family_policy=args.ip_family_policy,
        ),
        opts=build.opts,
    )


def _affinity(args: Service) -> core.v1.SessionAffinityConfigArgs | None:
    if args.session_affinity_seconds is None:
        return None
    client = core.v1.ClientIPConfigArgs(timeout_seconds=args.session_affinity_seconds)
    return core.v1.SessionAffinityConfigArgs(client_ip=client)


# --- who may connect --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Purposes:
    """The pods' ports by what they are for, each by its name (those of further sidecars as SIDECAR/NAME)."""

    clients: Mapping[str, int] = field(default_factory=dict)
    """For those whom the application serves."""
    probes: Mapping[str, int] = field(default_factory=dict)
    """For the kubelet."""
    metrics: Mapping[str, int] = field(default_factory=dict)
    """For Prometheus, and whatever else asks further sidecars."""


def purposes(plan: Plan, args: SidecarDeploymentArgs) -> Purposes:
    """What each port is for. A port of the proxy with a name that is not known here is one for metrics."""
    # Two sidecars may have a port of the same name.
    others = {f"{sidecar}/{name}": port for sidecar, each in args.sidecars.items() for name, port in each.ports.items()}
    others |= {layout.CERTIFICATES: args.certificate_alert.port} if args.certificate_alert else {}
    others |= {layout.METRICS: args.metrics.exporter.port} if args.metrics and args.metrics.exporter else {}
    if plan.proxy is None:
        return Purposes({layout.HTTP: args.app.port} if args.app.port else {}, {}, others)
    known = (layout.HTTPS, layout.HTTP, layout.STATUS)
    return Purposes(
        {name: port for name, port in plan.proxy.ports.items() if name in (layout.HTTPS, layout.HTTP)},
        {name: port for name, port in plan.proxy.ports.items() if name == layout.STATUS},
        {name: port for name, port in plan.proxy.ports.items() if name not in known} | others,
    )


def policy(build: Build) -> networking.v1.NetworkPolicy | None:
    """`NAME-policy`; None where none is asked for. Probes need no rule: the kubelet is always let through."""
    args = build.args.network_policy
    if args is None:
        return None
    ports = purposes(build.plan, build.args)
    rules = [_rule(ports.clients, args.allow_from)] if ports.clients else []
    rules += [_rule(ports.metrics, args.allow_metrics_from)] if args.allow_metrics_from else []
    return networking.v1.NetworkPolicy(
        f"{build.name}-policy",
        metadata=build.metadata(),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(match_labels=build.plan.selector),
            policy_types=["Ingress"],
            ingress=rules,
        ),
        opts=build.opts,
    )


def _rule(ports: Mapping[str, int], peers: Sequence[Peers]) -> networking.v1.NetworkPolicyIngressRuleArgs:
    return networking.v1.NetworkPolicyIngressRuleArgs(
        # Numbers: not every plugin knows the ports' names.
        ports=[networking.v1.NetworkPolicyPortArgs(port=port, protocol="TCP") for port in ports.values()],
        from_=[_peers(each) for each in peers] or None,
    )


def _peers(peers: Peers) -> networking.v1.NetworkPolicyPeerArgs:
    match peers:
        case AddressPeers(cidr=cidr, except_cidrs=without):
            block = networking.v1.IPBlockArgs(cidr=cidr, except_=list(without) or None)
            return networking.v1.NetworkPolicyPeerArgs(ip_block=block)
        case PodPeers(match_labels=labels):
            return networking.v1.NetworkPolicyPeerArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=dict(labels) or None),
                namespace_selector=_namespaces(peers),
            )
        case _:
            assert_never(peers)


NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that every namespace has."""


def _namespaces(peers: PodPeers) -> meta.v1.LabelSelectorArgs | None:
    if peers.namespaces:
        named = meta.v1.LabelSelectorRequirementArgs(key=NAMESPACE_NAME, operator="In", values=list(peers.namespaces))
        return meta.v1.LabelSelectorArgs(match_expressions=[named])
    if peers.namespace_labels:
        return meta.v1.LabelSelectorArgs(match_labels=dict(peers.namespace_labels))
    return meta.v1.LabelSelectorArgs() if peers.all_namespaces else None
