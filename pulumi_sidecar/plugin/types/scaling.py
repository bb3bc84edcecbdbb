"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import Any, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.enums import (
    AutoscalingMeasure,
    DisruptionBudgetUnhealthyPods,
    MetricKind,
    ScalingRulesSelect,
)


class Metric(TypedDict):
    """A metric that is neither CPU nor memory, tagged by `kind`."""

    kind: MetricKind
    """Which of them it is."""
    name: NotRequired[Input[str]]
    """Required. Name of the metric."""
    value: NotRequired[Input[str]]
    """(Kind "pods") Required. What each pod should have on average: "100", "500m". (Kind "object", "external")
    Required. What the metric should be.
    """
    match_labels: NotRequired[dict[str, Input[str]]]
    """Only series with these labels."""
    api_version: NotRequired[Input[str]]
    """(Kind "object") Required. The object's, as "networking.k8s.io/v1"."""
    object_kind: NotRequired[Input[str]]
    """(Kind "object") Required. The object's kind, as "Ingress"."""
    object_name: NotRequired[Input[str]]
    """(Kind "object") Required. The object's name."""
    per_pod: NotRequired[bool]
    """(Kind "object", "external") `value` is the metric's share of each pod. Default: false."""


class ScalingRules(TypedDict):
    """How fast the autoscaler may go in one direction. What is left out is Kubernetes' own default."""

    stabilization_seconds: NotRequired[Input[int]]
    """Look back that long, in seconds, 0 to 3600, and take the most careful of what was advised since. Kubernetes'
    own defaults: 300 for scaling down, 0 for scaling up.
    """
    pods: NotRequired[Input[int]]
    """At most so many pods within `periodSeconds`."""
    percent: NotRequired[Input[int]]
    """At most that share of the present pods within `periodSeconds`."""
    period_seconds: NotRequired[Input[int]]
    """In seconds, 1 to 1800. Default: 60."""
    select: NotRequired[ScalingRulesSelect]
    """Of `pods` and `percent` the one that allows more ("Max") or less ("Min"); "Disabled" never goes this way.
    Default: "Max".
    """


class Autoscaling(TypedDict):
    """A HorizontalPodAutoscaler. The number of pods is then its own matter, and an update leaves it alone.

    CPU and memory need metrics-server in the cluster. Without metrics the autoscaler only keeps to its limits.
    """

    min_replicas: NotRequired[Input[int]]
    """Never fewer pods. Default: 2."""
    max_replicas: Input[int]
    """Never more pods."""
    cpu_percent: NotRequired[Input[int]]
    """The CPU that is to be used, in percent of what is requested. 80 where neither this nor memoryPercent nor
    metrics are given.
    """
    memory_percent: NotRequired[Input[int]]
    """The memory that is to be used, in percent of what is requested. Only for apps that give memory back."""
    measure: NotRequired[AutoscalingMeasure]
    """Whose CPU and memory: "app" is the app's container alone, whatever stands beside it (Kubernetes ≥1.30). "pod"
    is the sum over all containers, each of which must then have a request; it works with older Kubernetes, too,
    and where the proxy is what gets busy. Default: "app".
    """
    metrics: NotRequired[list[Metric]]
    """Further metrics. Of all of them the one that asks for most pods wins."""
    scale_down: NotRequired[ScalingRules]
    """How fast pods may go. By default as Kubernetes does: after 5 minutes."""
    scale_up: NotRequired[ScalingRules]
    """How fast pods may come. By default as Kubernetes does: at once, at most doubled every 15 seconds."""


class DisruptionBudget(TypedDict):
    """A PodDisruptionBudget: how many pods an eviction (a node's drain, a cluster's upgrade) must leave."""

    min_available: NotRequired[Input[Any]]
    """So many pods, or that share of them ("50%"), stay. Either this or maxUnavailable."""
    max_unavailable: NotRequired[Input[Any]]
    """So many pods, or that share of them, may be gone at a time. 1 where neither is given."""
    unhealthy_pods: NotRequired[DisruptionBudgetUnhealthyPods]
    """Pods that are not Ready may always be evicted. "IfHealthyBudget" keeps them, and a node with a pod that never
    becomes Ready cannot be drained then. Default: "AlwaysAllow".
    """
