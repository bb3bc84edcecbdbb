"""Build: one component that is being made, for every room that makes children of it. Creates nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import meta

from pulumi_sidecar import pod
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.plan import Plan


@dataclass(frozen=True)
class Build:
    """What is asked for, what is planned, and whose children the objects are."""

    subject: str
    """How messages name the component."""
    name: str
    """Name of the component. Children are named after it."""
    plan: Plan
    args: SidecarDeploymentArgs
    opts: pulumi.ResourceOptions
    """Every child's: the component is its parent."""

    def metadata(
        self,
        name: str | None = None,
        annotations: Mapping[str, Any] | None = None,
        labels: Mapping[str, Any] | None = None,
    ) -> meta.v1.ObjectMetaArgs:
        """Namespace and labels of every object. The name is left to Pulumi, unless it is given; `labels` come on top,
        under the one that selects."""
        return meta.v1.ObjectMetaArgs(
            name=name,
            namespace=self.args.namespace,
            labels={**pod.labels(self.plan, self.args), **(labels or {}), **self.plan.selector},
            annotations=dict(annotations) if annotations else None,
        )
