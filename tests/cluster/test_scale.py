"""Autoscaler, disruption budget, NetworkPolicy and Services on a real API server and its controllers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulumi_sidecar import SidecarDeployment
from tests.cluster.support import EXAMPLES, Namespace, Object, kubectl, until

APP: dict[str, Any] = {
    "image": "docker.io/library/python:3.11-slim",
    "command": ["python3", "-m", "http.server", "8080", "--bind", "127.0.0.1", "--directory", "/tmp"],
    "port": 8080,
    "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
    "stop_seconds": 1,
}
BASE: dict[str, Any] = {"app": APP, "proxy": {"kind": "nginx"}, "drain_seconds": 1}


def objects_of(space: Namespace, **more: Any) -> list[Object]:
    def program() -> None:
        SidecarDeployment("web", {**BASE, **more})  # type: ignore[typeddict-item]

    return space.render(program)[1]


def one(objects: list[Object], kind: str) -> Object:
    (found,) = (each for each in objects if each["kind"] == kind)
    return found


def refusal(each: Object) -> str:
    """What the API server says of an object in a dry run; "" where it takes it."""
    said = kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=json.dumps(each), check=False)
    return "" if "serverside-applied" in said else said


@pytest.fixture(scope="module")
def applied(namespace: Namespace) -> list[Object]:
    """Two pods by the autoscaler's minimum, where three are asked for by hand first."""
    before = objects_of(namespace, replicas=3)
    namespace.apply(before)
    until("three pods", lambda: len(namespace.pods()) == 3)
    return before


def replicas(space: Namespace, name: str) -> int:
    return int(space.get("deployment", name)["spec"]["replicas"])


def test_the_count_is_left_alone(namespace: Namespace, applied: list[Object]) -> None:
    """As the provider sends it with `ignore_changes`: what is there, or nothing once another has set it."""
    scaled = objects_of(
        namespace,
        autoscaling={"min_replicas": 2, "max_replicas": 5, "cpu_percent": 60, "memory_percent": 80},
        disruption_budget={"max_unavailable": 1},
    )
    name = one(applied, "Deployment")["metadata"]["name"]
    deployment = json.loads(json.dumps(one(scaled, "Deployment")))
    assert "replicas" not in deployment["spec"]
    assert deployment["metadata"]["name"] == name
    namespace.apply([{**deployment, "spec": {**deployment["spec"], "replicas": 3}}])
    assert replicas(namespace, name) == 3

    namespace.apply([each for each in scaled if each["kind"] != "Deployment"])
    autoscaler = one(scaled, "HorizontalPodAutoscaler")["metadata"]["name"]

    def conditions() -> Any:
        return namespace.get("horizontalpodautoscaler", autoscaler)["status"].get("conditions")

    until("the autoscaler has looked", conditions)
    namespace.kubectl("scale", f"deployment/{name}", "--replicas=4")  # another than we now owns the field
    namespace.apply([deployment])
    assert replicas(namespace, name) == 4
    namespace.apply([deployment])
    assert replicas(namespace, name) == 4
    namespace.kubectl("scale", f"deployment/{name}", "--replicas=1")
    until("the autoscaler keeps its minimum, also without metrics", lambda: replicas(namespace, name) == 2)


def test_left_out_at_once_it_would_fall_to_one(namespace: Namespace) -> None:
    """The control: why the component ignores changes of the field."""
    objects = objects_of(namespace, replicas=2, service={"name": "control"})
    deployment = one(objects, "Deployment")
    deployment["metadata"]["name"] = "control"
    namespace.apply([deployment])
    assert replicas(namespace, "control") == 2
    without = {key: value for key, value in deployment["spec"].items() if key != "replicas"}
    namespace.apply([{**deployment, "spec": without}])
    assert replicas(namespace, "control") == 1
    namespace.kubectl("delete", "deployment", "control", "--wait=false")


def _evict(space: Namespace, pod: str) -> str:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": space.name}}
    path = f"/api/v1/namespaces/{space.name}/pods/{pod}/eviction"
    return kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction), check=False)


