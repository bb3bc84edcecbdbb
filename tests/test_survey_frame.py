"""The frame around a pod: its heading is within, and the arrows of what governs the pod end at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar import SidecarDeployment, offline
from pulumi_sidecar.survey import mermaid, svg
from pulumi_sidecar.survey.canvas import PAD, head_width, title_width
from pulumi_sidecar.survey.read import read
from tests.conftest import BASIC, merged
from tests.test_survey import RECT, TEXT, everything

LONG = "a-namespace-with-a-long-name-production"


def picture(program: Callable[[], None]) -> ElementTree.Element:
    return ElementTree.fromstring(svg.draw(read(offline.run(program)), "t", "d"))


def frames(of: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    """Left, top, right and lower edge of each pod."""
    found = []
    for each in of.iter(RECT):
        x, y, width, height = (float(each.attrib[key]) for key in ("x", "y", "width", "height"))
        found += [(x, y, x + width, y + height)] if each.attrib["class"] == "pod" else []
    return found


def small() -> None:
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "m", "image": "x"}]}}
    metadata = {"name": "a-name-that-is-much-longer-than-its-pod-is-wide-and-longer-than-its-heading-too"}
    selector = {"matchLabels": {"app": "a"}}
    k8s.apps.v1.Deployment("a", metadata=metadata, spec={"selector": selector, "template": template})


@pytest.mark.parametrize("namespace", ["default", LONG])
def test_the_heading_of_a_small_pod_is_within_its_frame(namespace: str) -> None:
    run = offline.run(small, namespace=namespace)
    root = ElementTree.fromstring(svg.draw(read(run), "t", "d"))
    ((left, _, right, _),) = frames(root)
    (heading,) = [each.text for each in root.iter(TEXT) if (each.text or "").startswith("1 pod in")]
    assert heading == f"1 pod in namespace {namespace}, 30 s to stop"
    assert right - left >= title_width(heading) + 2 * PAD
    (name,) = [each.text for each in root.iter(TEXT) if each.attrib["class"] == "head"]
    assert name is not None
    assert float(root.attrib["width"]) >= 24 + head_width(name)


def governed() -> None:
    """More around the pod than it is high."""
    changes: dict[str, Any] = {
        "app": {"resources": {"requests": {"cpu": "50m"}}},
        "metrics": {"exporter": {"scrape": "pod_monitor"}},
        "certificate_alert": {"prometheus_rule": True},
        "autoscaling": {"max_replicas": 10},
        "disruption_budget": {},
        "network_policy": {"allow_from": [{"kind": "pods", "namespaces": [f"{LONG}-{number}"]} for number in range(9)]},
    }
    SidecarDeployment("checkout-service-with-a-really-long-component-name", merged(BASIC, changes))


def beneath() -> None:
    """One rule, and its middle is below the pod."""
    small()
    peers = [{"namespaceSelector": {"matchLabels": {f"{LONG}-{number}": "x"}}} for number in range(9)]
    policy = {"podSelector": {"matchLabels": {"app": "a"}}, "policyTypes": ["Ingress"], "ingress": [{"from": peers}]}
    k8s.networking.v1.NetworkPolicy("p", spec=policy)


@pytest.mark.parametrize("program", [everything, governed, beneath])
def test_the_arrows_of_what_governs_the_pod_end_at_its_frame(program: Callable[[], None]) -> None:
    root = picture(program)
    ((_, top, right, bottom),) = frames(root)
    paths = [each.attrib["d"] for each in root.iter() if each.attrib.get("class") in ("edge", "tip")]
    tips = [re.match(r"M(\S+) (\S+) l7 ", path) for path in paths]
    ends = [(float(tip[1]), float(tip[2])) for tip in tips if tip]
    assert len(ends) == len(read(offline.run(program)).workloads[0].rules)
    for x, y in ends:
        assert x == pytest.approx(right + 4, abs=0.11)
        assert top < y < bottom


def test_a_load_balancer_behind_a_route_is_reached_directly_too() -> None:
    root = picture(everything)
    texts = [each.text for each in root.iter(TEXT)]
    assert "and outside, directly" in texts
    arrow = re.compile(r"w0clients -->\|.*\| w0s0")
    assert arrow.search(mermaid.draw(read(offline.run(everything))))

    def inside() -> None:
        entry = {"hosts": ["a.example.com"], "class_name": "nginx", "controller": "nginx", "tls_secret": "public"}
        SidecarDeployment("web", merged(BASIC, {"ingress": entry}))

    assert "and outside, directly" not in [each.text for each in picture(inside).iter(TEXT)]
    assert not arrow.search(mermaid.draw(read(offline.run(inside))))
