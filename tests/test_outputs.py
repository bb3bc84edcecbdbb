"""What a component tells: outputs, and the URLs under which it is reached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from pulumi_sidecar import SidecarDeployment
from tests.support.outputs import INTERNAL, OUTPUTS, SERVICE, TOKEN, Basic, out

if TYPE_CHECKING:
    from tests.conftest import Deploy, Runner

# --- outputs ----------------------------------------------------------------------------------------------------------


def test_outputs(deploy: Deploy) -> None:
    run = deploy()
    assert {name: seen.value for name, seen in run.result.items()} == {
        "url": "https://web.default.svc",
        "endpoints": {"internal": "https://web.default.svc"},
        "ca_cert_pem": run.one("SelfSignedCert").outputs["certPem"],
        "certificate_not_after": run.one("LocallySignedCert").outputs["validityEndTime"],
        "deployment_name": "web-deployment-1a2b3c4d",
        "service_name": "web",
        "config_map_name": "web-config-1a2b3c4d",
        "secret_name": "web-tls-1a2b3c4d",
    }


def test_no_output_is_a_secret(deploy: Deploy) -> None:
    assert [name for name, seen in deploy().result.items() if seen.secret] == []


def test_a_secret_in_the_environment_makes_no_output_secret(run: Runner, basic: Basic) -> None:
    def program() -> Any:
        web = SidecarDeployment("web", basic(app={"env": {"A": pulumi.Output.secret("x")}}))  # type: ignore[arg-type]
        return [web.url, web.service_name, web.ca_cert_pem, web.endpoints]

    assert [seen.secret for seen in run(program).result] == [False] * 4


def test_outputs_are_registered(deploy: Deploy) -> None:
    run = deploy()
    registered = run.registered_outputs[run.one(TOKEN).urn]
    assert {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in registered} == OUTPUTS


def test_the_namespace_that_was_asked_for(deploy: Deploy) -> None:
    run = deploy({"namespace": "shop"}, namespace="never")
    assert out(run, "url") == "https://web.shop.svc"
    for kind in ("ConfigMap", "Secret", "Deployment", "Service"):
        assert run.one(kind).inputs["metadata"]["namespace"] == "shop"


def test_the_namespace_that_the_provider_returns(deploy: Deploy) -> None:
    run = deploy(namespace="team-a")
    assert out(run, "url") == "https://web.team-a.svc"
    for kind in ("ConfigMap", "Secret", "Deployment", "Service"):
        assert "namespace" not in run.one(kind).inputs["metadata"]


def test_a_late_namespace(run: Runner, basic: Basic) -> None:
    def program() -> Any:
        namespace = kubernetes.core.v1.Namespace("shop")
        return SidecarDeployment("web", basic(namespace=namespace.metadata["name"])).url  # type: ignore[arg-type, index]

    seen = run(program)
    assert seen.result.value == "https://web.shop-1a2b3c4d.svc"
    assert seen.one("Namespace").urn in seen.one("Service").dependencies


def test_a_service_name_of_ones_own(deploy: Deploy) -> None:
    run = deploy({"service": {"name": "front"}})
    assert out(run, "url") == "https://front.default.svc"
    assert out(run, "service_name") == "front"
    assert run.one("Service").inputs["metadata"]["name"] == "front"
    assert {each.name for each in run.all("Service")} == {"web-service"}


@pytest.mark.parametrize(("port", "url"), [(443, "https://web.default.svc"), (8443, "https://web.default.svc:8443")])
def test_the_port_in_the_url(deploy: Deploy, port: int, url: str) -> None:
    run = deploy({"service": {"port": port}})
    assert out(run, "url") == out(run, "endpoints")["internal"] == url


def test_the_service(deploy: Deploy) -> None:
    run = deploy({"service": {"type": "NodePort", "annotations": {"example.com/a": "b"}}, "annotations": {"c": "d"}})
    service = run.one("Service").inputs
    assert service["metadata"]["annotations"] == {"example.com/a": "b"}
    assert service["spec"]["type"] == "NodePort"


# --- endpoints --------------------------------------------------------------------------------------------------------
HTTPS = {"name": "https", "port": 443}


def _balancer(*ingress: dict[str, Any]) -> dict[str, Any]:
    return {"status": {"loadBalancer": {"ingress": list(ingress)}}}


@pytest.mark.parametrize(
    ("service", "reply", "external"),
    [
        ({"type": "LoadBalancer"}, {}, None),
        ({"type": "LoadBalancer"}, {"status": {}}, None),
        ({"type": "LoadBalancer"}, {"status": {"loadBalancer": {}}}, None),
        ({"type": "LoadBalancer"}, {"status": {"loadBalancer": {"ingress": []}}}, None),
        ({"type": "LoadBalancer"}, _balancer({}), None),
        ({"type": "LoadBalancer"}, _balancer({"ip": "192.0.2.7"}), "https://192.0.2.7"),
        ({"type": "LoadBalancer"}, _balancer({"ip": "2001:db8::7"}), "https://[2001:db8::7]"),
        ({"type": "LoadBalancer"}, _balancer({"hostname": "lb.example.com"}), "https://lb.example.com"),
        ({"type": "LoadBalancer"}, _balancer({"ip": "192.0.2.7", "hostname": "lb.example"}), "https://lb.example"),
        ({"type": "LoadBalancer"}, _balancer({}, {"ip": "192.0.2.7"}), "https://192.0.2.7"),
        ({"type": "LoadBalancer", "port": 8443}, _balancer({"ip": "192.0.2.7"}), "https://192.0.2.7:8443"),
        ({"type": "LoadBalancer", "external_host": "shop.example"}, {}, "https://shop.example"),
        ({"type": "LoadBalancer", "external_host": "shop.example"}, _balancer({"ip": "192.0.2.7"}), "https://shop.example"),
        ({"type": "NodePort"}, {"spec": {"ports": [{**HTTPS, "nodePort": 30443}]}}, None),
        ({"type": "NodePort", "external_host": "192.0.2.7"}, {}, None),
        (
            {"type": "NodePort", "external_host": "192.0.2.7"},
            {"spec": {"ports": [{"name": "http", "port": 80, "nodePort": 30080}, {**HTTPS, "nodePort": 30443}]}},
            "https://192.0.2.7:30443",
        ),
        (
            {"type": "NodePort", "external_host": "2001:db8::7"},
            {"spec": {"ports": [{**HTTPS, "nodePort": 30443}]}},
            "https://[2001:db8::7]:30443",
        ),
        ({"type": "ClusterIP", "external_host": "shop.example"}, _balancer({"ip": "192.0.2.7"}), None),
        ({}, _balancer({"ip": "192.0.2.7"}), None),
    ],
)  # fmt: skip
def test_endpoints(deploy: Deploy, service: dict[str, Any], reply: dict[str, Any], external: str | None) -> None:
    found = out(deploy({"service": service}, replies={SERVICE: reply}), "endpoints")
    internal = f"{INTERNAL}:{service['port']}" if "port" in service else INTERNAL
    assert found == ({"internal": internal, "external": external} if external else {"internal": internal})


# --- without a proxy: what does not apply is None ---------------------------------------------------------------------
ALONE = {"proxy": None, "sidecars": {"log": {"image": "log:1"}}}


def test_without_a_proxy_there_is_no_tls(deploy: Deploy) -> None:
    run = deploy(ALONE)
    assert {each.type for each in run.resources} == {TOKEN, "kubernetes:apps/v1:Deployment", SERVICE}
    assert {name: out(run, name) for name in OUTPUTS} == {
        "url": "http://web.default.svc",
        "endpoints": {"internal": "http://web.default.svc"},
        "ca_cert_pem": None,
        "certificate_not_after": None,
        "config_map_name": None,
        "secret_name": None,
        "deployment_name": "web-deployment-1a2b3c4d",
        "service_name": "web",
    }


def test_without_a_proxy_children_are_none(run: Runner, basic: Basic) -> None:
    def program() -> None:
        web = SidecarDeployment("web", basic(ALONE))  # type: ignore[arg-type]
        assert web.config_map is None
        assert web.secret is None

    run(program)


def test_without_proxy_and_port_there_is_no_service(deploy: Deploy) -> None:
    run = deploy({**ALONE, "app": {"port": None}})
    assert {each.type for each in run.resources} == {TOKEN, "kubernetes:apps/v1:Deployment"}
    assert [out(run, name) for name in ("url", "endpoints", "service_name")] == [None, {}, None]


def test_without_a_proxy_the_providers_namespace_is_asked_of_the_service(deploy: Deploy) -> None:
    assert out(deploy(ALONE, namespace="team-a"), "url") == "http://web.team-a.svc"
    assert out(deploy({**ALONE, "namespace": "shop"}), "url") == "http://web.shop.svc"
