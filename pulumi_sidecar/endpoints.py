"""Where the application is reached: the Service's ports, and URLs out of what the provider returns."""

from __future__ import annotations

from typing import Any, cast

import pulumi
from pulumi_kubernetes import core

from pulumi_sidecar import layout
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.service import Service
from pulumi_sidecar.plan import Plan


def name_of(resource: Any) -> pulumi.Output[Any]:
    """The name of a Kubernetes object, as the provider returns it; None where there is no object."""
    if resource is None:
        return pulumi.Output.from_input(None)
    # The metadata of a Secret may count as secret (its last-applied annotation is); its name must not, or the whole of
    # a Deployment that mounts it would.
    name: pulumi.Output[Any] = pulumi.Output.unsecret(
        resource.metadata.apply(lambda metadata: getattr(metadata, "name", None))
    )
    return name


def namespace_of(asked: Any, resource: core.v1.ConfigMap | None) -> pulumi.Output[str]:
    """The namespace that was asked for, else the one in which the provider put `resource`."""
    if asked is not None or resource is None:
        return cast(pulumi.Output[str], pulumi.Output.from_input(asked))
    return resource.metadata.apply(lambda metadata: getattr(metadata, "namespace", None) or "default")


def service_ports(plan: Plan, args: SidecarDeploymentArgs) -> list[core.v1.ServicePortArgs]:
    """The Service's ports, each to the container port of the same name. None where nothing listens on a port."""
    ports: dict[str, tuple[int, Any]] = {}
    if plan.proxy is not None or args.app.port:
        ports = {plan.scheme: (plan.service_port, args.service.node_port)}
    if plan.proxy is not None and plan.proxy.site.redirect_port:
        port = plan.proxy.site.redirect_port if args.service.headless else args.service.http_port
        ports[layout.HTTP] = (port, args.service.http_node_port)
    # Before Kubernetes 1.32 a Service does not find the named ports of init containers, which native sidecars are.
    numbers = plan.proxy.ports if plan.proxy and plan.proxy.lifecycle == "native" else {}
    return [
        core.v1.ServicePortArgs(
            name=name, port=port, target_port=numbers.get(name, name), app_protocol=name, node_port=node_port
        )
        for name, (port, node_port) in ports.items()
    ]


_USUAL_PORTS = {layout.HTTPS: 443, layout.HTTP: 80}


def _url(scheme: str, host: str, port: int) -> str:
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" if port == _USUAL_PORTS[scheme] else f"{scheme}://{host}:{port}"


def url_in_cluster(plan: Plan, namespace: pulumi.Output[str]) -> pulumi.Output[str]:
    """The URL by the Service's name, whoever makes the Service."""
    return namespace.apply(lambda known: _url(plan.scheme, f"{plan.name}.{known}.svc", plan.service_port))


def internal_url(plan: Plan, namespace: pulumi.Output[str], resource: core.v1.Service | None) -> pulumi.Output[Any]:
    """The URL by the Service's name. What uses it waits until the Service is there."""
    if resource is None:
        return pulumi.Output.from_input(None)
    if plan.proxy is None:  # nothing but the Service itself tells the provider's namespace
        space = resource.metadata.apply(lambda metadata: getattr(metadata, "namespace", None) or "default")
        return space.apply(lambda known: _url(plan.scheme, f"{plan.name}.{known}.svc", plan.service_port))
    # The URN is known in previews, too, and carries the dependency on the Service.
    url: pulumi.Output[Any] = resource.urn.apply(
        lambda _: namespace.apply(lambda known: _url(plan.scheme, f"{plan.name}.{known}.svc", plan.service_port))
    )
    return url


def endpoints(
    url: pulumi.Output[Any], plan: Plan, args: SidecarDeploymentArgs, resource: core.v1.Service | None
) -> pulumi.Output[dict[str, str]]:
    """URLs by name: `internal`, and `external` as soon as there is an address for clients outside: by an Ingress or a
    Gateway, else by the Service."""
    service = args.service
    for entry in (args.ingress, args.gateway):
        if entry is not None and entry.hosts:
            path = getattr(entry, "path", "/").rstrip("/")
            return pulumi.Output.all(url, entry.hosts[0]).apply(
                lambda known: _with_entry(known[0], known[1], path)  # noqa: B023 (the loop ends here)
            )
    if resource is None or service.type == "ClusterIP":
        return url.apply(lambda internal: {"internal": internal} if internal else {})
    return pulumi.Output.all(url=url, host=service.external_host, spec=resource.spec, status=resource.status).apply(
        lambda known: _with_external(plan, service, **known)
    )


def _with_entry(url: str, host: str, path: str) -> dict[str, str]:
    return {"internal": url} | ({} if host.startswith("*.") else {"external": f"https://{host}{path}"})


def _with_external(plan: Plan, service: Service, url: str, host: str | None, spec: Any, status: Any) -> dict[str, str]:
    internal = {"internal": url}
    if service.type == "LoadBalancer":
        address = host or _balancer_address(status)
        return {**internal, "external": _url(plan.scheme, address, plan.service_port)} if address else internal
    node_port = _node_port(plan.scheme, spec)
    return {**internal, "external": _url(plan.scheme, host, node_port)} if host and node_port else internal


def _get(thing: Any, name: str) -> Any:
    """A property of an output type or of a plain dict (mocks), None where any level is missing."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def _balancer_address(status: Any) -> str | None:
    for ingress in _get(_get(status, "load_balancer"), "ingress") or ():
        address: str | None = _get(ingress, "hostname") or _get(ingress, "ip")
        if address:
            return address
    return None


def _node_port(name: str, spec: Any) -> int | None:
    for port in _get(spec, "ports") or ():
        if _get(port, "name") == name and _get(port, "node_port"):
            return int(_get(port, "node_port"))
    return None
