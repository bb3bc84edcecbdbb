"""A CA that changes, step by step, and one that many share."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pulumi
import pytest
from cryptography import x509

from pulumi_sidecar import CertificateAuthority, SidecarDeployment, offline
from pulumi_sidecar.runtime import local_providers
from tests.conftest import Deploy, Runner
from tests.support.choices import HOST, cause, component, offline_run
from tests.support.pki import Pair, trusting

# --- a CA that changes ------------------------------------------------------------------------------------------------


def blocks(bundle: str) -> list[str]:
    end = "-----END CERTIFICATE-----\n"
    return [block + end for block in bundle.split(end) if block.strip()]


def handshake(leaf: Pair, trust: str) -> bool:
    """Whether a strict client that trusts this bundle takes the server's certificate, in memory."""
    server_context = leaf.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = trusting(trust).wrap_bio(to_client, to_server, server_hostname=HOST)
    for _ in range(5):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                return False
    return client.getpeercert() is not None


STEPS: tuple[dict[str, Any], ...] = ({}, {"also": [2]}, {"generation": 2, "also": [1]}, {"generation": 2})
"""One CA; both, the old one signs; both, the new one signs; the new one alone."""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], dict[str, SidecarDeployment]]], offline.Run]:
    """Offline runs that follow one another as updates: a resource of the same name and inputs stays."""
    state: dict[tuple[str, str], tuple[str, Any]] = {}
    real = local_providers.LocalProviders.new_resource

    def new_resource(self: Any, args: Any) -> Any:
        if not args.typ.startswith("tls:"):
            return real(self, args)
        place, inputs = (args.typ, args.name), repr(sorted((key, repr(value)) for key, value in args.inputs.items()))
        if place not in state or state[place][0] != inputs:
            state[place] = inputs, real(self, args)
        return state[place][1]

    monkeypatch.setattr(local_providers.LocalProviders, "new_resource", new_resource)
    return offline_run


@pytest.mark.parametrize("shared", [False, True])
def test_two_steps_to_a_new_ca_strand_nobody(engine: Callable[..., offline.Run], shared: bool) -> None:
    bundles: list[str] = []
    leaves: list[Pair] = []
    for step in STEPS:

        def program(step: dict[str, Any] = step) -> dict[str, SidecarDeployment]:
            generation, also = step.get("generation", 1), step.get("also", [])
            if not shared:
                return {
                    "web": component({"kind": "issued", "ca_generation": generation, "also_trust_generations": also})
                }
            ca = CertificateAuthority("platform", {"generation": generation, "also_trust_generations": also})
            return {"web": component({"kind": "issued", "ca": ca})}

        run = engine(program)
        bundles.append(run.outputs["web"]["ca_cert_pem"])
        (secret,) = [each for each in run.objects() if each["kind"] == "Secret"]
        leaves.append(Pair(secret["stringData"]["tls.crt"], secret["stringData"]["tls.key"]))
    old, both, turned, new = (blocks(bundle) for bundle in bundles)
    assert both == [*old, *new]
    assert turned == [*new, *old]
    assert leaves[0] == leaves[1], "the first step changes no certificate"
    assert leaves[2] == leaves[3], "nor does the last one"
    assert leaves[1] != leaves[2]
    # Clients of one step before and one step after are served at every step.
    for index, leaf in enumerate(leaves):
        for bundle in bundles[max(0, index - 1) : index + 2]:
            assert handshake(leaf, bundle), index
    # And it is the bundle that does it.
    assert not handshake(leaves[3], bundles[0])
    assert not handshake(leaves[0], bundles[3])


def test_a_ca_that_is_there_stays_as_it_is(deploy: Deploy) -> None:
    run = deploy({"tls": {"kind": "issued", "also_trust_generations": [2]}})
    for ca in run.all("SelfSignedCert"):
        assert set(ca.ignore_changes) >= {"subject", "validityPeriodHours"}
    for key in run.all("PrivateKey"):
        ignored = set(key.ignore_changes)
        assert ignored == ({"algorithm", "ecdsaCurve", "rsaBits"} if "-ca" in key.name else set())
    assert not run.one("LocallySignedCert").ignore_changes


def test_a_first_rotation_leaves_the_first_ca_in_its_place(deploy: Deploy) -> None:
    names = [
        {each.name for each in deploy({"tls": {"kind": "issued", **step}}).all("SelfSignedCert")}
        for step in ({}, {"also_trust_generations": [2]}, {"ca_generation": 2, "also_trust_generations": [1, 1, 2]})
    ]
    assert names == [{"web-ca"}, {"web-ca", "web-ca-2"}, {"web-ca", "web-ca-2"}]


# --- a CA that many share ---------------------------------------------------------------------------------------------


def test_one_ca_for_two() -> None:
    def program() -> dict[str, SidecarDeployment]:
        ca = CertificateAuthority("platform", {"namespaces": ["shop", "batch"]})
        pulumi.export("config_map_names", ca.config_map_names)
        pulumi.export("not_after", ca.not_after)
        ca.issue_client("robot", namespace="batch")
        return {name: component({"kind": "issued", "ca": ca}, name) for name in ("web", "api")}

    run = offline_run(program)
    assert Counter(each.type.rpartition(":")[2] for each in run.resources)["SelfSignedCert"] == 1
    bundle = run.outputs["web"]["ca_cert_pem"]
    assert run.outputs["api"]["ca_cert_pem"] == bundle
    maps = {each["metadata"]["namespace"]: each for each in run.objects() if list(each.get("data", ())) == ["ca.crt"]}
    assert maps.keys() == {"shop", "batch"}
    assert {space: each["metadata"]["name"] for space, each in maps.items()} == run.outputs["config_map_names"]
    assert all(each["data"]["ca.crt"] == bundle for each in maps.values())
    assert not run.secret_outputs
    ca = x509.load_pem_x509_certificate(bundle.encode())
    assert run.outputs["not_after"] == ca.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    secrets = {each["metadata"]["name"].rpartition("-")[0]: each for each in run.objects() if each["kind"] == "Secret"}
    assert secrets.keys() == {"web-tls", "api-tls", "platform-client-robot"}
    for secret in secrets.values():
        x509.load_pem_x509_certificate(secret["stringData"]["tls.crt"].encode()).verify_directly_issued_by(ca)


@pytest.mark.parametrize(
    "bad", [{"generation": 0}, {"validity_days": 0}, {"namespaces": ["A b"]}, {"algorithm": "DSA"}]
)
def test_a_ca_with_bad_arguments(run: Runner, bad: dict[str, Any]) -> None:
    error = cause(run, lambda: CertificateAuthority("platform", cast(Any, bad)))
    assert error.problems[0].path.startswith(next(iter(bad)))
