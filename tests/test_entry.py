"""Ingress and Gateway: TLS up to the pod, the certificate's names, and the external endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_sidecar import ArgumentsError
from tests.support.pki import Ca

if TYPE_CHECKING:
    from tests.conftest import Deploy, Run

NGINX = "nginx.ingress.kubernetes.io"
HOST = "shop.example.com"
MANAGED = {"kind": "cert_manager", "issuer": "public", "service_names": False}
MTLS = {"ca": {"kind": "own"}}


def with_ingress(**ingress: Any) -> dict[str, Any]:
    return {"namespace": "shop", "ingress": {"hosts": [HOST], **ingress}}


def with_route(kind: str = "http_route", **route: Any) -> dict[str, Any]:
    return {"namespace": "shop", "gateway": {"kind": kind, "gateway": {"name": "edge"}, "hosts": [HOST], **route}}


def annotations(run: Run) -> dict[str, Any]:
    return dict(run.one("Ingress").inputs["metadata"].get("annotations") or {})


def certificate_names(run: Run) -> list[str]:
    return list(run.one("CertRequest").inputs["dnsNames"])


def kinds(run: Run) -> set[str]:
    return {each.type.rpartition(":")[2] for each in run.resources}


def refused(deploy: Deploy, changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ArgumentsError) as failure:
        deploy(changes)
    return [str(problem) for problem in failure.value.problems]


# --- Ingress ----------------------------------------------------------------------------------------------------------


def test_an_ingress(deploy: Deploy) -> None:
    run = deploy(with_ingress(class_name="nginx", path="/shop", tls_secret="shop-public"))
    ingress = run.one("Ingress")
    assert (ingress.name, ingress.type) == ("web-ingress", "kubernetes:networking.k8s.io/v1:Ingress")
    backend = {"service": {"name": "web", "port": {"name": "https"}}}
    assert ingress.inputs["spec"] == {
        "ingressClassName": "nginx",
        "tls": [{"hosts": [HOST], "secretName": "shop-public"}],
        "rules": [{"host": HOST, "http": {"paths": [{"path": "/shop", "pathType": "Prefix", "backend": backend}]}}],
    }
    assert run.result["endpoints"].value == {
        "internal": "https://web.shop.svc",
        "external": "https://shop.example.com/shop",
    }


def test_another_controllers_annotations_are_the_users(deploy: Deploy) -> None:
    run = deploy(with_ingress(annotations={"acme.com/tls": "on"}))
    assert annotations(run) == {"acme.com/tls": "on"}
    assert [each.name for each in run.resources if each.type.endswith(":Secret")] == ["web-tls"]


def test_ingress_nginx_verifies_the_pod(deploy: Deploy) -> None:
    run = deploy(with_ingress(controller="nginx", annotations={f"{NGINX}/proxy-ssl-verify-depth": "2"}))
    assert annotations(run) == {
        f"{NGINX}/backend-protocol": "HTTPS",
        f"{NGINX}/proxy-ssl-name": "web.shop.svc",
        f"{NGINX}/proxy-ssl-server-name": "on",
        f"{NGINX}/proxy-ssl-secret": "shop/web-entry-ca-1a2b3c4d",
        f"{NGINX}/proxy-ssl-verify": "on",
        f"{NGINX}/proxy-ssl-verify-depth": "2",  # the user's
    }
    (ca,) = (each for each in run.resources if each.name == "web-entry-ca")
    assert set(ca.inputs["stringData"]) == {"ca.crt", "tls.crt"}
    assert "PRIVATE KEY" not in str(ca.inputs)
    assert HOST not in certificate_names(run)  # clients see the controller's certificate


def test_ingress_nginx_without_verification(deploy: Deploy) -> None:
    run = deploy(with_ingress(controller="nginx", verify=False, server_name="pod.example.com"))
    assert annotations(run) == {
        f"{NGINX}/backend-protocol": "HTTPS",
        f"{NGINX}/proxy-ssl-name": "pod.example.com",
        f"{NGINX}/proxy-ssl-server-name": "on",
    }


def test_haproxy(deploy: Deploy) -> None:
    changes = {**with_ingress(controller="haproxy"), "app": {"protocol": {"kind": "grpc"}}}
    assert annotations(deploy(changes)) == {
        "haproxy.org/server-ssl": "true",
        "haproxy.org/server-ca": "shop/web-entry-ca-1a2b3c4d",
        "haproxy.org/server-proto": "h2",
    }


def test_traefik(deploy: Deploy) -> None:
    run = deploy(with_ingress(controller="traefik"))
    assert annotations(run) == {"traefik.ingress.kubernetes.io/router.tls": "true"}
    assert run.one("Service").inputs["metadata"]["annotations"] == {
        "traefik.ingress.kubernetes.io/service.serversscheme": "https",
        "traefik.ingress.kubernetes.io/service.serverstransport": "shop-web-transport@kubernetescrd",
    }
    transport = run.one("ServersTransport")
    assert transport.inputs["metadata"]["name"] == "web-transport"
    assert transport.inputs["spec"] == {
        "serverName": "web.shop.svc",
        "rootCAs": [{"secret": "web-entry-ca-1a2b3c4d"}],
    }


@pytest.mark.parametrize("controller", ["nginx", "haproxy"])
def test_passthrough(deploy: Deploy, controller: str) -> None:
    run = deploy(with_ingress(controller=controller, mode="passthrough"))
    prefix = {"nginx": NGINX, "haproxy": "haproxy.org"}[controller]
    assert annotations(run) == {f"{prefix}/ssl-passthrough": "true"}
    assert HOST in certificate_names(run)
    assert run.one("Ingress").inputs["spec"]["tls"] == [{"hosts": [HOST]}]


def test_plain_http_behind_an_ingress(deploy: Deploy) -> None:
    run = deploy({**with_ingress(controller="nginx"), "tls": {"kind": "off"}})
    assert annotations(run) == {}
    (rule,) = run.one("Ingress").inputs["spec"]["rules"]
    assert rule["http"]["paths"][0]["backend"]["service"]["port"] == {"name": "http"}


def test_hosts_are_let_in_where_other_names_are_refused(deploy: Deploy) -> None:
    run = deploy({**with_ingress(), "proxy": {"unknown_names": "refuse"}})
    assert f" {HOST};" in run.one("ConfigMap").inputs["data"]["nginx.conf"]


def test_a_wildcard_is_no_endpoint(deploy: Deploy) -> None:
    run = deploy(with_ingress(hosts=["*.example.com"]))
    assert run.result["endpoints"].value == {"internal": "https://web.shop.svc"}


# --- Gateway ----------------------------------------------------------------------------------------------------------


def test_an_http_route(deploy: Deploy) -> None:
    gateway = {"name": "edge", "namespace": "infra", "listener": "https"}
    run = deploy(with_route(gateway=gateway, path="/shop"))
    route, policy = run.one("HTTPRoute"), run.one("BackendTLSPolicy")
    assert (route.name, policy.name) == ("web-route", "web-backend-tls")
    assert route.inputs["apiVersion"] == policy.inputs["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert route.inputs["spec"] == {
        "parentRefs": [{"name": "edge", "namespace": "infra", "sectionName": "https"}],
        "hostnames": [HOST],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/shop"}}],
                "backendRefs": [{"name": "web", "port": 443}],
            }
        ],
    }
    assert policy.inputs["spec"] == {
        "targetRefs": [{"group": "", "kind": "Service", "name": "web", "sectionName": "https"}],
        "validation": {
            "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "web-gateway-ca-1a2b3c4d"}],
            "hostname": "web.shop.svc",
        },
    }
    (ca,) = (each for each in run.resources if each.name == "web-gateway-ca")
    assert set(ca.inputs["data"]) == {"ca.crt"}
    assert run.result["endpoints"].value["external"] == "https://shop.example.com/shop"
    assert HOST not in certificate_names(run)


def test_a_certificate_of_a_public_ca(deploy: Deploy) -> None:
    tls = {"kind": "cert_manager", "issuer": "public", "service_names": False, "dns_names": ["pod.example.com"]}
    run = deploy({**with_route(), "tls": tls})
    validation = {"wellKnownCACertificates": "System", "hostname": "pod.example.com"}
    assert run.one("BackendTLSPolicy").inputs["spec"]["validation"] == validation


def test_grpc(deploy: Deploy) -> None:
    run = deploy({**with_route(), "app": {"protocol": {"kind": "grpc"}}})
    assert run.one("GRPCRoute").inputs["spec"]["rules"] == [{"backendRefs": [{"name": "web", "port": 443}]}]


def test_plain_http_behind_a_gateway(deploy: Deploy) -> None:
    run = deploy({**with_route(), "tls": {"kind": "off"}})
    assert "BackendTLSPolicy" not in kinds(run)
    (rule,) = run.one("HTTPRoute").inputs["spec"]["rules"]
    assert rule["backendRefs"] == [{"name": "web", "port": 80}]


@pytest.mark.parametrize("version", ["v1", "v1alpha2"])
def test_a_tls_route(deploy: Deploy, version: str) -> None:
    run = deploy(with_route("tls_route", version=version))
    route = run.one("TLSRoute")
    assert route.inputs["apiVersion"] == f"gateway.networking.k8s.io/{version}"
    assert route.inputs["spec"] == {
        "parentRefs": [{"name": "edge"}],
        "hostnames": [HOST],
        "rules": [{"backendRefs": [{"name": "web", "port": 443}]}],
    }
    assert HOST in certificate_names(run)
    assert "BackendTLSPolicy" not in kinds(run)
    assert run.result["endpoints"].value["external"] == "https://shop.example.com"


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (with_ingress(hosts=[]), "ingress: has no hosts. Give at least one."),
        (
            with_ingress(controller="traefik", mode="passthrough"),
            "ingress: passes TLS through, which Traefik does for no Ingress. Use `gateway` with kind tls_route.",
        ),
        (
            with_ingress(mode="passthrough", path="/shop"),
            'ingress: passes TLS through, and cannot see the path. Leave path at "/".',
        ),
        (
            with_ingress(mode="passthrough", tls_secret="public"),
            "ingress: passes TLS through, and uses neither tls_secret nor server_name. Leave them out: clients see the "
            "pod's own certificate.",
        ),
        (
            {**with_ingress(mode="passthrough"), "tls": {"kind": "off"}},
            "ingress.mode: passes TLS through to the pod, which speaks none. Add a proxy with TLS, or choose another.",
        ),
        (
            {**with_route("tls_route"), "tls": {"kind": "off"}},
            "gateway.kind: passes TLS through to the pod, which speaks none. Add a proxy with TLS, or choose another.",
        ),
        (
            {**with_ingress(), "client_auth": MTLS},
            "client_auth.mode: asks for a client's certificate, and `ingress` has none (got 'required'). Pass TLS "
            'through (ingress.mode "passthrough", gateway.kind "tls_route"), or make it "optional".',
        ),
        (
            {**with_ingress(controller="nginx"), "tls": {"kind": "secret", "name": "mine"}},
            'ingress.verify: needs the CA of the pod\'s certificate, which tls.kind "secret" does not tell (got '
            "True). "
            "Give tls.ca_cert_pem, or switch verification off.",
        ),
        (
            {**with_route(), "proxy": {"proxy_protocol": True, "trusted_proxies": ["10.0.0.0/8"]}},
            "proxy.proxy_protocol: waits for a header that `gateway` does not send (got True). Switch it off.",
        ),
        (
            {**with_route(path="/shop"), "app": {"protocol": {"kind": "grpc"}}},
            "gateway.path: is of no use to gRPC, whose paths are its methods (got '/shop'). Leave it at \"/\".",
        ),
        (
            with_ingress(hosts=["Shop.example.com"]),
            "ingress.hosts[0]: is none that Kubernetes takes here (got 'Shop.example.com'). Give a host name in lower "
            "case.",
        ),
        (
            with_route(hosts=["192.0.2.1"]),
            "gateway.hosts[0]: is none that Kubernetes takes here (got '192.0.2.1'). Give a host name in lower case.",
        ),
        (
            {**with_route(), "tls": {**MANAGED, "ip_addresses": ["192.0.2.9"]}},
            "gateway.server_name: is missing, and the certificate has no host name that could take its place. Give it, "
            "or a host name in tls.dns_names.",
        ),
        (
            with_ingress(controller="traefik", server_name="pod.example.com"),
            "ingress.server_name: is no name of the certificate that is made here (got 'pod.example.com'). Add it to "
            "tls.dns_names.",
        ),
        (
            {**with_route(server_name="web.other.svc"), "namespace": "shop"},
            "gateway.server_name: is no name of the certificate that is made here (got 'web.other.svc'). Add it to "
            "tls.dns_names.",
        ),
        (
            {**with_route(), "app": {"port": None}, "proxy": None, "sidecars": {"logs": {"image": "b"}}},
            "gateway: leads to the Service, and there is none without app.port. Give the app's port.",
        ),
    ],
)
def test_entries_that_cannot_be(deploy: Deploy, changes: dict[str, Any], problem: str) -> None:
    assert refused(deploy, changes) == [problem]


@pytest.mark.parametrize(
    ("name", "tls"),
    [
        ("web", {}),
        ("web.shop.svc.cluster.local", {}),
        ("pod.example.com", {"dns_names": ["pod.example.com"]}),
        ("pod.example.com", {"dns_names": ["*.example.com"]}),
        ("y.example.com", {"dns_names": ["Y.example.com"]}),
        ("localhost", {}),
    ],
)
def test_names_of_the_pod_that_its_certificate_has(deploy: Deploy, name: str, tls: dict[str, Any]) -> None:
    run = deploy({**with_route(server_name=name), "tls": {"kind": "issued", **tls}})
    assert run.one("BackendTLSPolicy").inputs["spec"]["validation"]["hostname"] == name


def test_by_which_name_a_certificate_of_ones_own_is_verified(deploy: Deploy) -> None:
    leaf = Ca("ca").issue("shop", ["*.example.com", "pod.example.com"])
    tls = {"kind": "certificate", "cert_pem": leaf.cert, "private_key_pem": leaf.key}
    named = {**tls, "dns_names": ["*.example.com", "pod.example.com"]}
    run = deploy({**with_ingress(controller="nginx", verify=False), "tls": named})
    assert annotations(run)[f"{NGINX}/proxy-ssl-name"] == "pod.example.com"
    run = deploy({**with_route(), "tls": {**MANAGED, "dns_names": ["*.example.com", "pod.example.com"]}})
    assert run.one("BackendTLSPolicy").inputs["spec"]["validation"]["hostname"] == "pod.example.com"


@pytest.mark.parametrize(
    "changes", [with_ingress(mode="passthrough"), with_route("tls_route")], ids=["ingress", "route"]
)
def test_client_certificates_get_through(deploy: Deploy, changes: dict[str, Any]) -> None:
    assert deploy({**changes, "client_auth": MTLS}).one("Deployment")
