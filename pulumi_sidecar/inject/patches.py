"""Server-side apply of an injection to objects that Pulumi does not own: read, planned, and only what is added sent."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes import apps, core

from pulumi_sidecar.inject import faults
from pulumi_sidecar.inject.edits import find
from pulumi_sidecar.inject.forms import to_args
from pulumi_sidecar.inject.partial import additions, from_outputs
from pulumi_sidecar.inject.service import warn, with_way_to_proxy
from pulumi_sidecar.inject.template import removed, with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, Wanted

FORCE = {"pulumi.com/patchForce": "true"}
"""What the injection sets is set, whoever set it before: a grace period that is too short, a Service's port."""

_KINDS: dict[str, tuple[Any, Any, Any]] = {
    "Deployment": (apps.v1.Deployment, apps.v1.DeploymentPatch, apps.v1.DeploymentSpecPatchArgs),
    "StatefulSet": (apps.v1.StatefulSet, apps.v1.StatefulSetPatch, apps.v1.StatefulSetSpecPatchArgs),
    "DaemonSet": (apps.v1.DaemonSet, apps.v1.DaemonSetPatch, apps.v1.DaemonSetSpecPatchArgs),
}


def workload(
    wanted: Wanted,
    mounted: Mounted,
    kind: str,
    name: str,
    namespace: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> tuple[apps.v1.DeploymentPatch | apps.v1.StatefulSetPatch | apps.v1.DaemonSetPatch, pulumi.Output[list[str]]]:
    """The patch of a workload, and the names of its app's port."""
    theirs, patch, spec_args = _KINDS[kind]
    found = theirs.get(f"{wanted.name}-{name}-found", pulumi.Output.concat(namespace, "/", name), opts=opts)
    subject = f'{wanted.subject}: {kind} "{name}"'

    def look(spec: Any) -> tuple[dict[str, Any], frozenset[str]]:
        there = from_outputs(spec)
        return removed(there["template"]), faults.claims_of({"spec": there})

    def spec(seen: tuple[dict[str, Any], frozenset[str]]) -> pulumi.Output[Any]:
        before, claims = seen
        edits = with_sidecar(before, wanted, mounted, kind, subject, claims).edits
        return pulumi.Output.from_input(to_args({"template": additions(edits, before)}, spec_args))

    def names(seen: tuple[dict[str, Any], frozenset[str]]) -> list[str]:
        before, _ = seen
        app = faults.app_container(before, wanted, subject)
        ports = find(before, ("spec", "containers", {"name": app}, "ports")) or ()
        return [port["name"] for port in ports if port.get("containerPort") == wanted.args.app.port and "name" in port]

    seen = found.spec.apply(look)
    made = patch(
        f"{wanted.name}-{name}-patch",
        metadata={"name": name, "namespace": namespace, "annotations": FORCE},
        spec=seen.apply(spec),
        opts=opts,
    )
    return made, seen.apply(names)


def service(
    wanted: Wanted, app_ports: pulumi.Output[list[str]], namespace: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> core.v1.ServicePatch:
    """The patch of the workload's Service."""
    name = wanted.plan.name
    found = core.v1.Service.get(f"{wanted.name}-service-found", pulumi.Output.concat(namespace, "/", name), opts=opts)
    subject = f'{wanted.subject}: Service "{name}"'

    def body(known: list[Any]) -> dict[str, Any]:
        there = removed({"metadata": known[0], "spec": known[1]})
        # Without those that we ask for ourselves: a second update shall send the same as the first.
        annotations = there["metadata"].pop("annotations", None) or {}
        if theirs := {key: value for key, value in annotations.items() if key not in FORCE}:
            there["metadata"]["annotations"] = theirs
        warn(there, wanted, frozenset(known[2]))
        return additions(with_way_to_proxy(there, wanted, subject, frozenset(known[2])).edits, there)

    # Each by itself: Output.all makes dicts of them, in snake_case.
    seen = [each.apply(from_outputs) for each in (found.metadata, found.spec)]
    added = pulumi.Output.all(*seen, app_ports).apply(body)
    return core.v1.ServicePatch(
        f"{wanted.name}-service-patch",
        metadata={
            "name": name,
            "namespace": namespace,
            "annotations": added.apply(lambda known: {**FORCE, **known["metadata"]["annotations"]}),
        },
        spec=added.apply(lambda known: to_args(known["spec"], core.v1.ServiceSpecPatchArgs)),
        opts=opts,
    )
