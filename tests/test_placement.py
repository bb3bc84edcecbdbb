"""On which nodes pods run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.scaled import SELECTOR, refused

if TYPE_CHECKING:
    from tests.conftest import Deploy


def pod(deploy: Deploy, **scheduling: Any) -> dict[str, Any]:
    spec = deploy({"scheduling": scheduling}).one("Deployment").inputs["spec"]["template"]["spec"]
    assert isinstance(spec, dict)
    return spec


def test_wherever_there_is_room(deploy: Deploy) -> None:
    ours = {
        "topologySpreadConstraints",
        "affinity",
        "nodeSelector",
        "tolerations",
        "priorityClassName",
        "runtimeClassName",
    }
    assert ours.isdisjoint(pod(deploy))


def test_spread(deploy: Deploy) -> None:
    more = {"topology_key": "acme.com/rack", "max_skew": 2, "wish": "required", "min_domains": 3}
    spec = pod(deploy, spread_nodes="preferred", spread_zones="required", topology_spread=[more])
    common = {"labelSelector": SELECTOR, "matchLabelKeys": ["pod-template-hash"]}
    assert spec["topologySpreadConstraints"] == [
        {"topologyKey": "kubernetes.io/hostname", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", **common},
        {"topologyKey": "topology.kubernetes.io/zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", **common},
        {"topologyKey": "acme.com/rack", "maxSkew": 2, "minDomains": 3, "whenUnsatisfiable": "DoNotSchedule", **common},
    ]


def test_replicas_apart(deploy: Deploy) -> None:
    own = {
        "labelSelector": SELECTOR,
        "topologyKey": "kubernetes.io/hostname",
        "matchLabelKeys": ["pod-template-hash"],
    }
    assert pod(deploy, separate_replicas="required")["affinity"] == {
        "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [own]}
    }
    assert pod(deploy, separate_replicas="preferred")["affinity"] == {
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": own}]
        }
    }


def test_affinity(deploy: Deploy) -> None:
    spec = pod(
        deploy,
        node_affinity=[
            {"match": [{"key": "arch", "values": ["arm64"]}, {"key": "gpu", "operator": "DoesNotExist"}]},
            {"match": [{"key": "cores", "operator": "Gt", "values": ["8"]}], "weight": 10},
        ],
        pod_affinity=[{"match_labels": {"app": "cache"}, "weight": 5, "namespaces": ["caches"]}],
        pod_anti_affinity=[{"match_labels": {"app": "batch"}, "topology_key": "topology.kubernetes.io/zone"}],
    )
    required, preferred = (f"{wish}DuringSchedulingIgnoredDuringExecution" for wish in ("required", "preferred"))
    arch = [{"key": "arch", "operator": "In", "values": ["arm64"]}, {"key": "gpu", "operator": "DoesNotExist"}]
    cores = [{"key": "cores", "operator": "Gt", "values": ["8"]}]
    cache = {
        "labelSelector": {"matchLabels": {"app": "cache"}},
        "topologyKey": "kubernetes.io/hostname",
        "namespaces": ["caches"],
    }
    assert spec["affinity"] == {
        "nodeAffinity": {
            required: {"nodeSelectorTerms": [{"matchExpressions": arch}]},
            preferred: [{"weight": 10, "preference": {"matchExpressions": cores}}],
        },
        "podAffinity": {preferred: [{"weight": 5, "podAffinityTerm": cache}]},
        "podAntiAffinity": {
            required: [
                {"labelSelector": {"matchLabels": {"app": "batch"}}, "topologyKey": "topology.kubernetes.io/zone"}
            ]
        },
    }


def test_the_rest(deploy: Deploy) -> None:
    spec = pod(
        deploy,
        node_selector={"pool": "web"},
        tolerations=[{"key": "spot", "value": "yes", "effect": "NoExecute", "seconds": 30}, {"key": "gpu"}, {}],
        priority_class="important",
        runtime_class="gvisor",
    )
    assert spec["nodeSelector"] == {"pool": "web"}
    assert spec["tolerations"] == [
        {"key": "spot", "operator": "Equal", "value": "yes", "effect": "NoExecute", "tolerationSeconds": 30},
        {"key": "gpu", "operator": "Exists"},
        {"operator": "Exists"},
    ]
    assert (spec["priorityClassName"], spec["runtimeClassName"]) == ("important", "gvisor")


@pytest.mark.parametrize(
    ("scheduling", "problem"),
    [
        (
            {
                "spread_nodes": "required",
                "topology_spread": [{"topology_key": "kubernetes.io/hostname", "wish": "required"}],
            },
            "scheduling.topology_spread[0]: is for the same label, and as required, as scheduling.spread_nodes (got "
            "'kubernetes.io/hostname'). Leave one of them out.",
        ),
        (
            {"topology_spread": [{"topology_key": "rack"}, {"topology_key": "rack", "max_skew": 2}]},
            "scheduling.topology_spread[1]: is for the same label, and as preferred, as scheduling.topology_spread[0] "
            "(got 'rack'). Leave one of them out.",
        ),
        (
            {"topology_spread": [{"topology_key": "rack", "min_domains": 2}]},
            "scheduling.topology_spread[0]: has min_domains, which only a hard spread can keep. Set wish "
            '"required", or '
            "leave it out.",
        ),
        (
            {"tolerations": [{"value": "yes"}]},
            "scheduling.tolerations[0]: has a value and no key. Give the taint's key.",
        ),
        (
            {"tolerations": [{"key": "spot", "seconds": 5}]},
            'scheduling.tolerations[0]: has seconds, which go with effect "NoExecute". Set that effect, or leave '
            "seconds "
            "out.",
        ),
        (
            {"node_affinity": [{"match": [{"key": "arch", "operator": "Exists", "values": ["a"]}]}]},
            "scheduling.node_affinity[0].match[0]: has 1 values, and Exists takes none. Change operator or values.",
        ),
        (
            {"node_affinity": [{"match": [{"key": "cores", "operator": "Gt", "values": ["many"]}]}]},
            "scheduling.node_affinity[0].match[0]: compares a number (Gt) with 'many'. Give a whole number.",
        ),
        (
            {"node_affinity": [{"match": []}]},
            "scheduling.node_affinity[0]: has no condition, and would match no node. Give at least one in `match`.",
        ),
    ],
)
def test_scheduling_that_cannot_work(deploy: Deploy, scheduling: dict[str, Any], problem: str) -> None:
    assert refused(deploy, {"scheduling": scheduling}) == [problem]
