"""The choices of `tls`: what each makes, what it tells, and what it refuses, now or when an Output resolves."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pulumi
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pulumi_sidecar import ArgumentsError, CertificateAuthority, SidecarDeployment, offline
from pulumi_sidecar.runtime import local_providers
from tests.conftest import BASIC, Deploy, Run, Runner, merged
from tests.support.pki import Ca, Kind, Pair, key_pem, new_key, trusting

CA = Ca("a CA")
MIDDLE = Ca("between", CA)
HOST = "web.default.svc"
OWN = CA.issue("web", (HOST, "shop.example.com"))
RSA = CA.issue("web", (HOST,), kind="rsa")

ISSUED = ["PrivateKey", "PrivateKey", "SelfSignedCert", "CertRequest", "LocallySignedCert", "Secret"]
CHOICES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "issued": ({"kind": "issued"}, ISSUED),
    "issued, two generations": (
        {"kind": "issued", "also_trust_generations": [2]},
        [*ISSUED, "PrivateKey", "SelfSignedCert"],
    ),
    "signed_by": (
        {"kind": "signed_by", "ca_cert_pem": CA.pem, "ca_private_key_pem": CA.key_pem},
        ["PrivateKey", "CertRequest", "LocallySignedCert", "Secret"],
    ),
    "certificate": ({"kind": "certificate", "cert_pem": OWN.cert, "private_key_pem": OWN.key}, ["Secret"]),
    "certificate with its CA": (
        {"kind": "certificate", "cert_pem": OWN.cert, "private_key_pem": OWN.key, "ca_cert_pem": CA.pem},
        ["Secret"],
    ),
    "secret": ({"kind": "secret", "name": "theirs"}, []),
    "cert_manager": ({"kind": "cert_manager", "issuer": "letsencrypt"}, ["Certificate"]),
    "off": ({"kind": "off"}, []),
}
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


def component(tls: Any, name: str = "web", **more: Any) -> SidecarDeployment:
    return SidecarDeployment(name, cast(Any, merged(BASIC, more) | ({"tls": tls} if tls else {})))


def offline_run(program: Callable[[], dict[str, SidecarDeployment]]) -> offline.Run:
    def exporting() -> None:
        for name, made in program().items():
            pulumi.export(name, {key: getattr(made, key) for key in SidecarDeployment.__annotations__})

    return offline.run(exporting)


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


# --- what is refused --------------------------------------------------------------------------------------------------


def own(pair: Pair, **more: Any) -> dict[str, Any]:
    return {"kind": "certificate", "cert_pem": pair.cert, "private_key_pem": pair.key, **more}


def signed(ca: Ca, **more: Any) -> dict[str, Any]:
    return {"kind": "signed_by", "ca_cert_pem": ca.pem, "ca_private_key_pem": ca.key_pem, **more}


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


def cause(run: Runner, program: Callable[[], Any], **options: Any) -> ArgumentsError:
    with pytest.raises(ArgumentsError) as caught:
        run(program, **options)
    return caught.value


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


# --- client certificates ----------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["", "Billing", "a b", "a,O=admins", "x" * 64, "a\n", "ä"])
def test_names_of_clients(run: Runner, name: str) -> None:
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


# --- other people's mocks ---------------------------------------------------------------------------------------------


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
