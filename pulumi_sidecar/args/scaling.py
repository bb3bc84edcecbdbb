"""How many pods there are: autoscaling, and what evictions must leave."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pulumi_sidecar.args.base import Args, Labels
from pulumi_sidecar.fields import (
    ApiVersion,
    Count,
    Kind,
    MetricName,
    ObjectName,
    Percent,
    PercentText,
    Period,
    PodCount,
    Quantity,
    StabilizationSeconds,
    refuse,
)
from pulumi_sidecar.inputs import Value


class PodsMetric(Args):
    """A custom metric of the pods (custom.metrics.k8s.io, from an adapter such as Prometheus'): its average."""

    kind: Literal["pods"] = "pods"
    name: Value[MetricName]
    """Name of the metric."""
    value: Value[Quantity]
    """What each pod should have on average: "100", "500m"."""
    match_labels: Labels = {}
    """Only series with these labels."""


class ObjectMetric(Args):
    """A custom metric of one object in the namespace, an Ingress, say."""

    kind: Literal["object"] = "object"
    name: Value[MetricName]
    """Name of the metric."""
    api_version: Value[ApiVersion]
    """The object's, as "networking.k8s.io/v1"."""
    object_kind: Value[Kind]
    """The object's kind, as "Ingress"."""
    object_name: Value[ObjectName]
    """The object's name."""
    value: Value[Quantity]
    """What the metric should be."""
    per_pod: bool = False
    """`value` is the metric's share of each pod."""
    match_labels: Labels = {}
    """Only series with these labels."""


class ExternalMetric(Args):
    """A metric of something outside the cluster (external.metrics.k8s.io): the length of a queue, say."""

    kind: Literal["external"] = "external"
    name: Value[MetricName]
    """Name of the metric."""
    value: Value[Quantity]
    """What the metric should be."""
    per_pod: bool = False
    """`value` is the metric's share of each pod."""
    match_labels: Labels = {}
    """Only series with these labels."""


Metric = Annotated[PodsMetric | ObjectMetric | ExternalMetric, Field(discriminator="kind")]
"""A metric that is neither CPU nor memory, tagged by `kind`."""


class ScalingRules(Args):
    """How fast the autoscaler may go in one direction. What is left out is Kubernetes' own default."""

    stabilization_seconds: Value[StabilizationSeconds] | None = None
    """Look back that long, in seconds, 0 to 3600, and take the most careful of what was advised since. Kubernetes' own
    defaults: 300 for scaling down, 0 for scaling up."""
    pods: Value[PodCount] | None = None
    """At most so many pods within `period_seconds`."""
    percent: Value[Percent] | None = None
    """At most that share of the present pods within `period_seconds`."""
    period_seconds: Value[Period] = 60
    """In seconds, 1 to 1800."""
    select: Literal["Max", "Min", "Disabled"] = "Max"
    """Of `pods` and `percent` the one that allows more ("Max") or less ("Min"); "Disabled" never goes this way."""

    @model_validator(mode="after")
    def _limits(self) -> ScalingRules:
        if "period_seconds" in self.model_fields_set and self.pods is None and self.percent is None:
            raise refuse("has period_seconds, and neither pods nor percent", "Give one of them, or leave it out.")
        return self


class Autoscaling(Args):
    """A HorizontalPodAutoscaler. The number of pods is then its own matter, and an update leaves it alone.

    CPU and memory need metrics-server in the cluster. Without metrics the autoscaler only keeps to its limits.
    """

    min_replicas: Value[PodCount] = 2
    """Never fewer pods."""
    max_replicas: Value[PodCount]
    """Never more pods."""
    cpu_percent: Value[Percent] | None = None
    """The CPU that is to be used, in percent of what is requested. 80 where neither this nor memory_percent nor metrics
    are given."""
    memory_percent: Value[Percent] | None = None
    """The memory that is to be used, in percent of what is requested. Only for apps that give memory back."""
    measure: Literal["app", "pod"] = "app"
    """Whose CPU and memory: "app" is the app's container alone, whatever stands beside it (Kubernetes ≥1.30). "pod" is
    the sum over all containers, each of which must then have a request; it works with older Kubernetes, too, and where
    the proxy is what gets busy."""
    metrics: tuple[Metric, ...] = ()
    """Further metrics. Of all of them the one that asks for most pods wins."""
    scale_down: ScalingRules | None = None
    """How fast pods may go. By default as Kubernetes does: after 5 minutes."""
    scale_up: ScalingRules | None = None
    """How fast pods may come. By default as Kubernetes does: at once, at most doubled every 15 seconds."""

    @property
    def cpu_share(self) -> Any:
        """cpu_percent, or what it is where nothing else says how to scale."""
        nothing = self.cpu_percent is None and self.memory_percent is None and not self.metrics
        return 80 if nothing else self.cpu_percent

    @model_validator(mode="after")
    def _range(self) -> Autoscaling:
        low, high = self.min_replicas, self.max_replicas
        if isinstance(low, int) and isinstance(high, int) and low > high:
            usual = "" if "min_replicas" in self.model_fields_set else ", which is the default"
            raise refuse(
                f"has min_replicas {low}{usual}, and max_replicas {high}", "Let max_replicas be the larger one."
            )
        return self


class DisruptionBudget(Args):
    """A PodDisruptionBudget: how many pods an eviction (a node's drain, a cluster's upgrade) must leave."""

    min_available: Value[Count | PercentText] | None = None
    """So many pods, or that share of them ("50%"), stay. Either this or max_unavailable."""
    max_unavailable: Value[Count | PercentText] | None = None
    """So many pods, or that share of them, may be gone at a time. 1 where neither is given."""
    unhealthy_pods: Literal["AlwaysAllow", "IfHealthyBudget"] = "AlwaysAllow"
    """Pods that are not Ready may always be evicted. "IfHealthyBudget" keeps them, and a node with a pod that never
    becomes Ready cannot be drained then."""

    @model_validator(mode="after")
    def _one(self) -> DisruptionBudget:
        if self.min_available is not None and self.max_unavailable is not None:
            raise refuse("has min_available and max_unavailable", "Give one of them.")
        return self