def test_a_budget_blocks_an_eviction(namespace: Namespace, applied: list[Object]) -> None:
    budget = one(objects_of(namespace, replicas=3, disruption_budget={"min_available": 2}), "PodDisruptionBudget")
    name = one(applied, "Deployment")["metadata"]["name"]
    namespace.kubectl("delete", "hpa,pdb", "--all")
    namespace.kubectl("scale", f"deployment/{name}", "--replicas=3")
    namespace.kubectl("rollout", "status", f"deployment/{name}", "--timeout=200s", seconds=220)
    namespace.apply([budget])
    key = budget["metadata"]["name"]
    until("one may go", lambda: namespace.get("poddisruptionbudget", key)["status"].get("disruptionsAllowed") == 1)
    first, second = (pod["metadata"]["name"] for pod in namespace.pods()[:2])
    assert "Success" in _evict(namespace, first)
    assert "Cannot evict pod as it would violate the pod's disruption budget" in _evict(namespace, second)
    assert second in {pod["metadata"]["name"] for pod in namespace.pods()}


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"headless": True}, ""),
        ({"type": "NodePort", "external_traffic_policy": "Local", "session_affinity": "ClientIP"}, ""),
        ({"type": "LoadBalancer", "load_balancer_class": "a.example/b", "load_balancer_source_ranges": ["::/0"]}, ""),
        ({"ip_family_policy": "PreferDualStack"}, ""),
        ({"ip_families": ["IPv6"]}, "not configured on this cluster"),
        ({"ip_family_policy": "RequireDualStack"}, "not configured for dual-stack services"),
    ],
)
def test_services(namespace: Namespace, service: dict[str, Any], said: str) -> None:
    """A cluster of one family refuses the other for that alone; one of both takes all of them."""
    found = refusal(one(objects_of(namespace, service={"name": "tried", **service}), "Service"))
    assert not found or (said and said in found), found


def test_everything_about_nodes(namespace: Namespace) -> None:
    scheduling = {
        "spread_nodes": "required",
        "spread_zones": "preferred",
        "topology_spread": [{"topology_key": "example.com/rack", "wish": "required", "min_domains": 2}],
        "separate_replicas": "required",
        "node_selector": {"pool": "web"},
        "tolerations": [{"key": "spot", "value": "yes", "effect": "NoExecute", "seconds": 30}, {}],
        "node_affinity": [
            {"match": [{"key": "cores", "operator": "Gt", "values": ["2"]}]},
            {"match": [{"key": "arch", "values": ["arm64"]}], "weight": 5},
        ],
        "pod_affinity": [{"match_labels": {"app": "cache"}, "weight": 5, "namespaces": ["caches"]}],
        "pod_anti_affinity": [{"match_labels": {"app": "batch"}}],
        "priority_class": "system-cluster-critical",
    }
    deployment = one(objects_of(namespace, scheduling=scheduling, service={"name": "tried"}), "Deployment")
    deployment["metadata"]["name"] = "tried"
    assert refusal(deployment) == ""


def test_policies_and_metrics(namespace: Namespace) -> None:
    metrics = [
        {"kind": "pods", "name": "requests", "value": "100"},
        {"kind": "external", "name": "queue", "value": "30", "per_pod": True},
        {
            "kind": "object",
            "name": "latency",
            "api_version": "networking.k8s.io/v1",
            "object_kind": "Ingress",
            "object_name": "web",
            "value": "500m",
        },
    ]
    slow = {"pods": 1, "percent": 10, "stabilization_seconds": 600}
    peers = [
        {"kind": "pods", "namespaces": ["ingress-nginx"]},
        {"kind": "pods", "all_namespaces": True, "match_labels": {"app": "edge"}},
        {"kind": "addresses", "cidr": "10.0.0.0/8", "except_cidrs": ["10.1.0.0/16"]},
    ]
    objects = objects_of(
        namespace,
        autoscaling={"max_replicas": 4, "measure": "pod", "cpu_percent": 50, "metrics": metrics, "scale_down": slow},
        network_policy={"allow_from": peers},
        ingress={"hosts": ["shop.example.com"], "controller": "haproxy", "class_name": "haproxy", "path": "/shop"},
    )
    for kind in ("HorizontalPodAutoscaler", "NetworkPolicy", "Ingress"):
        assert refusal(one(objects, kind)) == ""


@pytest.mark.parametrize("kind", ["http_route", "tls_route"])
def test_all_of_the_gateway_example_but_its_routes(namespace: Namespace, kind: str) -> None:
    for each in namespace.render(EXAMPLES / "gateway", kind=kind)[1]:
        if each["apiVersion"].startswith("gateway.networking.k8s.io/"):
            assert each["kind"] in ("HTTPRoute", "TLSRoute", "BackendTLSPolicy")
        else:
            assert refusal(each) == "", each["kind"]
