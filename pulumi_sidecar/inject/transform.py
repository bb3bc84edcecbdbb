"""A resource transform that gives picked workloads the sidecar, and their Service the way to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import rpc

from pulumi_sidecar import layout
from pulumi_sidecar.inject.edits import find
from pulumi_sidecar.inject.service import with_way_to_proxy
from pulumi_sidecar.inject.template import with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, Wanted
from pulumi_sidecar.inject.watch import Watch
from pulumi_sidecar.inject.workloads import GROUPS, TEMPLATES, changed

Transform = Callable[[pulumi.ResourceTransformArgs], pulumi.ResourceTransformResult | None]


@dataclass(frozen=True)
class Match:
    """Which workloads are picked: those that meet everything that is given."""

    kinds: tuple[str, ...]
    name: str | None = None
    """metadata.name, or the resource's own name where Pulumi makes up the other."""
    namespace: str | None = None
    labels: Mapping[str, str] | None = None
    """Of the workload or its pods."""
    annotations: Mapping[str, str] | None = None
    """Of the workload or its pods."""

    def __str__(self) -> str:
        given = {"name": self.name, "namespace": self.namespace, "labels": self.labels, "annotations": self.annotations}
        shown = [f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None]
        return f"transform({', '.join([*shown, f'kinds={self.kinds!r}'])})"

    def picks(self, kind: str, name: str, props: Mapping[str, Any]) -> bool:
        """Whether it is one of them."""
        inner = find(_plain(props), TEMPLATES[kind])
        if kind not in self.kinds or layout.COMPONENT_LABEL in (find(inner, ("metadata", "labels")) or {}):
            return False  # a SidecarDeployment has its proxy already
        return self.here(name, self.name, props) and all(
            self._has(wanted, field, props, inner)
            for field, wanted in (("labels", self.labels), ("annotations", self.annotations))
        )

    def here(self, resource: str, wanted: str | None, props: Mapping[str, Any]) -> bool:
        """Whether name and namespace are right, so far as they are known."""
        metadata = _plain(props.get("metadata")) or {}
        space = metadata.get("namespace")
        right = wanted is None or wanted == shown_name(resource, props)
        return right and (self.namespace is None or not isinstance(space, str) or space == self.namespace)

    @staticmethod
    def _has(wanted: Mapping[str, str] | None, field: str, props: Mapping[str, Any], inner: Any) -> bool:
        there = {**(find(inner, ("metadata", field)) or {}), **(find(_plain(props), ("metadata", field)) or {})}
        return all(there.get(key) == value for key, value in (wanted or {}).items())


def shown_name(resource: str, props: Mapping[str, Any]) -> str:
    """metadata.name, or the resource's own name where Pulumi makes up the other."""
    name = (_plain(props.get("metadata")) or {}).get("name")
    return name if isinstance(name, str) else resource


def _plain(value: Any) -> Any:
    """Without the marks of secrets, to look at."""
    value = rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def transform(
    wanted: Wanted, mounted: Mounted, match: Match, depends_on: list[pulumi.Resource], watch: Watch, *, required: bool
) -> Transform:
    """The transform. What is changed depends on what the proxy mounts."""
    picks = watch.add(str(match), required)

    def change(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        group, _, kind = args.type_.removeprefix("kubernetes:").rpartition(":")
        props = args.props
        subject = f'{wanted.subject}: {kind} "{args.name}"'
        if kind in TEMPLATES and group in (GROUPS[kind], f"core/{GROUPS[kind]}"):
            watch.workloads[f'{kind} "{shown_name(args.name, props)}"'] = None
            if not match.picks(kind, args.name, props):
                return None
            picks.found = True
            made = changed(
                props,
                TEMPLATES[kind],
                lambda template: with_sidecar(template or {}, wanted, mounted, kind, subject).document,
            )
        elif args.type_ == "kubernetes:core/v1:Service" and wanted.plan.proxy and wanted.args.service.ports != "leave":
            watch.services[f'"{shown_name(args.name, props)}"'] = None
            if not match.here(args.name, wanted.plan.name, props):
                return None
            watch.service_found = True
            made = _service(props, lambda service: with_way_to_proxy(service, wanted, subject).document)
        else:
            return None
        more = pulumi.ResourceOptions(depends_on=depends_on)
        return pulumi.ResourceTransformResult(made, pulumi.ResourceOptions.merge(args.opts, more))

    return change


def _service(props: Mapping[str, Any], change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """A Service is changed in two places, its spec and its metadata; neither is ever a secret of its own."""
    return change({key: _plain(value) for key, value in props.items()})
