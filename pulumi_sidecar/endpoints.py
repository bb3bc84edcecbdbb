"""Where the application is reached: the Service's ports, and URLs out of what the provider returns."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes import core

from pulumi_sidecar import plan as planned
from pulumi_sidecar.args.deployment import Service
from pulumi_sidecar.plan import Plan


def name_of(resource: Any) -> pulumi.Output[str]:
    """The name of a Kubernetes object, as the provider returns it."""
    name: pulumi.Output[str] = resource.metadata.apply(lambda metadata: getattr(metadata, "name", None))
    return name


def namespace_of(asked: Any, resource: core.v1.ConfigMap) -> pulumi.Output[str]:
    """The namespace that was asked for, else the one in which the provider put `resource`."""
    if asked is not None:
        return pulumi.Output.from_input(asked)
    return resource.metadata.apply(lambda metadata: getattr(metadata, "namespace", None) or "default")


def service_ports(plan: Plan, service: Service) -> list[core.v1.ServicePortArgs]:
    """The Service's ports, each to the proxy's port of the same name."""
    ports = [
        core.v1.ServicePortArgs(name=planned.HTTPS, port=service.port, target_port=planned.HTTPS, app_protocol="https")
    ]
    if plan.site.redirect_port:
        ports.append(
            core.v1.ServicePortArgs(
                name=planned.HTTP, port=service.http_port, target_port=planned.HTTP, app_protocol="http"
            )
        )
    return ports


def _https(host: str, port: int) -> str:
    host = f"[{host}]" if ":" in host else host
    return f"https://{host}" if port == 443 else f"https://{host}:{port}"


def internal_url(name: str, namespace: pulumi.Output[str], port: int, resource: core.v1.Service) -> pulumi.Output[str]:
    """The URL by the Service's name. What uses it waits until the Service is there."""
    # The URN is known in previews, too, and carries the dependency on the Service.
    return pulumi.Output.all(namespace, resource.urn).apply(lambda known: _https(f"{name}.{known[0]}.svc", port))


def endpoints(url: pulumi.Output[str], service: Service, resource: core.v1.Service) -> pulumi.Output[dict[str, str]]:
    """URLs by name: `internal`, and `external` as soon as there is an address for clients outside."""
    if service.type == "ClusterIP":
        return url.apply(lambda internal: {"internal": internal})
    return pulumi.Output.all(url=url, host=service.external_host, spec=resource.spec, status=resource.status).apply(
        lambda known: _with_external(service, **known)
    )


def _with_external(service: Service, url: str, host: str | None, spec: Any, status: Any) -> dict[str, str]:
    internal = {"internal": url}
    if service.type == "LoadBalancer":
        address = host or _balancer_address(status)
        return {**internal, "external": _https(address, service.port)} if address else internal
    node_port = _node_port(spec)
    return {**internal, "external": _https(host, node_port)} if host and node_port else internal


def _get(thing: Any, name: str) -> Any:
    """A property of an output type or of a plain dict (mocks), None where any level is missing."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def _balancer_address(status: Any) -> str | None:
    for ingress in _get(_get(status, "load_balancer"), "ingress") or ():
        address: str | None = _get(ingress, "hostname") or _get(ingress, "ip")
        if address:
            return address
    return None


def _node_port(spec: Any) -> int | None:
    for port in _get(spec, "ports") or ():
        if _get(port, "name") == planned.HTTPS and _get(port, "node_port"):
            return int(_get(port, "node_port"))
    return None
