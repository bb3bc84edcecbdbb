"""Arguments about the Service and the network that are right one by one, and do not go together."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.service import Service
from pulumi_sidecar.errors import Problem


def problems(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """What does not go together about the Service and the NetworkPolicy."""
    service = args.service
    yield from _types(service)
    yield from _families(service)
    if service.headless:
        yield from _headless(args)
    if service.session_affinity_seconds is not None and service.session_affinity != "ClientIP":
        remedy = 'Set service.session_affinity "ClientIP", or leave it out.'
        yield Problem("service.session_affinity_seconds", "goes with session_affinity", remedy)
    redirects = args.proxy is not None and args.proxy.redirect_http
    if service.http_node_port is not None and not redirects:
        remedy = "Set it, or leave http_node_port out."
        yield Problem("service.http_node_port", "is for plain HTTP, and proxy.redirect_http is off", remedy)
    if isinstance(service.node_port, int) and service.node_port == service.http_node_port:
        yield Problem("service.http_node_port", "is the same port as node_port", "Move one.", service.http_node_port)
    yield from _metrics(args)


def _given(service: Service, *fields: str) -> Iterator[str]:
    for name in fields:
        if name in service.model_fields_set and getattr(service, name) != type(service).model_fields[name].default:
            yield name


_OF_NODES = ("external_traffic_policy", "node_port", "http_node_port")
_OF_BALANCERS = ("load_balancer_class", "load_balancer_source_ranges", "allocate_load_balancer_node_ports")


def _types(service: Service) -> Iterator[Problem]:
    """What the API server refuses for a Service of that type."""
    if service.type == "ClusterIP":
        for name in _given(service, *_OF_NODES):
            remedy = 'Set service.type "NodePort" or "LoadBalancer", or leave it out.'
            yield Problem(f"service.{name}", 'is for clients outside, and service.type is "ClusterIP"', remedy)
    if service.type != "LoadBalancer":
        for name in _given(service, *_OF_BALANCERS):
            reason = f'is for load balancers, and service.type is "{service.type}"'
            yield Problem(f"service.{name}", reason, 'Set service.type "LoadBalancer", or leave it out.')


def _families(service: Service) -> Iterator[Problem]:
    families = service.ip_families
    if len(set(families)) < len(families):
        yield Problem("service.ip_families", "names a family twice", "Name each once.")
    elif len(families) == 2 and service.ip_family_policy in (None, "SingleStack"):
        remedy = 'Set service.ip_family_policy "PreferDualStack" or "RequireDualStack".'
        yield Problem("service.ip_families", "are two, and the policy is a single one", remedy)


def _headless(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    service = args.service
    if service.type != "ClusterIP":
        reason = f'is set, and service.type "{service.type}" needs an address'
        yield Problem("service.headless", reason, 'Use service.type "ClusterIP", or leave it out.', True)
    place = "proxy.https_port" if args.proxy is not None else "app.port"
    for name in _given(service, "port", "http_port", "session_affinity", "internal_traffic_policy"):
        other = {"port": place, "http_port": "proxy.http_port"}.get(name)
        remedy = f"Set {other} in its place." if other else "Leave it out."
        reason = "does nothing with service.headless: clients connect to the pods themselves"
        yield Problem(f"service.{name}", reason, remedy, getattr(service, name))


def _metrics(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    if args.network_policy is None or not args.network_policy.allow_metrics_from:
        return
    exporter = args.metrics is not None and args.metrics.exporter
    if not exporter and args.certificate_alert is None and not any(each.ports for each in args.sidecars.values()):
        reason = "lets somebody in, and there is no port for metrics"
        yield Problem("network_policy.allow_metrics_from", reason, "Leave it out.")
