"""On which nodes the pods run."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import model_validator

from pulumi_sidecar.args.base import Args, Labels
from pulumi_sidecar.fields import DnsLabel, LabelKey, LabelValue, LongSeconds, ObjectName, PodCount, Weight, refuse
from pulumi_sidecar.inputs import Value

HOSTNAME = "kubernetes.io/hostname"
"""The label that tells nodes apart."""
ZONE = "topology.kubernetes.io/zone"
"""The label that tells zones apart."""

Wish = Literal["preferred", "required"]
""""required" leaves a pod unscheduled rather than placed wrongly; "preferred" places it as well as it can."""


class TopologySpread(Args):
    """Pods are spread evenly over the values of a node's label."""

    topology_key: Value[LabelKey]
    """The node's label."""
    max_skew: Value[PodCount] = 1
    """So many pods more than where there are fewest."""
    min_domains: Value[PodCount] | None = None
    """At least so many values, with `required` only."""
    wish: Wish = "preferred"
    """What happens to a pod that does not fit."""

    @model_validator(mode="after")
    def _domains(self) -> TopologySpread:
        if self.min_domains is not None and self.wish != "required":
            raise refuse("has min_domains, which only a hard spread can keep", 'Set wish "required", or leave it out.')
        return self


class Toleration(Args):
    """A node's taint that the pods put up with."""

    key: Value[LabelKey] | None = None
    """The taint's key; every one by default."""
    value: Value[LabelValue] | None = None
    """The taint's value; any by default."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; every one by default."""
    seconds: Value[LongSeconds] | None = None
    """How long pods stay on a node that gets the taint, in seconds, with effect "NoExecute" only. For ever by
    default."""

    @model_validator(mode="after")
    def _fits(self) -> Toleration:
        if self.value is not None and self.key is None:
            raise refuse("has a value and no key", "Give the taint's key.")
        if self.seconds is not None and self.effect != "NoExecute":
            raise refuse('has seconds, which go with effect "NoExecute"', "Set that effect, or leave seconds out.")
        return self


class NodeRequirement(Args):
    """A condition on a node's label."""

    key: Value[LabelKey]
    """The label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = "In"
    """How it is compared."""
    values: tuple[Value[LabelValue], ...] = ()
    """With what: any number for In and NotIn, none for Exists and DoesNotExist, one whole number for Gt and Lt."""

    @model_validator(mode="after")
    def _values(self) -> NodeRequirement:
        wanted = {"Exists": "none", "DoesNotExist": "none", "Gt": "one", "Lt": "one"}.get(self.operator, "at least one")
        count = len(self.values)
        if not {"none": count == 0, "one": count == 1, "at least one": count > 0}[wanted]:
            raise refuse(f"has {count} values, and {self.operator} takes {wanted}", "Change operator or values.")
        if wanted == "one" and isinstance(self.values[0], str) and not re.fullmatch("[0-9]+", self.values[0]):
            raise refuse(f"compares a number ({self.operator}) with {self.values[0]!r}", "Give a whole number.")
        return self


class NodeTerm(Args):
    """Nodes that meet every condition."""

    match: tuple[NodeRequirement, ...]
    """The conditions."""
    weight: Value[Weight] | None = None
    """Without a weight the pods run on such nodes (or those of another term without a weight) alone; with one, 1 to
    100, such nodes are preferred."""

    @model_validator(mode="after")
    def _any(self) -> NodeTerm:
        if not self.match:
            raise refuse("has no condition, and would match no node", "Give at least one in `match`.")
        return self


class PodTerm(Args):
    """Pods, found by their labels, that share a node (zone …) with ours, or must not."""

    match_labels: Labels
    """The other pods' labels."""
    topology_key: Value[LabelKey] = HOSTNAME
    """The node's label whose value is shared: a node by default, "topology.kubernetes.io/zone" for a zone."""
    namespaces: tuple[Value[DnsLabel], ...] = ()
    """The other pods' namespaces; our own by default."""
    weight: Value[Weight] | None = None
    """Without a weight it is required; with one, 1 to 100, it is preferred."""


class Scheduling(Args):
    """On which nodes the pods run. By default wherever there is room."""

    spread_nodes: Wish | None = None
    """Spread over nodes, evenly but for one pod."""
    spread_zones: Wish | None = None
    """Spread over zones, evenly but for one pod."""
    topology_spread: tuple[TopologySpread, ...] = ()
    """Further spreads."""
    separate_replicas: Wish | None = None
    """No two pods of this component on one node. "required" needs a node for each pod, and one more for updates before
    Kubernetes 1.31."""
    node_selector: Labels = {}
    """Only nodes with these labels."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints of nodes that the pods put up with."""
    node_affinity: tuple[NodeTerm, ...] = ()
    """Which nodes, in more words."""
    pod_affinity: tuple[PodTerm, ...] = ()
    """Near which other pods."""
    pod_anti_affinity: tuple[PodTerm, ...] = ()
    """Away from which other pods."""
    priority_class: Value[ObjectName] | None = None
    """Name of a PriorityClass: which pods give way when there is no room."""
    runtime_class: Value[ObjectName] | None = None
    """Name of a RuntimeClass: "gvisor", say."""
