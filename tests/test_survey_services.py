"""Several Services before one pod: who reaches which of them, in the picture, the flowchart and the words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar import offline
from pulumi_sidecar.survey import mermaid, svg, words
from pulumi_sidecar.survey.read import read

_SVG = "{http://www.w3.org/2000/svg}"
OUTSIDE, INSIDE = "Clients outside", "Clients in the cluster"
LEADS = {"i": ["cip"]}


def behind(services: Mapping[str, str], routes: Mapping[str, list[str]]) -> Callable[[], None]:
    """A pod behind Services of these types, and Ingresses that lead to these of them."""

    def program() -> None:
        labels = {"app": "db"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        k8s.apps.v1.Deployment("d", spec={"selector": {"matchLabels": labels}, "template": template})
        for name, type_ in services.items():
            spec: dict[str, Any] = {"selector": labels, "type": type_, "ports": [{"port": 80}]}
            k8s.core.v1.Service(name, metadata={"name": name}, spec=spec)
        for name, ends in routes.items():
            backends = [{"service": {"name": end, "port": {"number": 80}}} for end in ends]
            paths = [{"path": "/", "pathType": "Prefix", "backend": each} for each in backends]
            k8s.networking.v1.Ingress(name, metadata={"name": name}, spec={"rules": [{"http": {"paths": paths}}]})

    return program


def drawn(program: Callable[[], None]) -> set[tuple[str, str]]:
    """The arrows of the picture that end at a box before the pod: the titles of the boxes at both ends."""
    root = ElementTree.fromstring(svg.draw(read(offline.run(program)), "t", "d"))
    titles = [t for t in root.iter(f"{_SVG}text") if t.attrib["class"] == "title"]
    texts = [(float(t.attrib["x"]), float(t.attrib["y"]), t.text) for t in titles]
    boxes = []
    for each in root.iter(f"{_SVG}rect"):
        x, y, w, h = (float(each.attrib[key]) for key in ("x", "y", "width", "height"))
        if each.attrib["class"] in ("box", "secret"):
            title = next(text for left, top, text in texts if x <= left <= x + w and y <= top <= y + h)
            boxes.append((x, y, x + w, y + h, title))

    def at(x: float, y: float) -> str:
        near = [b[4] for b in boxes if b[0] - 8 <= x <= b[2] + 8 and b[1] - 8 <= y <= b[3] + 8]
        return str(near[0]) if near else "the pod"

    found = set()
    for each in root.iter(f"{_SVG}path"):
        if each.attrib["class"] == "edge":
            points = re.findall(r"(-?[\d.]+)[ ,](-?[\d.]+)", each.attrib["d"])
            start, end = points[0], points[-1]
            found.add((at(*map(float, start)), at(*map(float, end))))
    return {(start, end) for start, end in found if not {"the pod", "c"} & {start, end}}


def charted(program: Callable[[], None]) -> set[tuple[str, str]]:
    """The arrows of the flowchart before the pod."""
    text = mermaid.draw(read(offline.run(program)))
    names = dict(re.findall(r'^ *(w0\w+)\["<b>(.*?)</b>', text, re.MULTILINE))
    arrows = re.findall(r"^ *(w0\w+) -->(?:\|.*?\|)? (w0\w+)$", text, re.MULTILINE)
    return {(names[start], names[end]) for start, end in arrows if end.startswith(("w0s", "w0i"))}


CASES = [
    # An open Service beside one behind an Ingress: whichever comes first.
    (
        {"lb": "LoadBalancer", "cip": "ClusterIP"},
        LEADS,
        {(OUTSIDE, "i"), ("i", "cip"), (INSIDE, "lb")},
        {(OUTSIDE, "i"), ("i", "cip"), (OUTSIDE, "lb")},
    ),
    (
        {"cip": "ClusterIP", "lb": "LoadBalancer"},
        LEADS,
        {(OUTSIDE, "i"), ("i", "cip"), (INSIDE, "lb")},
        {(OUTSIDE, "i"), ("i", "cip"), (OUTSIDE, "lb")},
    ),
    # Without a route nobody outside reaches what is not open.
    (
        {"lb": "LoadBalancer", "cip": "ClusterIP"},
        {},
        {(OUTSIDE, "lb"), (INSIDE, "cip")},
        {(OUTSIDE, "lb"), (INSIDE, "cip")},
    ),
    # Two open ones, one of them behind the Ingress as well.
    (
        {"np": "NodePort", "lb": "LoadBalancer", "cip": "ClusterIP"},
        {"i": ["cip", "np"]},
        {(OUTSIDE, "i"), ("i", "cip"), ("i", "np"), (INSIDE, "lb"), (INSIDE, "np")},
        {(OUTSIDE, "i"), ("i", "cip"), ("i", "np"), (OUTSIDE, "lb"), (OUTSIDE, "np")},
    ),
    # And one that only the cluster reaches.
    (
        {"lb": "LoadBalancer", "cip": "ClusterIP", "own": "ClusterIP"},
        LEADS,
        {(OUTSIDE, "i"), ("i", "cip"), (INSIDE, "lb"), (INSIDE, "own")},
        {(OUTSIDE, "i"), ("i", "cip"), (OUTSIDE, "lb"), (INSIDE, "own")},
    ),
    # Two routes, each to its own.
    (
        {"a": "ClusterIP", "b": "ClusterIP"},
        {"i": ["a"], "j": ["b"]},
        {(OUTSIDE, "i"), (OUTSIDE, "j"), ("i", "a"), ("j", "b"), (INSIDE, "b")},
        {(OUTSIDE, "i"), (OUTSIDE, "j"), ("i", "a"), ("j", "b")},
    ),
]


@pytest.mark.parametrize(("services", "routes", "picture", "chart"), CASES)
def test_arrows_lead_where_requests_do(services: Any, routes: Any, picture: Any, chart: Any) -> None:
    program = behind(services, routes)
    assert drawn(program) == picture
    assert charted(program) == chart


def test_what_outside_clients_do_not_reach_is_not_said_to_be_open() -> None:
    def notes(services: Any) -> list[str]:
        root = ElementTree.fromstring(svg.draw(read(offline.run(behind(services, LEADS))), "t", "d"))
        return [each.text or "" for each in root.iter(f"{_SVG}text") if (each.text or "").startswith("and outside")]

    assert notes({"lb": "LoadBalancer", "cip": "ClusterIP"}) == ["and outside, directly"]
    assert notes({"lb": "LoadBalancer", "cip": "ClusterIP", "own": "ClusterIP"}) == ["and outside, where it is open"]
    assert notes({"cip": "ClusterIP", "own": "ClusterIP"}) == []


def test_the_words_name_the_services_that_a_route_leads_to() -> None:
    def exposed(services: Any) -> str:
        found = dict(words.sections(read(offline.run(behind(services, LEADS))).workloads[0]))
        return "\n".join(found["What is exposed"])

    assert "Ingress i leads to cip: " in exposed({"lb": "LoadBalancer", "cip": "ClusterIP"})
    assert "Ingress i leads there: " in exposed({"cip": "ClusterIP"})


def test_a_route_to_a_service_whose_name_pulumi_makes_up_is_seen() -> None:
    def program() -> None:
        behind({}, {})()
        service = k8s.core.v1.Service("web", spec={"selector": {"app": "db"}, "ports": [{"port": 80}]})
        backend = {"service": {"name": service.metadata.name, "port": {"number": 80}}}
        k8s.networking.v1.Ingress("i", metadata={"name": "i"}, spec={"defaultBackend": backend})

    assert {("i", "web"), (OUTSIDE, "i")} <= drawn(program)
    assert ("i", "web") in charted(program)


@pytest.mark.parametrize("spec", [["a"], "text", 1])
@pytest.mark.parametrize("kind", ["Rule", "HTTPRoute", "NetworkPolicy", "Certificate", "Service", "Deployment"])
def test_a_custom_resource_may_have_a_spec_of_any_form(kind: str, spec: Any) -> None:
    def program() -> None:
        behind({"lb": "LoadBalancer"}, {})()
        volumes = [{"name": "v", "secret": {"secretName": "s"}}]
        template = {"metadata": {"labels": {"app": "e"}}, "spec": {"volumes": volumes, "containers": []}}
        k8s.apps.v1.Deployment("e", spec={"selector": {"matchLabels": {"app": "e"}}, "template": template})
        metadata = {"name": "odd"}
        k8s.apiextensions.CustomResource("odd", api_version="x.io/v1", kind=kind, metadata=metadata, spec=spec)

    survey = read(offline.run(program))
    assert f"{kind} odd" in "\n".join(
        [*words.others(survey), *(f"{each.kind} {each.name}" for each in survey.workloads)]
    )
    assert svg.draw(survey, "t", words.summary(survey))
    assert mermaid.draw(survey)
