"""The way to the pods: the Service."""

from __future__ import annotations

from pulumi_kubernetes import core

from pulumi_sidecar import endpoints
from pulumi_sidecar.build import Build


def service(build: Build) -> core.v1.Service | None:
    """`NAME-service`; None where the app listens on no port."""
    args, plan = build.args, build.plan
    ports = endpoints.service_ports(plan, args)
    if not ports:
        return None
    return core.v1.Service(
        f"{build.name}-service",
        metadata=build.metadata(plan.name, args.service.annotations),
        spec=core.v1.ServiceSpecArgs(type=args.service.type, selector=plan.selector, ports=ports),
        opts=build.opts,
    )
