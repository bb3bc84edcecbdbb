"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.enums import NodeRequirementOperator, TolerationEffect, Wish


class TopologySpread(TypedDict):
    """Pods are spread evenly over the values of a node's label."""

    topology_key: Input[str]
    """The node's label."""
    max_skew: NotRequired[Input[int]]
    """So many pods more than where there are fewest. Default: 1."""
    min_domains: NotRequired[Input[int]]
    """At least so many values, with `required` only."""
    wish: NotRequired[Wish]
    """What happens to a pod that does not fit. Default: "preferred"."""


class Toleration(TypedDict):
    """A node's taint that the pods put up with."""

    key: NotRequired[Input[str]]
    """The taint's key; every one by default."""
    value: NotRequired[Input[str]]
    """The taint's value; any by default."""
    effect: NotRequired[TolerationEffect]
    """The taint's effect; every one by default."""
    seconds: NotRequired[Input[int]]
    """How long pods stay on a node that gets the taint, in seconds, with effect "NoExecute" only. For ever by
    default.
    """


class NodeRequirement(TypedDict):
    """A condition on a node's label."""

    key: Input[str]
    """The label."""
    operator: NotRequired[NodeRequirementOperator]
    """How it is compared. Default: "In"."""
    values: NotRequired[list[Input[str]]]
    """With what: any number for In and NotIn, none for Exists and DoesNotExist, one whole number for Gt and Lt."""


class NodeTerm(TypedDict):
    """Nodes that meet every condition."""

    match: list[NodeRequirement]
    """The conditions."""
    weight: NotRequired[Input[int]]
    """Without a weight the pods run on such nodes (or those of another term without a weight) alone; with one, 1 to
    100, such nodes are preferred.
    """


class PodTerm(TypedDict):
    """Pods, found by their labels, that share a node (zone …) with ours, or must not."""

    match_labels: dict[str, Input[str]]
    """The other pods' labels."""
    topology_key: NotRequired[Input[str]]
    """The node's label whose value is shared: a node by default, "topology.kubernetes.io/zone" for a zone."""
    namespaces: NotRequired[list[Input[str]]]
    """The other pods' namespaces; our own by default."""
    weight: NotRequired[Input[int]]
    """Without a weight it is required; with one, 1 to 100, it is preferred."""


class Scheduling(TypedDict):
    """On which nodes the pods run. By default wherever there is room."""

    spread_nodes: NotRequired[Wish]
    """Spread over nodes, evenly but for one pod."""
    spread_zones: NotRequired[Wish]
    """Spread over zones, evenly but for one pod."""
    topology_spread: NotRequired[list[TopologySpread]]
    """Further spreads."""
    separate_replicas: NotRequired[Wish]
    """No two pods of this component on one node. "required" needs a node for each pod, and one more for updates
    before Kubernetes 1.31.
    """
    node_selector: NotRequired[dict[str, Input[str]]]
    """Only nodes with these labels."""
    tolerations: NotRequired[list[Toleration]]
    """Taints of nodes that the pods put up with."""
    node_affinity: NotRequired[list[NodeTerm]]
    """Which nodes, in more words."""
    pod_affinity: NotRequired[list[PodTerm]]
    """Near which other pods."""
    pod_anti_affinity: NotRequired[list[PodTerm]]
    """Away from which other pods."""
    priority_class: NotRequired[Input[str]]
    """Name of a PriorityClass: which pods give way when there is no room."""
    runtime_class: NotRequired[Input[str]]
    """Name of a RuntimeClass: "gvisor", say."""
