"""The choices of `tls`: what each makes, what it tells, and what it refuses, now or when an Output resolves."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pulumi
import pytest
from cryptography import x509

from pulumi_sidecar import CertificateAuthority, SidecarDeployment
from tests.conftest import Deploy, Run
from tests.support.choices import CA, CHOICES, component, offline_run
from tests.support.pki import Ca

MIDDLE = Ca("between", CA)
ALWAYS = ["SidecarDeployment", "ConfigMap", "Deployment", "Service"]
choices = pytest.mark.parametrize("choice", CHOICES)


def kinds(run: Run) -> Counter[str]:
    return Counter(each.type.rpartition(":")[2] for each in run.resources)


@choices
def test_what_each_makes(deploy: Deploy, choice: str) -> None:
    tls, made = CHOICES[choice]
    assert kinds(deploy({"tls": tls})) == Counter([*ALWAYS, *made])


@choices
def test_what_each_tells(choice: str) -> None:
    tls, _ = CHOICES[choice]
    out, objects = rendered(tls)
    assert out["url"] == ("http" if choice == "off" else "https") + "://web.default.svc"
    names = {"secret": "theirs", "cert_manager": "web-cert-manager-tls", "off": None}
    secrets = [each for each in objects if each["kind"] == "Secret"]
    assert out["secret_name"] == names.get(choice, secrets[0]["metadata"]["name"] if secrets else "")
    if secrets:
        leaf = x509.load_pem_x509_certificate(secrets[0]["stringData"]["tls.crt"].encode())
        assert out["certificate_not_after"] == leaf.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert secrets[0]["type"] == "kubernetes.io/tls"
        assert secrets[0]["stringData"].get("ca.crt") == out["ca_cert_pem"]
    else:
        assert out["certificate_not_after"] is None
    tells_ca = choice.startswith(("issued", "signed_by")) or choice.endswith("its CA")
    assert (out["ca_cert_pem"] is not None) == tells_ca


def rendered(tls: dict[str, Any], **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Outputs and objects of an offline run."""
    run = offline_run(lambda: {"web": component(tls, **more)})
    assert not run.remote
    told = run.outputs["web"]  # nested in an export, what is None is left out
    return {key: told.get(key) for key in SidecarDeployment.__annotations__}, run.objects()


@choices
def test_pods_mount_what_is_there(deploy: Deploy, choice: str) -> None:
    tls, _ = CHOICES[choice]
    spec = deploy({"tls": tls}).one("Deployment").inputs["spec"]["template"]["spec"]
    volumes = {each["name"]: each for each in spec["volumes"]}
    assert ("proxy-tls" in volumes) == (choice != "off")
    if choice != "off":
        assert volumes["proxy-tls"]["secret"]["defaultMode"] == 0o440


def test_cert_manager_gets_what_it_needs(deploy: Deploy) -> None:
    tls = {
        "kind": "cert_manager",
        "issuer": "corporate",
        "issuer_kind": "ClusterIssuer",
        "algorithm": "RSA-3072",
        "validity_days": 60,
        "renew_before_days": 20,
        "dns_names": ["shop.example.com"],
        "ip_addresses": ["192.0.2.7"],
    }
    made = deploy({"tls": tls, "namespace": "shop"}).one("Certificate").inputs
    assert (made["apiVersion"], made["kind"]) == ("cert-manager.io/v1", "Certificate")
    assert made["metadata"]["namespace"] == "shop"
    spec = made["spec"]
    assert spec["issuerRef"] == {"name": "corporate", "kind": "ClusterIssuer", "group": "cert-manager.io"}
    assert (spec["duration"], spec["renewBefore"]) == ("1440h", "480h")
    assert spec["privateKey"] == {"algorithm": "RSA", "size": 3072, "rotationPolicy": "Always"}
    assert spec["usages"] == ["digital signature", "key encipherment", "server auth"]
    assert {"web", "web.shop.svc", "shop.example.com"} <= set(spec["dnsNames"])
    assert "192.0.2.7" in spec["ipAddresses"]


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("ECDSA-P256", {"algorithm": "ECDSA", "size": 256}),
        ("ECDSA-P384", {"algorithm": "ECDSA", "size": 384}),
        ("RSA-2048", {"algorithm": "RSA", "size": 2048}),
        ("Ed25519", {"algorithm": "Ed25519"}),
    ],
)
def test_cert_managers_keys(deploy: Deploy, algorithm: str, key: dict[str, Any]) -> None:
    made = deploy({"tls": {"kind": "cert_manager", "issuer": "x", "algorithm": algorithm}}).one("Certificate")
    assert made.inputs["spec"]["privateKey"] == {**key, "rotationPolicy": "Always"}


def test_a_public_issuer_is_asked_for_public_names_only(deploy: Deploy) -> None:
    tls = {"kind": "cert_manager", "issuer": "x", "service_names": False, "dns_names": ["shop.example.com"]}
    spec = deploy({"tls": tls}).one("Certificate").inputs["spec"]
    assert spec["dnsNames"] == ["shop.example.com"]
    assert "ipAddresses" not in spec


class StockMocks(pulumi.runtime.Mocks):
    """As in Pulumi's documentation: the inputs are the outputs."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return args.name + "_id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:  # noqa: ARG002 (the SDK's)
        return {}


@choices
@pytest.mark.parametrize("preview", [False, True])
def test_stock_mocks_crash_nothing(choice: str, preview: bool) -> None:
    import contextvars

    from pulumi.runtime.stack import run_pulumi_func

    tls, _ = CHOICES[choice]
    seen: list[Any] = []

    def program() -> None:
        web = component(tls)
        for key in SidecarDeployment.__annotations__:
            getattr(web, key).apply(seen.append)
        if choice in ("issued", "signed_by"):
            web.issue_client("billing")
        shared = CertificateAuthority("platform", {"namespaces": ["a"], "also_trust_generations": [2]})
        component({"kind": "issued", "ca": shared}, "second")
        shared.issue_client("billing")

    def inside() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            pulumi.runtime.set_mocks(StockMocks(), preview=preview)

            async def main() -> None:
                program()

            loop.run_until_complete(run_pulumi_func(main))
        finally:
            loop.close()
            asyncio.set_event_loop(None)

    contextvars.copy_context().run(inside)
    assert preview or len(seen) == len(SidecarDeployment.__annotations__)
