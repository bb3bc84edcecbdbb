"""A resource transform that gives picked workloads the sidecar, and their Service the way to it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from pulumi_sidecar import layout
from pulumi_sidecar.inject import shapes, values
from pulumi_sidecar.inject.edits import find
from pulumi_sidecar.inject.faults import claims_of
from pulumi_sidecar.inject.service import warn, with_way_to_proxy
from pulumi_sidecar.inject.template import with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, Object, Wanted
from pulumi_sidecar.inject.watch import Watch
from pulumi_sidecar.inject.workloads import GROUPS, TEMPLATES, changed

_Result = pulumi.ResourceTransformResult | None
Transform = Callable[[pulumi.ResourceTransformArgs], _Result | Awaitable[_Result]]


@dataclass(frozen=True)
class Match:
    """Which workloads are picked: those that meet everything that is given."""

    kinds: tuple[str, ...]
    name: str | None = None
    """metadata.name, or the resource's own name where Pulumi makes up the other."""
    namespace: pulumi.Input[str] | None = None
    labels: Mapping[str, str] | None = None
    """Of the workload or its pods."""
    annotations: Mapping[str, str] | None = None
    """Of the workload or its pods."""

    def __str__(self) -> str:
        space = self.namespace if isinstance(self.namespace, str) else None
        given = {"name": self.name, "namespace": space, "labels": self.labels, "annotations": self.annotations}
        shown = [f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None]
        return f"transform({', '.join([*shown, f'kinds={self.kinds!r}'])})"

    async def known(self) -> Match:
        """With a namespace that is known, or none where it is unknown in this preview."""
        space = await values.seen(self.namespace)
        return replace(self, namespace=space if isinstance(space, str) else None)

    def picks(self, kind: str, name: str, seen: Mapping[str, Any], *, late: bool = False) -> bool:
        """Whether it is one of them.

        :param late: What is unknown in this preview counts as what it should be.
        """
        inner = find(seen, TEMPLATES[kind])
        if kind not in self.kinds or layout.COMPONENT_LABEL in _names(find(inner, ("metadata", "labels"))):
            return False  # a SidecarDeployment has its proxy already
        return self.here(name, self.name, seen, late=late) and all(
            self._has(wanted, field, seen, TEMPLATES[kind], late=late)
            for field, wanted in (("labels", self.labels), ("annotations", self.annotations))
        )

    def here(self, resource: str, wanted: str | None, seen: Mapping[str, Any], *, late: bool = False) -> bool:
        """Whether name and namespace are right, the namespace so far as it is known."""
        space = find(seen, ("metadata", "namespace"))
        right = wanted is None or wanted == shown_name(resource, seen) or (late and _is_late(seen, "metadata", "name"))
        return right and (self.namespace is None or not isinstance(space, str) or space == self.namespace)

    @staticmethod
    def _has(
        wanted: Mapping[str, str] | None, field: str, seen: Mapping[str, Any], path: tuple[str, ...], *, late: bool
    ) -> bool:
        holders = ((*path, "metadata", field), ("metadata", field))
        there = {key: value for holder in holders for key, value in _names(find(seen, holder)).items()}
        return all(
            there.get(key) == value or (late and any(_is_late(seen, *holder, key) for holder in holders))
            for key, value in (wanted or {}).items()
        )


def _is_late(seen: Mapping[str, Any], *path: str) -> bool:
    """Whether what is at the path is unknown in this preview."""
    shape: shapes.Shape = shapes.NAME
    for step in reversed(path):
        shape = {step: shape}
    return shapes.is_late(seen, shape)


def _names(value: Any) -> Mapping[str, Any]:
    """Labels or annotations, so far as they are known."""
    return value if isinstance(value, Mapping) else {}


def shown_name(resource: str, props: Mapping[str, Any]) -> str:
    """metadata.name, or the resource's own name where Pulumi makes up the other, or it is known later, or secret."""
    name = find(props, ("metadata", "name"))
    return name if isinstance(name, str) else resource


# --- the transform ----------------------------------------------------------------------------------------------------


