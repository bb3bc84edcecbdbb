"""Autoscaling, disruption budget and scheduling: the objects, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from pulumi_sidecar import ArgumentsError, Autoscaling, SidecarDeployment
from pulumi_sidecar.testing import MockStack
from tests.support.scaled import SELECTOR, refused

if TYPE_CHECKING:
    from tests.conftest import Deploy, Runner

Basic = Callable[..., dict[str, Any]]
REQUESTS = {"resources": {"requests": {"cpu": "250m", "memory": "256Mi"}}}


def scaled(**autoscaling: Any) -> dict[str, Any]:
    return {"app": REQUESTS, "autoscaling": {"max_replicas": 10, **autoscaling}}


def metrics(deploy: Deploy, **autoscaling: Any) -> list[dict[str, Any]]:
    found = deploy(scaled(**autoscaling)).one("HorizontalPodAutoscaler").inputs["spec"]["metrics"]
    assert isinstance(found, list)
    return found


# --- autoscaler -------------------------------------------------------------------------------------------------------


def test_nothing_is_made_that_is_not_asked_for(deploy: Deploy) -> None:
    run = deploy()
    assert {"HorizontalPodAutoscaler", "PodDisruptionBudget"}.isdisjoint(
        each.type.split(":")[-1] for each in run.resources
    )
    assert run.one("Deployment").inputs["spec"]["replicas"] == 1
    assert list(run.one("Deployment").ignore_changes) == []


def test_an_autoscaler_by_default(deploy: Deploy) -> None:
    run = deploy(scaled())
    autoscaler = run.one("HorizontalPodAutoscaler")
    assert (autoscaler.name, autoscaler.type) == ("web-autoscaler", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler")
    assert autoscaler.parent == run.one("SidecarDeployment").urn
    assert "name" not in autoscaler.inputs["metadata"]
    assert autoscaler.inputs["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web-deployment-1a2b3c4d"},
        "minReplicas": 2,
        "maxReplicas": 10,
        "metrics": [
            {
                "type": "ContainerResource",
                "containerResource": {
                    "name": "cpu",
                    "container": "app",
                    "target": {"type": "Utilization", "averageUtilization": 80},
                },
            }
        ],
    }


def test_the_deployments_count_is_left_alone(deploy: Deploy) -> None:
    """Neither in the object, nor taken back to 1 where an earlier update had set it."""
    deployment = deploy(scaled()).one("Deployment")
    assert "replicas" not in deployment.inputs["spec"]
    assert list(deployment.ignore_changes) == ["spec.replicas"]


def test_cpu_and_memory_of_the_whole_pod(deploy: Deploy) -> None:
    found = metrics(deploy, cpu_percent=60, memory_percent=70, measure="pod")
    assert [(each["type"], each["resource"]) for each in found] == [
        ("Resource", {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}})
        for name, percent in (("cpu", 60), ("memory", 70))
    ]


def test_other_metrics(deploy: Deploy) -> None:
    ours = [
        {"kind": "pods", "name": "requests_per_second", "value": "100", "match_labels": {"path": "all"}},
        {
            "kind": "object",
            "name": "latency",
            "api_version": "networking.k8s.io/v1",
            "object_kind": "Ingress",
            "object_name": "shop",
            "value": "500m",
        },
        {"kind": "external", "name": "queue|length", "value": "30", "per_pod": True},
    ]
    assert metrics(deploy, metrics=ours) == [
        {
            "type": "Pods",
            "pods": {
                "metric": {"name": "requests_per_second", "selector": {"matchLabels": {"path": "all"}}},
                "target": {"type": "AverageValue", "averageValue": "100"},
            },
        },
        {
            "type": "Object",
            "object": {
                "metric": {"name": "latency"},
                "target": {"type": "Value", "value": "500m"},
                "describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "shop"},
            },
        },
        {
            "type": "External",
            "external": {
                "metric": {"name": "queue|length"},
                "target": {"type": "AverageValue", "averageValue": "30"},
            },
        },
    ]


def test_how_fast_it_scales(deploy: Deploy) -> None:
    slow = {"stabilization_seconds": 600, "pods": 1, "percent": 10, "period_seconds": 120, "select": "Min"}
    spec = (
        deploy(scaled(scale_down=slow, scale_up={"select": "Disabled"})).one("HorizontalPodAutoscaler").inputs["spec"]
    )
    assert spec["behavior"] == {
        "scaleDown": {
            "stabilizationWindowSeconds": 600,
            "policies": [
                {"type": "Pods", "value": 1, "periodSeconds": 120},
                {"type": "Percent", "value": 10, "periodSeconds": 120},
            ],
            "selectPolicy": "Min",
        },
        "scaleUp": {"selectPolicy": "Disabled"},
    }


def test_a_period_belongs_to_a_limit(deploy: Deploy) -> None:
    said = r"autoscaling.scale_up: has period_seconds, and neither pods nor percent"
    with pytest.raises(ArgumentsError, match=said):
        deploy(scaled(scale_up={"period_seconds": 60}))
    assert deploy(scaled(scale_up={"stabilization_seconds": 60})).one("HorizontalPodAutoscaler")


def test_a_limit_is_a_request(deploy: Deploy) -> None:
    changes: dict[str, Any] = {"app": {"resources": {"limits": {"cpu": "1"}}}, "autoscaling": {"max_replicas": 3}}
    assert deploy(changes).one("HorizontalPodAutoscaler")


def test_an_amount_that_is_not_known_yet_is_one(pulumi_stack: MockStack, basic: Basic) -> None:
    def program() -> None:
        cpu = pulumi.Output.from_input("250m")
        args = basic({"app": {"resources": {"requests": {"cpu": cpu}}}, "autoscaling": {"max_replicas": 3}})
        SidecarDeployment("web", args)  # type: ignore[arg-type]

    assert pulumi_stack.up(program).one("HorizontalPodAutoscaler")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"autoscaling": {"max_replicas": 3}},
            "autoscaling: goes by 80 % of the CPU by default, which is a share of the cpu that is requested, and "
            "there is "
            'no request in app.resources. Give app.resources, for example {"requests": {"cpu": "250m"}}.',
        ),
        (
            {"autoscaling": {"max_replicas": 3, "memory_percent": 80}},
            "autoscaling.memory_percent: is a share of the memory that is requested, and there is no request in "
            'app.resources. Give app.resources, for example {"requests": {"memory": "256Mi"}}.',
        ),
        (
            {**scaled(measure="pod", cpu_percent=50), "sidecars": {"logs": {"image": "b"}}},
            "autoscaling.cpu_percent: is a share of the cpu that is requested, and there is no request in "
            'sidecars["logs"].resources. Give sidecars["logs"].resources, for example {"requests": {"cpu": '
            '"250m"}}, or '
            'measure "app" alone.',
        ),
        (
            {**scaled(), "replicas": 3},
            "replicas: is set beside autoscaling, which decides it (got 3). Leave it out, or autoscaling.",
        ),
        (
            scaled(min_replicas=11),
            "autoscaling: has min_replicas 11, and max_replicas 10. Let max_replicas be the larger one.",
        ),
        (
            {"app": REQUESTS, "autoscaling": {"max_replicas": 1}},
            "autoscaling: has min_replicas 2, which is the default, and max_replicas 1. Let max_replicas be the larger "
            "one.",
        ),
    ],
)
def test_autoscaling_that_cannot_work(deploy: Deploy, changes: dict[str, Any], problem: str) -> None:
    assert refused(deploy, changes) == [problem]


def test_every_container_of_the_pod_needs_its_request(deploy: Deploy) -> None:
    exporter = {"exporter": {"resources": {"limits": {"memory": "64Mi"}}}}
    (problem,) = refused(deploy, {**scaled(measure="pod", cpu_percent=50), "metrics": exporter})
    assert "there is no request in metrics.exporter.resources." in problem


def test_several_problems_at_once(deploy: Deploy) -> None:
    changes = {"replicas": 1, "autoscaling": {"max_replicas": 3}, "disruption_budget": {"min_available": 2}}
    assert [each.partition(":")[0] for each in refused(deploy, changes)] == [
        "replicas",
        "autoscaling",
        "disruption_budget.min_available",
    ]


# --- budget -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "spec"),
    [
        ({}, {"maxUnavailable": 1}),
        ({"max_unavailable": "25%"}, {"maxUnavailable": "25%"}),
        ({"min_available": 2}, {"minAvailable": 2}),
        ({"min_available": 0}, {"minAvailable": 0}),
        (
            {"min_available": "50%", "unhealthy_pods": "IfHealthyBudget"},
            {"minAvailable": "50%", "unhealthyPodEvictionPolicy": "IfHealthyBudget"},
        ),
    ],
)
def test_a_budget(deploy: Deploy, budget: dict[str, Any], spec: dict[str, Any]) -> None:
    run = deploy({"replicas": 3, "disruption_budget": budget})
    found = run.one("PodDisruptionBudget")
    assert (found.name, found.parent) == ("web-budget", run.one("SidecarDeployment").urn)
    assert found.inputs["spec"] == {"selector": SELECTOR, "unhealthyPodEvictionPolicy": "AlwaysAllow", **spec}


NEVER = "allows no eviction, ever, and so no drain of a node"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"disruption_budget": {"min_available": 1}},
            f"disruption_budget.min_available: {NEVER}: there is 1 (`replicas`) (got 1). Raise `replicas`, or give "
            "max_unavailable 1 in its place.",
        ),
        (
            {"replicas": 3, "disruption_budget": {"min_available": "67%"}},  # 2.01 pods are 3
            f"disruption_budget.min_available: {NEVER}: there are 3 (`replicas`) (got '67%'). Raise `replicas`, or "
            "give "
            "max_unavailable 1 in its place.",
        ),
        (
            {**scaled(), "disruption_budget": {"min_available": 2}},
            f"disruption_budget.min_available: {NEVER}: there are 2 (`autoscaling.min_replicas`) (got 2). Raise "
            "`autoscaling.min_replicas`, or give max_unavailable 1 in its place.",
        ),
        (
            {"replicas": 3, "disruption_budget": {"max_unavailable": "0%"}},
            f"disruption_budget.max_unavailable: {NEVER} (got '0%'). Allow at least 1.",
        ),
        (
            {"replicas": 3, "disruption_budget": {"max_unavailable": 1, "min_available": 1}},
            "disruption_budget: has min_available and max_unavailable. Give one of them.",
        ),
        (
            {"replicas": 3, "disruption_budget": {"min_available": "120%"}},
            "disruption_budget.min_available: must be a whole number (got '120%'). Give a whole number. Or: write "
            "it as "
            '"50%", from "0%" to "100%".',
        ),
    ],
)
def test_a_budget_that_cannot_work(deploy: Deploy, changes: dict[str, Any], problem: str) -> None:
    assert refused(deploy, changes) == [problem]


@pytest.mark.parametrize("share", ["66%", 2])
def test_a_budget_that_leaves_one(deploy: Deploy, share: int | str) -> None:
    assert deploy({"replicas": 3, "disruption_budget": {"min_available": share}}).one("PodDisruptionBudget")


def test_a_count_that_is_not_known_cannot_be_judged(pulumi_stack: MockStack, basic: Basic) -> None:
    def program() -> None:
        args = basic({"replicas": pulumi.Output.from_input(1), "disruption_budget": {"min_available": 1}})
        SidecarDeployment("web", args)  # type: ignore[arg-type]

    assert pulumi_stack.up(program).one("PodDisruptionBudget")


# --- the component ----------------------------------------------------------------------------------------------------


def test_children_are_properties(run: Runner, basic: Basic) -> None:
    def program() -> Any:
        plain = SidecarDeployment("plain", basic())  # type: ignore[arg-type]
        assert (plain.autoscaler, plain.disruption_budget) == (None, None)
        web = SidecarDeployment("web", basic({**scaled(), "disruption_budget": {}}))  # type: ignore[arg-type]
        assert isinstance(web.autoscaler, kubernetes.autoscaling.v2.HorizontalPodAutoscaler)
        assert isinstance(web.disruption_budget, kubernetes.policy.v1.PodDisruptionBudget)
        return web.autoscaler.metadata.apply(lambda metadata: metadata.name)

    assert run(program).result.value == "web-autoscaler-1a2b3c4d"


def test_models_say_the_same() -> None:
    with pytest.raises(ArgumentsError, match="min_replicas 3, and max_replicas 2"):
        Autoscaling(min_replicas=3, max_replicas=2)
