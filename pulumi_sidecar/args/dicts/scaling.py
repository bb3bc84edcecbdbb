"""The models of `args.scaling` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.scaling import ExternalMetric, ObjectMetric, PodsMetric, ScalingRules


class PodsMetricDict(TypedDict):
    """PodsMetric as a dict.

    A custom metric of the pods (custom.metrics.k8s.io, from an adapter such as Prometheus'): its average.
    """

    kind: Literal["pods"]
    """A custom metric of the pods (custom.metrics.k8s.io, from an adapter such as Prometheus'): its average."""
    name: Input[str]
    """Name of the metric."""
    value: Input[str]
    """What each pod should have on average: "100", "500m"."""
    match_labels: NotRequired[Mapping[str, Input[str]]]
    """Only series with these labels."""


class ObjectMetricDict(TypedDict):
    """ObjectMetric as a dict.

    A custom metric of one object in the namespace, an Ingress, say.
    """

    kind: Literal["object"]
    """A custom metric of one object in the namespace, an Ingress, say."""
    name: Input[str]
    """Name of the metric."""
    api_version: Input[str]
    """The object's, as "networking.k8s.io/v1"."""
    object_kind: Input[str]
    """The object's kind, as "Ingress"."""
    object_name: Input[str]
    """The object's name."""
    value: Input[str]
    """What the metric should be."""
    per_pod: NotRequired[bool]
    """`value` is the metric's share of each pod. Default: False."""
    match_labels: NotRequired[Mapping[str, Input[str]]]
    """Only series with these labels."""


class ExternalMetricDict(TypedDict):
    """ExternalMetric as a dict.

    A metric of something outside the cluster (external.metrics.k8s.io): the length of a queue, say.
    """

    kind: Literal["external"]
    """A metric of something outside the cluster (external.metrics.k8s.io): the length of a queue, say."""
    name: Input[str]
    """Name of the metric."""
    value: Input[str]
    """What the metric should be."""
    per_pod: NotRequired[bool]
    """`value` is the metric's share of each pod. Default: False."""
    match_labels: NotRequired[Mapping[str, Input[str]]]
    """Only series with these labels."""


class ScalingRulesDict(TypedDict):
    """ScalingRules as a dict.

    How fast the autoscaler may go in one direction. What is left out is Kubernetes' own default.
    """

    stabilization_seconds: NotRequired[Input[int] | None]
    """Look back that long, in seconds, 0 to 3600, and take the most careful of what was advised since. Kubernetes'
    own defaults: 300 for scaling down, 0 for scaling up.
    """
    pods: NotRequired[Input[int] | None]
    """At most so many pods within `period_seconds`."""
    percent: NotRequired[Input[int] | None]
    """At most that share of the present pods within `period_seconds`."""
    period_seconds: NotRequired[Input[int]]
    """In seconds, 1 to 1800. Default: 60."""
    select: NotRequired[Literal["Max", "Min", "Disabled"]]
    """Of `pods` and `percent` the one that allows more ("Max") or less ("Min"); "Disabled" never goes this way.
    Default: "Max".
    """


class AutoscalingDict(TypedDict):
    """Autoscaling as a dict.

    A HorizontalPodAutoscaler. The number of pods is then its own matter, and an update leaves it alone.

    CPU and memory need metrics-server in the cluster. Without metrics the autoscaler only keeps to its limits.
    """

    min_replicas: NotRequired[Input[int]]
    """Never fewer pods. Default: 2."""
    max_replicas: Input[int]
    """Never more pods."""
    cpu_percent: NotRequired[Input[int] | None]
    """The CPU that is to be used, in percent of what is requested. 80 where neither this nor memory_percent nor
    metrics are given.
    """
    memory_percent: NotRequired[Input[int] | None]
    """The memory that is to be used, in percent of what is requested. Only for apps that give memory back."""
    measure: NotRequired[Literal["app", "pod"]]
    """Whose CPU and memory: "app" is the app's container alone, whatever stands beside it (Kubernetes ≥1.30). "pod"
    is the sum over all containers, each of which must then have a request; it works with older Kubernetes, too,
    and where the proxy is what gets busy. Default: "app".
    """
    metrics: NotRequired[
        Sequence[PodsMetricDict | PodsMetric | ObjectMetricDict | ObjectMetric | ExternalMetricDict | ExternalMetric]
    ]
    """Further metrics. Of all of them the one that asks for most pods wins."""
    scale_down: NotRequired[ScalingRulesDict | ScalingRules | None]
    """How fast pods may go. By default as Kubernetes does: after 5 minutes."""
    scale_up: NotRequired[ScalingRulesDict | ScalingRules | None]
    """How fast pods may come. By default as Kubernetes does: at once, at most doubled every 15 seconds."""


class DisruptionBudgetDict(TypedDict):
    """DisruptionBudget as a dict.

    A PodDisruptionBudget: how many pods an eviction (a node's drain, a cluster's upgrade) must leave.
    """

    min_available: NotRequired[Input[int | str] | None]
    """So many pods, or that share of them ("50%"), stay. Either this or max_unavailable."""
    max_unavailable: NotRequired[Input[int | str] | None]
    """So many pods, or that share of them, may be gone at a time. 1 where neither is given."""
    unhealthy_pods: NotRequired[Literal["AlwaysAllow", "IfHealthyBudget"]]
    """Pods that are not Ready may always be evicted. "IfHealthyBudget" keeps them, and a node with a pod that never
    becomes Ready cannot be drained then. Default: "AlwaysAllow".
    """
