"""Server-side apply of an injection to objects that Pulumi does not own: read, planned, and only what is added sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import get_root_resource
from pulumi_kubernetes import apps, core

from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.inject import faults
from pulumi_sidecar.inject.edits import Editor, find
from pulumi_sidecar.inject.forms import to_args
from pulumi_sidecar.inject.partial import additions, before_patch, from_outputs, given_back, lost
from pulumi_sidecar.inject.service import warn, with_way_to_proxy
from pulumi_sidecar.inject.template import ROOM_FOR_ONE, with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, Wanted

FORCE = {"pulumi.com/patchForce": "true"}
"""What the injection sets is set, whoever set it before: a grace period that is too short, a Service's port."""

_KINDS: dict[str, tuple[Any, Any, Any]] = {
    "Deployment": (apps.v1.Deployment, apps.v1.DeploymentPatch, apps.v1.DeploymentSpecPatchArgs),
    "StatefulSet": (apps.v1.StatefulSet, apps.v1.StatefulSetPatch, apps.v1.StatefulSetSpecPatchArgs),
    "DaemonSet": (apps.v1.DaemonSet, apps.v1.DaemonSetPatch, apps.v1.DaemonSetSpecPatchArgs),
}


_PATCHED: WeakKeyDictionary[pulumi.Resource, list[tuple[str, str, pulumi.Output[str], str]]] = WeakKeyDictionary()
"""A program's stack → what its injections patch: kind, name, namespace, and the injection's name."""

_Check = pulumi.Output[None] | None
_Seen = tuple[dict[str, Any], dict[str, Any], frozenset[str]]
"""A workload's template as it is on the cluster and as it was before the patch, and the names of its claims."""


def _alone(wanted: Wanted, kind: str, name: str, namespace: pulumi.Output[str], subject: str) -> _Check:
    """A check that no other patch of the program is of the same workload: each would take away what the other sets.

    :raises ArgumentsError: This injection patches it already.
    """
    root = get_root_resource()
    known = _PATCHED.setdefault(root, []) if root is not None else []
    rivals = [(space, other) for of, called, space, other in known if (of, called) == (kind, name)]
    known.append((kind, name, namespace, wanted.name))

    def refuse(other: str) -> NoReturn:
        reason = f'is of what SidecarInjection "{other}" patches'
        raise ArgumentsError(subject, [Problem("patch", reason, ROOM_FOR_ONE)])

    def check(spaces: list[str]) -> None:
        for space, (_, other) in zip(spaces[1:], rivals, strict=True):
            if space == spaces[0]:
                refuse(other)

    if wanted.name in [other for _, other in rivals]:
        refuse(wanted.name)
    spaces: pulumi.Output[list[str]] = pulumi.Output.all(namespace, *[space for space, _ in rivals])
    return spaces.apply(check) if rivals else None


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
    subject = f'{wanted.subject}: {kind} "{name}"'
    checked = _alone(wanted, kind, name, namespace, subject)
    found = theirs.get(f"{wanted.name}-{name}-found", pulumi.Output.concat(namespace, "/", name), opts=opts)

    def look(spec: Any) -> _Seen:
        there = from_outputs(spec)
        return there["template"], before_patch(there["template"]), faults.claims_of({"spec": there})

    def spec(seen: _Seen) -> pulumi.Output[Any]:
        live, before, claims = seen
        editor = with_sidecar(before, wanted, mounted, kind, subject, claims)
        return pulumi.Output.from_input(to_args({"template": _body(live, before, editor, subject)}, spec_args))

    def names(seen: _Seen) -> list[str]:
        _, before, _ = seen
        app = faults.app_container(before, wanted, subject)
        ports = find(before, ("spec", "containers", {"name": app}, "ports")) or ()
        return [port["name"] for port in ports if port.get("containerPort") == wanted.args.app.port and "name" in port]

    seen = found.spec.apply(look)
    if checked is not None:
        there = seen
        seen = checked.apply(lambda _: there)
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
        live = {"metadata": known[0], "spec": known[1]}
        before, names = before_patch(live, FORCE), frozenset(known[2])
        warn(before, wanted, names)
        return _body(live, before, with_way_to_proxy(before, wanted, subject, names), subject)

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


def _body(live: Mapping[str, Any], before: Mapping[str, Any], editor: Editor, subject: str) -> dict[str, Any]:
    """What is sent. Warns of what the end of the patch will not give back."""
    more = given_back(live, editor.edits)
    if gone := lost([*editor.undo, *more]):
        pulumi.warn(
            f"{subject}: when this patch is destroyed, {', '.join(gone)} becomes Kubernetes' default, not what it was. "
            "Apply the owner's manifest again then."
        )
    return additions([*editor.edits, *more], before)
