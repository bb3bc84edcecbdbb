"""A resource transform that gives picked workloads the sidecar, and their Service the way to it."""

from __future__ import annotations

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
        name, space = metadata.get("name"), metadata.get("namespace")
        right = wanted is None or wanted == (name if isinstance(name, str) else resource)
        return right and (self.namespace is None or not isinstance(space, str) or space == self.namespace)

    @staticmethod
    def _has(wanted: Mapping[str, str] | None, field: str, props: Mapping[str, Any], inner: Any) -> bool:
        there = {**(find(inner, ("metadata", field)) or {}), **(find(_plain(props), ("metadata", field)) or {})}
        return all(there.get(key) == value for key, value in (wanted or {}).items())


def _plain(value: Any) -> Any:
    """Without the marks of secrets, to look at."""
    value = rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, Mapping) else value


def transform(wanted: Wanted, mounted: Mounted, match: Match, depends_on: list[pulumi.Resource]) -> Transform:
    """The transform. What is changed depends on what the proxy mounts."""

    def change(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        group, _, kind = args.type_.removeprefix("kubernetes:").rpartition(":")
        props = args.props
        subject = f'{wanted.subject}: {kind} "{args.name}"'
        if kind in TEMPLATES and group in (GROUPS[kind], f"core/{GROUPS[kind]}"):
            if not match.picks(kind, args.name, props):
                return None
            made = changed(
                props,
                TEMPLATES[kind],
                lambda template: with_sidecar(template or {}, wanted, mounted, kind, subject).document,
            )
        elif args.type_ == "kubernetes:core/v1:Service" and wanted.plan.proxy and wanted.args.service.ports != "leave":
            if not match.here(args.name, wanted.plan.name, props):
                return None
            made = _service(props, lambda service: with_way_to_proxy(service, wanted, subject).document)
        else:
            return None
        more = pulumi.ResourceOptions(depends_on=depends_on)
        return pulumi.ResourceTransformResult(made, pulumi.ResourceOptions.merge(args.opts, more))

    return change


def _service(props: Mapping[str, Any], change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """A Service is changed in two places, its spec and its metadata; neither is ever a secret of its own."""
    return change({key: _plain(value) for key, value in props.items()})
