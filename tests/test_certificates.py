"""Certificates: who they are for, what they may be used for, when they are renewed, and where their key goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from pulumi_sidecar import SidecarDeployment

if TYPE_CHECKING:
    from tests.conftest import Deploy, Run, Runner

SAN = {
    "web",
    "web.default",
    "web.default.svc",
    "web.default.svc.cluster.local",
    "localhost",
}


def request(run: Run) -> dict[str, Any]:
    return run.one("CertRequest").inputs


def test_every_form_of_the_services_name(deploy: Deploy) -> None:
    made = request(deploy())
    assert set(made["dnsNames"]) == SAN
    assert set(made["ipAddresses"]) == {"127.0.0.1", "::1"}


def test_names_follow_service_namespace_and_domain(deploy: Deploy) -> None:
    made = request(deploy({"service": {"name": "front"}, "namespace": "shop", "cluster_domain": "k8s.example"}))
    assert set(made["dnsNames"]) == {
        "front",
        "front.shop",
        "front.shop.svc",
        "front.shop.svc.k8s.example",
        "localhost",
    }


def test_an_unset_namespace_is_what_the_provider_returns(deploy: Deploy) -> None:
    assert "web.team-a.svc" in request(deploy(namespace="team-a"))["dnsNames"]


def test_further_names_and_addresses(deploy: Deploy) -> None:
    tls = {"kind": "issued", "dns_names": ["shop.example.com", "*.example.com"], "ip_addresses": ["192.0.2.7"]}
    made = request(deploy({"tls": tls}))
    assert set(made["dnsNames"]) == {*SAN, "shop.example.com", "*.example.com"}
    assert set(made["ipAddresses"]) == {"127.0.0.1", "::1", "192.0.2.7"}


@pytest.mark.parametrize("host", ["shop.example.com", "2001:db8::7"])
@pytest.mark.parametrize("late", [False, True])
def test_the_external_host_is_a_name_of_the_certificate(deploy: Deploy, run: Runner, host: str, late: bool) -> None:
    def program() -> None:
        given: Any = pulumi.Output.from_input(host) if late else host
        SidecarDeployment(
            "web",
            {"app": {"image": "a", "port": 8080}, "proxy": {"kind": "nginx"}, "service": {"external_host": given}},
        )

    made = request(run(program))
    found = made["ipAddresses"] if ":" in host else made["dnsNames"]
    assert host in found
    assert len(made["dnsNames"]) + len(made["ipAddresses"]) == 8
    assert set(made["dnsNames"]).issuperset(SAN)


def test_late_names_are_sorted_into_names_and_addresses(run: Runner) -> None:
    def program() -> None:
        name, address = (pulumi.Output.from_input(host) for host in ("a.example", "192.0.2.7"))
        SidecarDeployment(
            "web",
            {
                "app": {"image": "a", "port": 8080},
                "proxy": {"kind": "nginx"},
                "tls": {"kind": "issued", "dns_names": [name, "b.example"], "ip_addresses": [address]},
            },
        )

    made = request(run(program))
    assert set(made["dnsNames"]) == {*SAN, "a.example", "b.example"}
    assert set(made["ipAddresses"]) == {"127.0.0.1", "::1", "192.0.2.7"}


def test_unknown_names_pass_a_preview(run: Runner) -> None:
    def program() -> None:
        host: pulumi.Output[str] = pulumi.Output.from_input(pulumi.UNKNOWN)  # type: ignore[assignment, arg-type]
        SidecarDeployment(
            "web",
            {
                "app": {"image": "a", "port": 8080},
                "proxy": {"kind": "nginx"},
                "tls": {"kind": "issued", "dns_names": [host]},
            },
        )

    assert run(program, preview=True).one("CertRequest")


def test_keys_are_p256(deploy: Deploy) -> None:
    keys = deploy().all("PrivateKey")
    assert len(keys) == 2
    for key in keys:
        assert (key.inputs["algorithm"], key.inputs["ecdsaCurve"]) == ("ECDSA", "P256")


def test_the_ca(deploy: Deploy) -> None:
    ca = deploy().one("SelfSignedCert").inputs
    assert ca["isCaCertificate"] is True
    assert set(ca["allowedUses"]) == {"cert_signing", "crl_signing"}
    assert ca["setSubjectKeyId"] is True
    assert ca["validityPeriodHours"] == 3650 * 24
    assert ca.get("earlyRenewalHours", 0) == 0
    assert "maxPathLength" not in ca


def test_the_leaf(deploy: Deploy) -> None:
    leaf = deploy().one("LocallySignedCert").inputs
    assert set(leaf["allowedUses"]) == {"digital_signature", "server_auth"}
    assert leaf["setSubjectKeyId"] is True
    assert leaf["validityPeriodHours"] == 90 * 24
    assert leaf["earlyRenewalHours"] == 30 * 24
    assert not leaf.get("isCaCertificate")


def test_windows_of_ones_own(deploy: Deploy) -> None:
    tls = {"kind": "issued", "validity_days": 47, "renew_before_days": 7, "ca_validity_days": 100}
    run = deploy({"tls": tls})
    leaf = run.one("LocallySignedCert").inputs
    assert (leaf["validityPeriodHours"], leaf["earlyRenewalHours"]) == (47 * 24, 7 * 24)
    assert run.one("SelfSignedCert").inputs["validityPeriodHours"] == 100 * 24


@pytest.mark.parametrize("name", ["web", "w" * 63, "w" * 200])
def test_subjects_differ_and_fit(deploy: Deploy, name: str) -> None:
    run = deploy(name=name)
    ca, leaf = run.one("SelfSignedCert").inputs["subject"], request(run)["subject"]
    assert ca["commonName"] != leaf["commonName"]
    for subject in (ca, leaf):
        assert len(subject["commonName"]) <= 64


def test_the_chain_is_wired(deploy: Deploy) -> None:
    run = deploy()
    keys = {key.name: key.outputs["privateKeyPem"] for key in run.all("PrivateKey")}
    ca, leaf = run.one("SelfSignedCert"), run.one("LocallySignedCert")
    assert ca.inputs["privateKeyPem"] == leaf.inputs["caPrivateKeyPem"] == keys["web-ca-key"]
    assert request(run)["privateKeyPem"] == keys["web-key"]
    assert leaf.inputs["caCertPem"] == ca.outputs["certPem"]
    assert leaf.inputs["certRequestPem"] == run.one("CertRequest").outputs["certRequestPem"]


def test_the_secret_has_the_certificate_its_key_and_the_ca(deploy: Deploy) -> None:
    run = deploy()
    secret = run.one("Secret").inputs
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["stringData"] == {
        "tls.crt": run.one("LocallySignedCert").outputs["certPem"],
        "tls.key": run.one("PrivateKey", "web-key").outputs["privateKeyPem"],
        "ca.crt": run.one("SelfSignedCert").outputs["certPem"],
    }


def _texts(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _texts(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _texts(item, (*path, index))]
    return [(path, value)] if isinstance(value, str) else []


def test_keys_are_secret_and_go_nowhere_else(deploy: Deploy) -> None:
    run = deploy()
    found = {
        (each.name, path)
        for each in run.resources
        for path, text in _texts(each.inputs)
        if "PRIVATE KEY-----" in text and each.type != "tls:index/privateKey:PrivateKey"
    }
    assert found == {
        ("web-ca", ("privateKeyPem",)),
        ("web-request", ("privateKeyPem",)),
        ("web-certificate", ("caPrivateKeyPem",)),
        ("web-tls", ("stringData", "tls.key")),
    }
    for name, path in found:
        (resource,) = [each for each in run.resources if each.name == name]
        assert resource.is_secret(*path), (name, path)
    for seen in run.result.values():
        assert "PRIVATE KEY" not in repr(seen.value)
    assert "PRIVATE KEY" not in repr(run.registered_outputs)


def test_the_deployment_is_no_secret(deploy: Deploy) -> None:
    run = deploy()
    for kind in ("Deployment", "Service", "ConfigMap"):
        assert run.one(kind).secret_paths == frozenset()
