"""Certificates and kinds of `tls` that are refused, and what does not go together with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_sidecar import ArgumentsError, CertificateAuthority, SidecarDeployment
from tests.conftest import BASIC, Deploy, Runner, merged
from tests.support.choices import CA, HOST, OWN, cause, component, signed
from tests.support.pki import Ca, Kind, Pair, key_pem, new_key

RSA = CA.issue("web", (HOST,), kind="rsa")

# --- what is refused --------------------------------------------------------------------------------------------------


def own(pair: Pair, **more: Any) -> dict[str, Any]:
    return {"kind": "certificate", "cert_pem": pair.cert, "private_key_pem": pair.key, **more}


NO_CA = Ca("no CA", may_sign=False)
BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "another key": (own(Pair(OWN.cert, key_pem(new_key()))), "tls.private_key_pem", "is not the certificate's key"),
    "expired": (own(CA.issue("web", (HOST,), days=(-9, -1))), "tls.cert_pem", "ended on"),
    "not yet": (own(CA.issue("web", (HOST,), days=(1, 9))), "tls.cert_pem", "is not valid before"),
    "another name": (own(CA.issue("web", ("other",))), "tls.cert_pem", f'is not for "{HOST}"'),
    "not all names": (
        own(OWN, dns_names=["shop.example.com", "api.example.com"]),
        "tls.cert_pem",
        'is not for "api.example.com"',
    ),
    "not the address": (own(OWN, ip_addresses=["192.0.2.7"]), "tls.cert_pem", 'is not for "192.0.2.7"'),
    "a client's": (own(CA.client("web")), "tls.cert_pem", "is not for servers"),
    "a broken certificate": (own(Pair(BROKEN, OWN.key)), "tls.cert_pem", "cannot be read as a certificate"),
    "no certificate": (own(Pair("hello", OWN.key)), "tls.cert_pem", "is no PEM of certificates"),
    "key and certificate swapped": (own(Pair(OWN.key, OWN.cert)), "tls.cert_pem", "is no PEM of certificates"),
    "an encrypted key": (
        own(Pair(OWN.cert, key_pem(new_key(), "words"))),
        "tls.private_key_pem",
        "is a key encrypted with a passphrase",
    ),
    "an encrypted old key": (
        own(Pair(OWN.cert, key_pem(new_key("rsa"), "words", traditional=True))),
        "tls.private_key_pem",
        "is a key encrypted with a passphrase",
    ),
    "no CA": (signed(NO_CA), "tls.ca_cert_pem", "is no CA"),
    "an expired CA": (signed(Ca("old", days=(-9, -1))), "tls.ca_cert_pem", "ended on"),
    "another CA's key": (
        signed(CA, ca_private_key_pem=Ca().key_pem),
        "tls.ca_private_key_pem",
        "is not the certificate's key",
    ),
    "a CA named as the Service": (signed(Ca("web")), "tls.ca_cert_pem", "has the very subject"),
    "a key without its frame": (
        own(Pair(OWN.cert, "".join(OWN.key.split("\n")[1:-2]))),
        "tls.private_key_pem",
        "is no PEM of one private key",
    ),
}


def pieces(text: str) -> list[str]:
    """What of a PEM must not be told, whole or in part."""
    return [line for line in text.split("\n") if len(line) > 12 and "-----" not in line]


ARRIVALS: dict[str, Callable[[str], Any]] = {
    "plain": lambda text: text,
    "an Output": lambda text: pulumi.Output.from_input(text).apply(lambda known: known),
    "a secret Output": lambda text: pulumi.Output.secret(cast(Any, text)),
    "an awaitable": lambda text: asyncio.sleep(0, text),
}


@pytest.mark.parametrize("arrival", ARRIVALS)
@pytest.mark.parametrize("bad", BAD)
def test_what_is_wrong_is_told_by_path_without_the_key(
    run: Runner, bad: str, arrival: str, caplog: pytest.LogCaptureFixture
) -> None:
    tls, path, reason = BAD[bad]
    arrives = ARRIVALS[arrival]

    def program() -> None:
        late = {name: arrives(value) if name.endswith("_pem") else value for name, value in tls.items()}
        component(late, namespace="default")

    error = cause(run, program)
    found = {(problem.path, problem.reason) for problem in error.problems}
    first = any(at == path and text.startswith(reason) for at, text in found)
    # Of two Outputs that are wrong, each is an error of its own, and the first to resolve ends the program.
    other = bad == "key and certificate swapped" and arrival != "plain" and "tls.private_key_pem" in dict(found)
    assert first or other, error
    assert all(problem.remedy for problem in error.problems)
    for field, value in tls.items():
        if field.endswith("_pem"):
            for piece in [*pieces(value), value[:40]]:
                if "-----" not in piece and len(piece) > 12:
                    assert piece not in str(error) + repr(error) + caplog.text


@pytest.mark.parametrize("preview", [False, True])
def test_plain_ones_are_refused_before_anything_is_made(run: Runner, preview: bool) -> None:
    seen: list[str] = []

    class Noting(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
            seen.append(args.typ)
            return "id", dict(args.inputs)

        def call(self, args: pulumi.runtime.MockCallArgs) -> Any:  # noqa: ARG002 (the SDK's)
            return {}

    tls = BAD["another key"][0]
    cause(run, lambda: component(tls), preview=preview, replies={})
    assert seen == []


def test_unknown_pem_passes_a_preview(run: Runner) -> None:
    def program() -> None:
        unknown = cast(Any, pulumi.Output.from_input(cast(Any, pulumi.UNKNOWN)))
        component({"kind": "certificate", "cert_pem": unknown, "private_key_pem": unknown})
        component({"kind": "signed_by", "ca_cert_pem": unknown, "ca_private_key_pem": unknown}, "second")

    assert len(run(program, preview=True).all("Secret")) == 2


def test_a_namespace_that_is_known_late_is_checked_late(run: Runner) -> None:
    def program() -> None:
        component(own(CA.issue("web", ("web.shop.svc",))), namespace=pulumi.Output.from_input("other"))

    assert 'is not for "web.other.svc"' in str(cause(run, program))


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa", "ed25519"])
def test_good_pairs_of_every_sort(deploy: Deploy, kind: Kind) -> None:
    pair = CA.issue("web", (HOST,), kind=kind)
    assert deploy({"tls": own(pair)}).one("Secret").inputs["stringData"]["tls.crt"] == pair.cert


@pytest.mark.parametrize("wrap", ["\n{}", "{}\n\n", "\r\n{}"])
def test_blank_lines_do_not_matter(deploy: Deploy, wrap: str) -> None:
    pair = Pair(wrap.format(OWN.cert), wrap.format(OWN.key).replace("\n", "\r\n"))
    assert deploy({"tls": own(pair)}).one("Secret").name == "web-tls"


# --- what does not go together ----------------------------------------------------------------------------------------
MODERN = {"proxy": {"tls_profile": "modern"}}
CLASH: dict[str, tuple[dict[str, Any], str]] = {
    "a window as long as the validity": ({"tls": {"kind": "issued", "renew_before_days": 90}}, "tls"),
    "a window longer than the validity": ({"tls": {"kind": "issued", "validity_days": 20}}, "tls"),
    "cert-manager, too": ({"tls": {"kind": "cert_manager", "issuer": "x", "validity_days": 20}}, "tls"),
    "a CA that ends first": ({"tls": {"kind": "issued", "ca_validity_days": 60}}, "tls"),
    "modern for long": ({"tls": {"kind": "issued", "validity_days": 91}, **MODERN}, "tls.validity_days"),
    "modern with RSA": ({"tls": {"kind": "issued", "algorithm": "RSA-2048"}, **MODERN}, "tls.algorithm"),
    "modern with Ed25519": (
        {"tls": {"kind": "cert_manager", "issuer": "x", "algorithm": "Ed25519"}, **MODERN},
        "tls.algorithm",
    ),
    "no name at all": (
        {"tls": {"kind": "cert_manager", "issuer": "x", "service_names": False}},
        "tls.service_names",
    ),
    "off with client certificates": (
        {"tls": {"kind": "off"}, "client_auth": {"ca": {"kind": "config_map", "name": "x"}}},
        "client_auth",
    ),
    "off with a redirect": ({"tls": {"kind": "off"}, "proxy": {"redirect_http": True}}, "proxy.redirect_http"),
    "off with HSTS": ({"tls": {"kind": "off"}, "proxy": {"hsts": {"preload": True}}}, "proxy.hsts"),
    "off with refused names": ({"tls": {"kind": "off"}, "proxy": {"unknown_names": "refuse"}}, "proxy.unknown_names"),
    "off with gRPC": ({"tls": {"kind": "off"}, "app": {"protocol": {"kind": "grpc"}}}, "app.protocol"),
    "its own CA, and there is none": (
        {"tls": own(OWN), "client_auth": {"ca": {"kind": "own"}}},
        "client_auth.ca",
    ),
    "refused names of a Secret": (
        {"tls": {"kind": "secret", "name": "x"}, "proxy": {"unknown_names": "refuse"}},
        "proxy.unknown_names",
    ),
    "refused names of a listener": (
        {"gateway": {"kind": "http_route", "gateway": {"name": "edge"}}, "proxy": {"unknown_names": "refuse"}},
        "gateway.hosts",
    ),
    "not for the external host": (
        {"tls": own(OWN), "namespace": "default", "service": {"external_host": "elsewhere.example.com"}},
        "tls.cert_pem",
    ),
    "modern with a pair of RSA": ({"tls": own(RSA), "namespace": "default", **MODERN}, "tls.cert_pem"),
    "a CA that does not outlive its leaf": ({"tls": {"kind": "issued", "ca_validity_days": 89}}, "tls"),
    "own clients below an intermediate alone": (
        {"tls": signed(Ca("between", CA)), "client_auth": {"ca": {"kind": "own"}}},
        "tls.ca_cert_pem",
    ),
    "an expired client CA": (
        {"client_auth": {"ca": {"kind": "pem", "pem": Ca("old", days=(-9, -1)).pem}}},
        "client_auth.ca.pem",
    ),
    "a client CA that is none": ({"client_auth": {"ca": {"kind": "pem", "pem": OWN.cert}}}, "client_auth.ca.pem"),
    "a broken client CA": ({"client_auth": {"ca": {"kind": "pem", "pem": BROKEN}}}, "client_auth.ca.pem"),
    "a broken CA to trust": ({"tls": {"kind": "secret", "name": "x", "ca_cert_pem": BROKEN}}, "tls.ca_cert_pem"),
    "preload for a day": ({"proxy": {"hsts": {"preload": True, "max_age_seconds": 86400}}}, "proxy.hsts.preload"),
    "a header of a thousand spellings": (
        {"client_auth": {"ca": {"kind": "own"}, "subject_header": "X" + "-a" * 6}},
        "client_auth.subject_header",
    ),
    "an unusable header": (
        {"client_auth": {"ca": {"kind": "own"}, "subject_header": "Authorization"}},
        "client_auth.subject_header",
    ),
    "a header of the proxy": (
        {"client_auth": {"ca": {"kind": "own"}, "subject_header": "X-Forwarded-For"}},
        "client_auth.subject_header",
    ),
    "a header that injects": (
        {"client_auth": {"ca": {"kind": "own"}, "subject_header": "X-A: b\r\nX-C"}},
        "client_auth.subject_header",
    ),
}


@pytest.mark.parametrize("clash", CLASH)
def test_what_does_not_go_together(deploy: Deploy, clash: str) -> None:
    changes, path = CLASH[clash]
    with pytest.raises(ArgumentsError) as caught:
        deploy(changes)
    assert path in [problem.path for problem in caught.value.problems], caught.value
    assert all(problem.remedy for problem in caught.value.problems)


@pytest.mark.parametrize("preview", [False, True])
def test_what_is_wrong_with_a_certificate_needs_no_key_to_be_told(run: Runner, preview: bool) -> None:
    """An unknown key, or an unknown name, hides nothing that is known already."""
    expired = CA.issue("web", (HOST,), days=(-9, -1))

    def program() -> None:
        late = pulumi.Output.from_input(expired.cert).apply(lambda cert: cert)
        unknown = CertificateAuthority("other").private_key_pem
        component(own(Pair(cast(Any, late), cast(Any, unknown))), namespace="default")

    error = cause(run, program, preview=preview)
    assert [problem.path for problem in error.problems] == ["tls.cert_pem"]


def test_a_late_client_ca_is_looked_at_when_it_is_known(run: Runner) -> None:
    def program() -> None:
        late = pulumi.Output.from_input(BROKEN)
        component({"kind": "issued"}, client_auth={"ca": {"kind": "pem", "pem": late}})

    assert [problem.path for problem in cause(run, program).problems] == ["client_auth.ca.pem"]


@pytest.mark.parametrize("field", ["tls", "client_auth"])
def test_without_a_proxy_there_is_nothing_to_speak_tls(run: Runner, field: str) -> None:
    given = {"tls": {"kind": "issued"}, "client_auth": {"ca": {"kind": "own"}}}[field]
    args = {"app": {"image": "a", "port": 8080}, "sidecars": {"log": {"image": "b"}}, field: given}
    error = cause(run, lambda: SidecarDeployment("web", cast(Any, args)))
    assert [problem.path for problem in error.problems] == [field]


def test_a_shared_ca_is_what_it_is(run: Runner) -> None:
    def program() -> None:
        component(
            {"kind": "issued", "ca": CertificateAuthority("platform"), "ca_validity_days": 99, "ca_generation": 2}
        )

    assert {problem.path for problem in cause(run, program).problems} == {"tls.ca_validity_days", "tls.ca_generation"}


def test_what_is_no_authority(deploy: Deploy) -> None:
    with pytest.raises(ArgumentsError, match=r"tls\.ca: is no CertificateAuthority"):
        deploy({"tls": {"kind": "issued", "ca": "platform"}})


def test_an_output_cannot_be_refused_as_a_name(run: Runner) -> None:
    def program() -> None:
        late = pulumi.Output.from_input("shop.example.com")
        component({"kind": "issued", "dns_names": [late]}, proxy={"unknown_names": "refuse"})

    assert [problem.path for problem in cause(run, program).problems] == ["tls.dns_names[0]"]


@pytest.mark.parametrize("entry", ["ingress", "gateway"])
def test_an_output_cannot_be_refused_as_a_host(run: Runner, entry: str) -> None:
    def program() -> None:
        more: Any = {"ingress": {}, "gateway": {"kind": "http_route", "gateway": {"name": "edge"}}}[entry]
        hosts = ["shop.example.com", pulumi.Output.from_input("late.example.com")]
        component({"kind": "issued"}, proxy={"unknown_names": "refuse"}, **{entry: {**more, "hosts": hosts}})

    assert [problem.path for problem in cause(run, program).problems] == [f"{entry}.hosts[1]"]


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 400), st.sampled_from(["intermediate", "modern"]))
def test_validity_window_and_profile(validity: int, window: int, ca: int, profile: str) -> None:
    from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
    from pulumi_sidecar.args.parse import parse
    from pulumi_sidecar.checks import check

    tls = {"kind": "issued", "validity_days": validity, "renew_before_days": window, "ca_validity_days": ca}
    args = merged(BASIC, {"tls": tls, "proxy": {"tls_profile": profile}})
    good = window < validity <= ca and (profile == "intermediate" or validity <= 90)
    try:
        check("web", parse(SidecarDeploymentArgs, args, "it"))
    except ArgumentsError:
        assert not good
    else:
        assert good
