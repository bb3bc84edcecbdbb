"""How many pods there are: HorizontalPodAutoscaler and PodDisruptionBudget."""

from __future__ import annotations

from typing import Any, assert_never

import pulumi
from pulumi_kubernetes import autoscaling, meta, policy

from pulumi_sidecar import layout
from pulumi_sidecar.args.scaling import (
    Autoscaling,
    ExternalMetric,
    Metric,
    ObjectMetric,
    PodsMetric,
    ScalingRules,
)
from pulumi_sidecar.build import Build


def autoscaler(build: Build, deployment: pulumi.Input[str]) -> autoscaling.v2.HorizontalPodAutoscaler | None:
    """`NAME-autoscaler`, for the Deployment of that name; None where none is asked for."""
    args = build.args.autoscaling
    if args is None:
        return None
    return autoscaling.v2.HorizontalPodAutoscaler(
        f"{build.name}-autoscaler",
        metadata=build.metadata(),
        spec=autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version="apps/v1", kind="Deployment", name=deployment
            ),
            min_replicas=args.min_replicas,
            max_replicas=args.max_replicas,
            metrics=_metrics(args),
            behavior=_behaviour(args),
        ),
        opts=build.opts,
    )


def disruption_budget(build: Build) -> policy.v1.PodDisruptionBudget | None:
    """`NAME-budget`; None where none is asked for."""
    args = build.args.disruption_budget
    if args is None:
        return None
    usual = args.min_available is None and args.max_unavailable is None
    return policy.v1.PodDisruptionBudget(
        f"{build.name}-budget",
        metadata=build.metadata(),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            selector=meta.v1.LabelSelectorArgs(match_labels=build.plan.selector),
            min_available=args.min_available,
            max_unavailable=1 if usual else args.max_unavailable,
            unhealthy_pod_eviction_policy=args.unhealthy_pods,
        ),
        opts=build.opts,
    )


# --- metrics ----------------------------------------------------------------------------------------------------------


def _metrics(args: Autoscaling) -> list[autoscaling.v2.MetricSpecArgs]:
    shares = {"cpu": args.cpu_share, "memory": args.memory_percent}
    return [
        *(_resource(args, name, percent) for name, percent in shares.items() if percent is not None),
        *(_metric(metric) for metric in args.metrics),
    ]


def _resource(args: Autoscaling, name: str, percent: Any) -> autoscaling.v2.MetricSpecArgs:
    target = autoscaling.v2.MetricTargetArgs(type="Utilization", average_utilization=percent)
    if args.measure == "pod":
        resource = autoscaling.v2.ResourceMetricSourceArgs(name=name, target=target)
        return autoscaling.v2.MetricSpecArgs(type="Resource", resource=resource)
    container = autoscaling.v2.ContainerResourceMetricSourceArgs(
        name=name, container=layout.APP_CONTAINER, target=target
    )
    return autoscaling.v2.MetricSpecArgs(type="ContainerResource", container_resource=container)


def _metric(metric: Metric) -> autoscaling.v2.MetricSpecArgs:
    labels = meta.v1.LabelSelectorArgs(match_labels=dict(metric.match_labels)) if metric.match_labels else None
    identifier = autoscaling.v2.MetricIdentifierArgs(name=metric.name, selector=labels)
    if isinstance(metric, PodsMetric) or metric.per_pod:
        target = autoscaling.v2.MetricTargetArgs(type="AverageValue", average_value=metric.value)
    else:
        target = autoscaling.v2.MetricTargetArgs(type="Value", value=metric.value)
    match metric:
        case PodsMetric():
            pods = autoscaling.v2.PodsMetricSourceArgs(metric=identifier, target=target)
            return autoscaling.v2.MetricSpecArgs(type="Pods", pods=pods)
        case ObjectMetric():
            described = autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version=metric.api_version, kind=metric.object_kind, name=metric.object_name
            )
            thing = autoscaling.v2.ObjectMetricSourceArgs(metric=identifier, target=target, described_object=described)
            return autoscaling.v2.MetricSpecArgs(type="Object", object=thing)
        case ExternalMetric():
            external = autoscaling.v2.ExternalMetricSourceArgs(metric=identifier, target=target)
            return autoscaling.v2.MetricSpecArgs(type="External", external=external)
        case _:
            assert_never(metric)


# --- behaviour --------------------------------------------------------------------------------------------------------


def _behaviour(args: Autoscaling) -> autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs | None:
    if args.scale_down is None and args.scale_up is None:
        return None
    return autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs(
        scale_down=_rules(args.scale_down), scale_up=_rules(args.scale_up)
    )


def _rules(args: ScalingRules | None) -> autoscaling.v2.HPAScalingRulesArgs | None:
    if args is None:
        return None
    limits = {"Pods": args.pods, "Percent": args.percent}
    policies = [
        autoscaling.v2.HPAScalingPolicyArgs(type=kind, value=value, period_seconds=args.period_seconds)
        for kind, value in limits.items()
        if value is not None
    ]
    return autoscaling.v2.HPAScalingRulesArgs(
        stabilization_window_seconds=args.stabilization_seconds, policies=policies or None, select_policy=args.select
    )
