"""The models of `args.scheduling` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.scheduling import NodeRequirement, NodeTerm, PodTerm, Toleration, TopologySpread


class TopologySpreadDict(TypedDict):
    """TopologySpread as a dict.

    Pods are spread evenly over the values of a node's label.
    """

    topology_key: Input[str]
    """The node's label."""
    max_skew: NotRequired[Input[int]]
    """So many pods more than where there are fewest. Default: 1."""
    min_domains: NotRequired[Input[int] | None]
    """At least so many values, with `required` only."""
    wish: NotRequired[Literal["preferred", "required"]]
    """What happens to a pod that does not fit. Default: "preferred"."""


class TolerationDict(TypedDict):
    """Toleration as a dict.

    A node's taint that the pods put up with.
    """

    key: NotRequired[Input[str] | None]
    """The taint's key; every one by default."""
    value: NotRequired[Input[str] | None]
    """The taint's value; any by default."""
    effect: NotRequired[Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None]
    """The taint's effect; every one by default."""
    seconds: NotRequired[Input[int] | None]
    """How long pods stay on a node that gets the taint, in seconds, with effect "NoExecute" only. For ever by
    default.
    """


class NodeRequirementDict(TypedDict):
    """NodeRequirement as a dict.

    A condition on a node's label.
    """

    key: Input[str]
    """The label."""
    operator: NotRequired[Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]]
    """How it is compared. Default: "In"."""
    values: NotRequired[Sequence[Input[str]]]
    """With what: any number for In and NotIn, none for Exists and DoesNotExist, one whole number for Gt and Lt."""


class NodeTermDict(TypedDict):
    """NodeTerm as a dict.

    Nodes that meet every condition.
    """

    match: Sequence[NodeRequirementDict | NodeRequirement]
    """The conditions."""
    weight: NotRequired[Input[int] | None]
    """Without a weight the pods run on such nodes (or those of another term without a weight) alone; with one, 1 to
    100, such nodes are preferred.
    """


class PodTermDict(TypedDict):
    """PodTerm as a dict.

    Pods, found by their labels, that share a node (zone …) with ours, or must not.
    """

    match_labels: Mapping[str, Input[str]]
    """The other pods' labels."""
    topology_key: NotRequired[Input[str]]
    """The node's label whose value is shared: a node by default, "topology.kubernetes.io/zone" for a zone."""
    namespaces: NotRequired[Sequence[Input[str]]]
    """The other pods' namespaces; our own by default."""
    weight: NotRequired[Input[int] | None]
    """Without a weight it is required; with one, 1 to 100, it is preferred."""


class SchedulingDict(TypedDict):
    """Scheduling as a dict.

    On which nodes the pods run. By default wherever there is room.
    """

    spread_nodes: NotRequired[Literal["preferred", "required"] | None]
    """Spread over nodes, evenly but for one pod."""
    spread_zones: NotRequired[Literal["preferred", "required"] | None]
    """Spread over zones, evenly but for one pod."""
    topology_spread: NotRequired[Sequence[TopologySpreadDict | TopologySpread]]
    """Further spreads."""
    separate_replicas: NotRequired[Literal["preferred", "required"] | None]
    """No two pods of this component on one node. "required" needs a node for each pod, and one more for updates
    before Kubernetes 1.31.
    """
    node_selector: NotRequired[Mapping[str, Input[str]]]
    """Only nodes with these labels."""
    tolerations: NotRequired[Sequence[TolerationDict | Toleration]]
    """Taints of nodes that the pods put up with."""
    node_affinity: NotRequired[Sequence[NodeTermDict | NodeTerm]]
    """Which nodes, in more words."""
    pod_affinity: NotRequired[Sequence[PodTermDict | PodTerm]]
    """Near which other pods."""
    pod_anti_affinity: NotRequired[Sequence[PodTermDict | PodTerm]]
    """Away from which other pods."""
    priority_class: NotRequired[Input[str] | None]
    """Name of a PriorityClass: which pods give way when there is no room."""
    runtime_class: NotRequired[Input[str] | None]
    """Name of a RuntimeClass: "gvisor", say."""
