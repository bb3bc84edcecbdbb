"""Client certificates: whose CA, what proxies ask for, and what is issued."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from pulumi_sidecar import ArgumentsError, CertificateAuthority, SidecarDeployment
from tests.conftest import Deploy, Runner
from tests.support.choices import CA, CHOICES, cause, component, offline_run, signed
from tests.support.pki import Ca


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ({"kind": "pem", "pem": CA.pem}, "/etc/pulumi-sidecar/proxy/client-ca.crt"),
        ({"kind": "config_map", "name": "clients", "key": "bundle.pem"}, "/etc/pulumi-sidecar/client-ca/bundle.pem"),
        ({"kind": "own"}, "/etc/pulumi-sidecar/tls/ca.crt"),
    ],
)
def test_where_the_client_ca_is_mounted(deploy: Deploy, source: dict[str, Any], file: str) -> None:
    run = deploy({"client_auth": {"ca": source}})
    data = run.one("ConfigMap").inputs["data"]
    assert f"ssl_client_certificate {file};" in data["nginx.conf"]
    assert data.get("client-ca.crt") == (CA.pem if source["kind"] == "pem" else None)
    spec = run.one("Deployment").inputs["spec"]["template"]["spec"]
    mounted = [each for each in spec["volumes"] if each["name"] == "client-ca"]
    assert [each["configMap"]["name"] for each in mounted] == (["clients"] if source["kind"] == "config_map" else [])
    (proxy,) = [each for each in spec["containers"] if each["name"] == "proxy"]
    assert proxy["command"] == ["sh", "/etc/pulumi-sidecar/proxy/nginx.sh"]


def test_a_junk_client_ca(deploy: Deploy) -> None:
    with pytest.raises(ArgumentsError, match=r"client_auth\.ca\.pem: is no PEM of certificates"):
        deploy({"client_auth": {"ca": {"kind": "pem", "pem": CA.key_pem}}})


@pytest.mark.parametrize("choice", ["issued", "signed_by"])
def test_issue_client(choice: str) -> None:
    tls, _ = CHOICES[choice]

    def program() -> dict[str, SidecarDeployment]:
        web = component(tls, namespace="shop", client_auth={"ca": {"kind": "own"}})
        web.issue_client("billing")
        web.issue_client("stock", namespace="warehouse")
        return {"web": web}

    run = offline_run(program)
    secrets = {each["metadata"]["name"].rpartition("-")[0]: each for each in run.objects() if each["kind"] == "Secret"}
    assert secrets.keys() == {"web-tls", "web-client-billing", "web-client-stock"}
    bundle = run.outputs["web"]["ca_cert_pem"]
    for name, space in (("billing", "shop"), ("stock", "warehouse")):
        made = secrets[f"web-client-{name}"]
        assert made["metadata"]["namespace"] == space
        certificate = x509.load_pem_x509_certificate(made["stringData"]["tls.crt"].encode())
        assert certificate.subject.rfc4514_string() == f"CN={name}"
        assert made["stringData"]["ca.crt"] == bundle
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(bundle.encode()))


@pytest.mark.parametrize("choice", ["certificate", "secret", "cert_manager", "off"])
def test_clients_are_issued_only_where_a_ca_is_at_hand(run: Runner, choice: str) -> None:
    error = cause(run, lambda: component(CHOICES[choice][0]).issue_client("billing"))
    assert [problem.path for problem in error.problems] == ["tls.kind"]


@pytest.mark.parametrize("name", ["", "Billing", "a b", "a,O=admins", "x" * 64, "a\n", "ä", None, 5])
def test_names_of_clients(run: Runner, name: Any) -> None:
    for make in (lambda: component({"kind": "issued"}), lambda: CertificateAuthority("platform")):
        error = cause(run, lambda make=make: make().issue_client(name))  # type: ignore[misc]
        assert [problem.path for problem in error.problems] == ["client"]


def test_a_client_has_one_certificate(run: Runner) -> None:
    for make in (lambda: component({"kind": "issued"}), lambda: CertificateAuthority("platform")):

        def program(make: Any = make) -> None:
            maker = make()
            maker.issue_client("billing")
            maker.issue_client("billing", namespace="A b;")

        assert [problem.path for problem in cause(run, program).problems] == ["namespace", "client"]


def test_a_shared_ca_that_names_objects_has_a_name_for_them(run: Runner) -> None:
    for program in (
        lambda: CertificateAuthority("Internal CA", {"namespaces": ["shop"]}),
        lambda: CertificateAuthority("internal_CA").issue_client("billing"),
    ):
        assert [problem.path for problem in cause(run, program).problems] == ["name"]
    for program in (
        lambda: CertificateAuthority("a" * 174, {"namespaces": ["s" * 63]}),
        lambda: CertificateAuthority("a" * 237).issue_client("b"),
    ):
        assert [problem.path for problem in cause(run, program).problems] == ["name"]
    for maker in (lambda: CertificateAuthority("a" * 174), lambda: component({"kind": "issued"}, "a" * 174)):
        error = cause(run, lambda maker=maker: maker().issue_client("b" * 63))  # type: ignore[misc]
        assert [problem.path for problem in error.problems] == ["client"]
        run(lambda maker=maker: maker().issue_client("b" * 62) and None)  # type: ignore[misc]
    # Without objects any name will do.
    run(lambda: CertificateAuthority("Internal CA") and None)


def test_a_client_is_not_called_as_its_ca(run: Runner) -> None:
    """Verifiers would take its certificate for self-signed."""
    error = cause(run, lambda: component(signed(Ca("billing"))).issue_client("billing"))
    assert [problem.path for problem in error.problems] == ["client"]


def test_a_client_does_not_outlive_its_ca() -> None:
    def program() -> dict[str, SidecarDeployment]:
        ca = CertificateAuthority("short", {"validity_days": 30, "namespaces": ["a", "a"]})
        web = component({"kind": "issued", "ca": ca, "validity_days": 20, "renew_before_days": 5})
        web.issue_client("billing")
        ca.issue_client("stock")
        return {"web": web}

    found = {
        each.name: each.inputs["validityPeriodHours"]
        for each in offline_run(program).resources
        if each.type == "tls:index/locallySignedCert:LocallySignedCert"
    }
    days = {"web": 20, "web-client-billing": 30, "short-client-stock": 30}
    assert found == {f"{name}-certificate": count * 24 for name, count in days.items()}


def test_a_certificate_does_not_outlive_a_shared_ca(run: Runner) -> None:
    def program() -> None:
        component({"kind": "issued", "ca": CertificateAuthority("short", {"validity_days": 30})})

    assert [problem.path for problem in cause(run, program).problems] == ["tls"]
