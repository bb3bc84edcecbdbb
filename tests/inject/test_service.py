"""Services of others: one more port, or one that leads elsewhere."""

from __future__ import annotations

import json
from typing import Any

import kubernetes_validate
import pytest

from pulumi_sidecar import ArgumentsError
from pulumi_sidecar.inject.service import leads_to_app, with_way_to_proxy
from pulumi_sidecar.inject.template import removed
from pulumi_sidecar.inject.wanted import wanted
from tests.conftest import merged
from tests.inject.test_template import BASIC


def service(*ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    given = {"selector": {"app": "web"}, "ports": list(ports), **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": given}


HTTP = {"port": 80, "targetPort": "http"}


def ports(before: dict[str, Any], args: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    asked = wanted("web", merged(BASIC, args or {}))
    found = with_way_to_proxy(before, asked, "s", frozenset({"http"})).document
    kubernetes_validate.validate(found, "1.34", strict=True)
    assert json.dumps(removed(found)) == json.dumps(before)
    assert with_way_to_proxy(found, asked, "s", frozenset({"http"})).document == found
    return [dict(port) for port in found["spec"]["ports"]]


def refused(before: dict[str, Any], args: dict[str, Any] | None = None) -> str:
    with pytest.raises(ArgumentsError) as caught:
        ports(before, args)
    (problem,) = caught.value.problems
    return str(problem)


ADDED = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 8443, "appProtocol": "https"}


def test_one_more_port() -> None:
    assert ports(service(HTTP)) == [{**HTTP, "name": "http"}, ADDED]
    named = {"name": "web", "port": 8080}
    assert ports(service(named), {"service": {"port": 8443}}) == [named, {**ADDED, "port": 8443}]
    taken = {"name": "https", "port": 8080}
    assert ports(service(taken))[1]["name"] == "proxy-https"
    udp = {"name": "quic", "port": 443, "protocol": "UDP"}
    assert ports(service(udp)) == [udp, ADDED]
    assert ports(service({"port": 53, "protocol": "UDP"}))[0]["name"] == "port-53"


def test_ports_of_one_number_are_told_apart() -> None:
    """What has no protocol is TCP, and UDP of the same number may come before it."""
    udp = {"name": "h3", "port": 443, "protocol": "UDP", "targetPort": 1443}
    web = {"name": "web", "port": 443, "targetPort": 8080}
    pointed = ports(service(udp, web), {"service": {"ports": "point", "port": 443}})
    assert pointed == [udp, {**web, "targetPort": 8443}]
    dns = {"port": 53, "protocol": "UDP"}, {"port": 53, "targetPort": 8080}
    for pair in (dns, dns[::-1]):
        named = ports(service(*pair))[:2]
        assert [{key: port[key] for key in port if key != "name"} for port in named] == [*pair]
        assert {port["name"] for port in named} in ({"port-53", "port-53-tcp"}, {"port-53", "port-53-udp"})


def test_the_port_that_led_to_the_app_redirects() -> None:
    redirected = ports(service(HTTP), {"proxy": {"redirect_http": True}})
    assert redirected == [{**HTTP, "targetPort": 8081, "name": "http"}, ADDED]


def test_a_port_that_leads_to_the_proxy() -> None:
    point = {"service": {"ports": "point", "port": 80}}
    assert ports(service(HTTP), point) == [{"port": 80, "targetPort": 8443}]
    other = {"name": "metrics", "port": 9100}
    spoken = {**HTTP, "name": "http", "appProtocol": "http"}
    assert ports(service(spoken, other), point) == [{**spoken, "targetPort": 8443, "appProtocol": "https"}, other]


def test_other_arguments_take_the_place_of_the_first() -> None:
    before, point = service(HTTP), merged(BASIC, {"service": {"ports": "point", "port": 80}})
    first, asked = with_way_to_proxy(before, wanted("web", BASIC), "s").document, wanted("web", point)
    second = with_way_to_proxy(first, asked, "s").document
    assert second == with_way_to_proxy(before, asked, "s").document
    assert removed(second) == before


def test_a_headless_service_translates_no_ports() -> None:
    headless = {"clusterIP": "None"}
    assert ports(service(HTTP, **headless))[1] == {**ADDED, "port": 8443}
    point = {"service": {"ports": "point", "port": 8080}}
    assert "headless" in refused(service({"port": 8080}, **headless), point)


def test_what_is_refused() -> None:
    assert '"point"' in refused(service({"port": 443}))
    assert "(80)" in refused(service(HTTP), {"service": {"ports": "point", "port": 81}})
    assert "spec.ports" in refused({"kind": "Service", "spec": {"type": "ExternalName", "externalName": "x.y"}})


@pytest.mark.parametrize(
    ("port", "leads"),
    [({"port": 8080}, True), ({"port": 80, "targetPort": 8080}, True), (HTTP, True), ({"port": 80}, False)],
)
def test_which_services_lead_to_the_app(port: dict[str, Any], leads: bool) -> None:
    assert leads_to_app(service(port), 8080, frozenset({"http"})) == ([port["port"]] if leads else [])
