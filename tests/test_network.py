"""The Service's options, URLs that follow from them, and the NetworkPolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_sidecar import ArgumentsError

if TYPE_CHECKING:
    from tests.conftest import Deploy

SELECTOR = {"pulumi-sidecar/component": "web"}


def spec(deploy: Deploy, **service: Any) -> dict[str, Any]:
    found = deploy({"service": service}).one("Service").inputs["spec"]
    assert isinstance(found, dict)
    return found


def refused(deploy: Deploy, changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ArgumentsError) as failure:
        deploy(changes)
    return [str(problem) for problem in failure.value.problems]


# --- Service ----------------------------------------------------------------------------------------------------------


def test_nothing_is_said_that_is_not_asked_for(deploy: Deploy) -> None:
    assert spec(deploy) == {
        "type": "ClusterIP",
        "selector": SELECTOR,
        "ports": [{"name": "https", "port": 443, "targetPort": "https", "appProtocol": "https"}],
    }


def test_a_load_balancer(deploy: Deploy) -> None:
    found = spec(
        deploy,
        type="LoadBalancer",
        node_port=30443,
        external_traffic_policy="Local",
        load_balancer_class="service.k8s.aws/nlb",
        load_balancer_source_ranges=["192.0.2.0/24", "2001:db8::/32"],
        allocate_load_balancer_node_ports=False,
    )
    assert found["ports"][0]["nodePort"] == 30443
    del found["ports"]
    assert found == {
        "type": "LoadBalancer",
        "selector": SELECTOR,
        "externalTrafficPolicy": "Local",
        "loadBalancerClass": "service.k8s.aws/nlb",
        "loadBalancerSourceRanges": ["192.0.2.0/24", "2001:db8::/32"],
        "allocateLoadBalancerNodePorts": False,
    }


def test_what_any_service_may_ask_for(deploy: Deploy) -> None:
    found = spec(
        deploy,
        session_affinity="ClientIP",
        session_affinity_seconds=600,
        internal_traffic_policy="Local",
        publish_not_ready_addresses=True,
    )
    assert found["sessionAffinity"] == "ClientIP"
    assert found["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 600}}
    assert found["internalTrafficPolicy"] == "Local"
    assert found["publishNotReadyAddresses"] is True


def test_labels_of_the_service_alone(deploy: Deploy) -> None:
    run = deploy({"labels": {"team": "shop"}, "service": {"labels": {"team": "edge", **SELECTOR, "tier": "web"}}})
    labels = run.one("Service").inputs["metadata"]["labels"]
    assert labels.items() >= {"team": "edge", "tier": "web", **SELECTOR}.items()
    assert run.one("Deployment").inputs["metadata"]["labels"]["team"] == "shop"


def test_a_node_port_for_plain_http(deploy: Deploy) -> None:
    service = {"type": "NodePort", "node_port": 30443, "http_node_port": 30080}
    ports = deploy({"service": service, "proxy": {"redirect_http": True}}).one("Service").inputs["spec"]["ports"]
    assert [(port["name"], port["nodePort"]) for port in ports] == [("https", 30443), ("http", 30080)]


@pytest.mark.parametrize(
    ("service", "listen"),
    [
        ({}, ["8443"]),
        ({"ip_families": ["IPv4"]}, ["8443"]),
        ({"ip_family_policy": "SingleStack"}, ["8443"]),
        ({"ip_families": ["IPv6"]}, ["0.0.0.0:8443", "[::]:8443"]),
        ({"ip_family_policy": "PreferDualStack"}, ["0.0.0.0:8443", "[::]:8443"]),
        ({"ip_families": ["IPv6", "IPv4"], "ip_family_policy": "RequireDualStack"}, ["0.0.0.0:8443", "[::]:8443"]),
    ],
)
def test_families(deploy: Deploy, service: dict[str, Any], listen: list[str]) -> None:
    run = deploy({"service": service})
    found = run.one("Service").inputs["spec"]
    assert found.get("ipFamilies", []) == service.get("ip_families", [])
    assert found.get("ipFamilyPolicy") == service.get("ip_family_policy")
    lines = run.one("ConfigMap").inputs["data"]["nginx.conf"].splitlines()
    words = [line.split() for line in lines if line.strip().startswith("listen ")]
    assert [line[1] for line in words if "8443" in line[1]] == listen


@pytest.mark.parametrize(
    ("changes", "url", "ports"),
    [
        ({}, "https://web.shop.svc:8443", {"https": 8443}),
        ({"proxy": {"https_port": 10443}}, "https://web.shop.svc:10443", {"https": 10443}),
        ({"proxy": {"redirect_http": True}}, "https://web.shop.svc:8443", {"https": 8443, "http": 8081}),
        ({"tls": {"kind": "off"}}, "http://web.shop.svc:8443", {"http": 8443}),
        ({"proxy": None, "sidecars": {"logs": {"image": "b"}}}, "http://web.shop.svc:8080", {"http": 8080}),
    ],
)
def test_headless_leads_to_the_pods_own_ports(
    deploy: Deploy, changes: dict[str, Any], url: str, ports: dict[str, int]
) -> None:
    run = deploy({"namespace": "shop", "service": {"headless": True}, **changes})
    found = run.one("Service").inputs["spec"]
    assert found["clusterIP"] == "None"
    assert {port["name"]: port["port"] for port in found["ports"]} == ports
    assert run.result["url"].value == url


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        (
            {"service": {"node_port": 30443, "external_traffic_policy": "Local"}},
            [
                'service.external_traffic_policy: is for clients outside, and service.type is "ClusterIP". Set '
                'service.type "NodePort" or "LoadBalancer", or leave it out.',
                'service.node_port: is for clients outside, and service.type is "ClusterIP". Set service.type '
                '"NodePort" '
                'or "LoadBalancer", or leave it out.',
            ],
        ),
        (
            {"service": {"type": "NodePort", "load_balancer_source_ranges": ["192.0.2.0/24"]}},
            [
                'service.load_balancer_source_ranges: is for load balancers, and service.type is "NodePort". Set '
                'service.type "LoadBalancer", or leave it out.'
            ],
        ),
        (
            {"service": {"headless": True, "type": "LoadBalancer"}},
            [
                'service.headless: is set, and service.type "LoadBalancer" needs an address (got True). Use '
                "service.type "
                '"ClusterIP", or leave it out.'
            ],
        ),
        (
            {"service": {"headless": True, "port": 443}},
            [
                "service.port: does nothing with service.headless: clients connect to the pods themselves (got "
                "443). Set "
                "proxy.https_port in its place."
            ],
        ),
        (
            {"service": {"ip_families": ["IPv4", "IPv6"]}},
            [
                "service.ip_families: are two, and the policy is a single one. Set service.ip_family_policy "
                '"PreferDualStack" or "RequireDualStack".'
            ],
        ),
        (
            {"service": {"ip_families": ["IPv4", "IPv4"], "ip_family_policy": "PreferDualStack"}},
            ["service.ip_families: names a family twice. Name each once."],
        ),
        (
            {"service": {"session_affinity_seconds": 5}},
            [
                "service.session_affinity_seconds: goes with session_affinity. Set service.session_affinity "
                '"ClientIP", '
                "or leave it out."
            ],
        ),
        (
            {"service": {"type": "NodePort", "http_node_port": 30080}},
            [
                "service.http_node_port: is for plain HTTP, and proxy.redirect_http is off. Set it, or leave "
                "http_node_port out."
            ],
        ),
        (
            {
                "service": {"type": "NodePort", "node_port": 30080, "http_node_port": 30080},
                "proxy": {"redirect_http": True},
            },
            ["service.http_node_port: is the same port as node_port (got 30080). Move one."],
        ),
    ],
)
def test_services_that_cannot_be(deploy: Deploy, changes: dict[str, Any], problems: list[str]) -> None:
    assert refused(deploy, changes) == problems


def test_defaults_may_be_said_aloud(deploy: Deploy) -> None:
    assert spec(deploy, node_port=None, load_balancer_source_ranges=[], allocate_load_balancer_node_ports=True)


# --- NetworkPolicy ----------------------------------------------------------------------------------------------------


def policy(deploy: Deploy, changes: dict[str, Any] | None = None, **network_policy: Any) -> dict[str, Any]:
    run = deploy({**(changes or {}), "network_policy": network_policy})
    found = run.one("NetworkPolicy")
    assert (found.name, found.parent) == ("web-policy", run.one("SidecarDeployment").urn)
    result = found.inputs["spec"]
    assert isinstance(result, dict)
    return result


def tcp(*ports: int) -> list[dict[str, Any]]:
    return [{"port": port, "protocol": "TCP"} for port in ports]


def test_no_policy_by_default(deploy: Deploy) -> None:
    assert "NetworkPolicy" not in {each.type.rpartition(":")[2] for each in deploy().resources}


def test_only_the_tls_port(deploy: Deploy) -> None:
    assert policy(deploy) == {
        "podSelector": {"matchLabels": SELECTOR},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": tcp(8443)}],
    }


@pytest.mark.parametrize(
    ("changes", "ports"),
    [
        ({"proxy": {"redirect_http": True}}, (8443, 8081)),
        ({"tls": {"kind": "off"}}, (8443,)),
        ({"proxy": None, "sidecars": {"logs": {"image": "b", "ports": {"metrics": 2021}}}}, (8080,)),
        ({"certificate_alert": {}, "sidecars": {"logs": {"image": "b", "ports": {"metrics": 2021}}}}, (8443,)),
    ],
)
def test_ports_for_clients(deploy: Deploy, changes: dict[str, Any], ports: tuple[int, ...]) -> None:
    assert policy(deploy, changes)["ingress"] == [{"ports": tcp(*ports)}]


def test_nobody_reaches_an_app_without_a_port(deploy: Deploy) -> None:
    changes: dict[str, Any] = {"app": {"port": None}, "proxy": None, "sidecars": {"logs": {"image": "b"}}}
    assert policy(deploy, changes)["ingress"] == []


def test_who_may_connect(deploy: Deploy) -> None:
    found = policy(
        deploy,
        {
            "certificate_alert": {},
            "sidecars": {name: {"image": "b", "ports": {"told": port}} for name, port in (("a", 2021), ("b", 2022))},
        },
        allow_from=[
            {"kind": "pods"},
            {"kind": "pods", "match_labels": {"app": "shop"}, "namespaces": ["shop", "billing"]},
            {"kind": "pods", "namespace_labels": {"tier": "front"}},
            {"kind": "pods", "all_namespaces": True},
            {"kind": "addresses", "cidr": "10.0.0.0/8", "except_cidrs": ["10.1.0.0/16"]},
        ],
        allow_metrics_from=[{"kind": "pods", "namespaces": ["monitoring"]}],
    )

    def named(*namespaces: str) -> dict[str, Any]:
        key = "kubernetes.io/metadata.name"
        return {"matchExpressions": [{"key": key, "operator": "In", "values": list(namespaces)}]}

    assert found["ingress"] == [
        {
            "ports": tcp(8443),
            "from": [
                {"podSelector": {}},
                {"podSelector": {"matchLabels": {"app": "shop"}}, "namespaceSelector": named("shop", "billing")},
                {"podSelector": {}, "namespaceSelector": {"matchLabels": {"tier": "front"}}},
                {"podSelector": {}, "namespaceSelector": {}},
                {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
            ],
        },
        {"ports": tcp(2021, 2022, 9793), "from": [{"podSelector": {}, "namespaceSelector": named("monitoring")}]},
    ]


@pytest.mark.parametrize(
    ("network_policy", "problem"),
    [
        (
            {"allow_metrics_from": [{"kind": "pods"}]},
            "network_policy.allow_metrics_from: lets somebody in, and there is no port for metrics. Leave it out.",
        ),
        (
            {"allow_from": [{"kind": "pods", "namespaces": ["a"], "all_namespaces": True}]},
            "network_policy.allow_from[0]: has namespaces and all_namespaces. Name the namespaces in one way.",
        ),
        (
            {"allow_from": [{"kind": "addresses", "cidr": "10.0.0.0/8", "except_cidrs": ["192.0.2.0/24"]}]},
            "network_policy.allow_from[0]: leaves out 192.0.2.0/24, which is no part of 10.0.0.0/8. Leave out networks "
            "within it.",
        ),
        (
            {"allow_from": [{"kind": "addresses", "cidr": "10.0.0.0/8", "except_cidrs": ["2001:db8::/32"]}]},
            "network_policy.allow_from[0]: leaves out 2001:db8::/32, which is no part of 10.0.0.0/8. Leave out "
            "networks "
            "within it.",
        ),
    ],
)
def test_policies_that_cannot_be(deploy: Deploy, network_policy: dict[str, Any], problem: str) -> None:
    assert refused(deploy, {"network_policy": network_policy}) == [problem]