def transform(
    wanted: Wanted, mounted: Mounted, match: Match, depends_on: list[pulumi.Resource], watch: Watch, *, required: bool
) -> Transform:
    """The transform. What is changed depends on what the proxy mounts."""
    picks = watch.add(str(match), required)

    def decide(args: pulumi.ResourceTransformArgs, seen: Mapping[str, Any], match: Match) -> _Result:
        kind = _kind(args)
        subject = f'{wanted.subject}: {kind} "{args.name}"'
        if kind in TEMPLATES:
            watch.workloads[f'{kind} "{shown_name(args.name, args.props)}"'] = None
            picks.possible |= match.picks(kind, args.name, seen, late=True)
            if not match.picks(kind, args.name, seen):
                return None
            picks.found = True
            claims = None if shapes.is_late(seen, shapes.CLAIMS) else claims_of(seen)

            def injected(template: Object) -> Object:
                return with_sidecar(template, wanted, mounted, kind, subject, claims, named=True).document

            made = _workload(args.props, TEMPLATES[kind], injected)
        else:
            watch.services[f'"{shown_name(args.name, args.props)}"'] = None
            watch.service_possible |= match.here(args.name, wanted.plan.name, seen, late=True)
            if not match.here(args.name, wanted.plan.name, seen):
                return None
            made = _service(args.props, lambda service: _led(service, wanted, subject))
        more = pulumi.ResourceOptions(depends_on=depends_on)
        return pulumi.ResourceTransformResult(made, pulumi.ResourceOptions.merge(args.opts, more))

    async def later(args: pulumi.ResourceTransformArgs) -> _Result:
        return decide(args, await values.seen(args.props), await match.known())

    changed_kinds = {*TEMPLATES, *(("Service",) if wanted.leads_service else ())}

    def transformed(args: pulumi.ResourceTransformArgs) -> _Result | Awaitable[_Result]:
        if _kind(args) not in changed_kinds:
            return None  # nothing is awaited: the namespace may be that of this very resource
        if isinstance(match.namespace, pulumi.Output) or values.holds_outputs(args.props):
            return later(args)
        return decide(args, values.plain(args.props), match)

    return transformed


_VERSIONS = {**GROUPS, "Service": "v1"}
"""Kind → its group and version."""


def _kind(args: pulumi.ResourceTransformArgs) -> str:
    """The kind of a workload or Service, else ""; a custom resource of the same kind is another thing."""
    group, _, kind = args.type_.removeprefix("kubernetes:").rpartition(":")
    known = _VERSIONS.get(kind)
    return kind if known is not None and group in (known, f"core/{known}") else ""


def _led(service: Object, wanted: Wanted, subject: str) -> Object:
    warn(service, wanted)
    return with_way_to_proxy(service, wanted, subject).document


def _workload(props: Mapping[str, Any], path: tuple[str, ...], change: Callable[[Object], Object]) -> dict[str, Any]:
    def inject(template: Any) -> Any:
        there = {} if template is None else template
        if shapes.is_late(there, shapes.TEMPLATE):
            return pulumi.Output.from_input(there).apply(change)
        return change(there)

    made = changed(props, path, inject)
    if isinstance(made, pulumi.Output):  # of a Pod, which is its own template: the SDK takes no Output for all of it
        return _with_parts(props, made)
    whole: dict[str, Any] = made
    return whole


def _service(props: Mapping[str, Any], change: Callable[[Object], Object]) -> dict[str, Any]:
    """A Service is changed in two places, its spec and its metadata."""
    there = values.plain(props)
    if not shapes.is_late(there, shapes.SERVICE):
        return {key: values.marked_as(value, props.get(key)) for key, value in change(there).items()}
    whole = pulumi.Output.from_input(values.with_secrets(props)).apply(change)
    return _with_parts(props, whole)


def _with_parts(props: Mapping[str, Any], whole: pulumi.Output[Any]) -> dict[str, Any]:
    """The properties, with metadata and spec of an object that is known later."""
    return {**props, "metadata": whole["metadata"], "spec": whole["spec"]}
