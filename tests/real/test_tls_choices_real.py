"""Every choice of `tls`, rendered, mounted and served by real proxies, asked by strict clients."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pulumi_sidecar import CertificateAuthority, SidecarDeployment, offline
from tests.support.pairs import ProxyKind
from tests.support.pki import Ca, trusting
from tests.support.rendered import Files, Rendered, arguments

PROXIES: tuple[ProxyKind, ...] = ("nginx", "apache")
HOSTS = ("localhost", "web", "web.default", "web.default.svc", "web.default.svc.cluster.local", "shop.example.com")
NAMED = {"dns_names": ["shop.example.com"]}

ROOT = Ca("a root")
MIDDLE = Ca("an intermediate", ROOT)
OWN = ROOT.issue("web", (*HOSTS, "127.0.0.1"))
BELOW = MIDDLE.issue("web", (*HOSTS, "127.0.0.1"))


@dataclass(frozen=True)
class Choice:
    """An argument `tls`, and what clients trust."""

    tls: Callable[[], dict[str, Any]]
    trust: str = ""
    """Where the component does not tell."""
    secrets: dict[str, Files] | None = None
    """Secrets that somebody else makes."""
    key: type = ec.EllipticCurvePublicKey
    sent: int = 1
    """How many certificates the server sends."""
    bits: int = 256


def issued(algorithm: str, key: type, bits: int) -> Choice:
    """By the component's own CA."""
    return Choice(lambda: {"kind": "issued", "algorithm": algorithm, **NAMED}, key=key, bits=bits)


def _signed_by(ca: Ca, pem: str) -> dict[str, Any]:
    return {"kind": "signed_by", "ca_cert_pem": pem, "ca_private_key_pem": pulumi.Output.secret(ca.key_pem), **NAMED}


def _pair(cert: str, key: str) -> dict[str, str]:
    return {"tls.crt": cert, "tls.key": key, "ca.crt": ROOT.pem}


CHOICES = {
    "issued": issued("ECDSA-P256", ec.EllipticCurvePublicKey, 256),
    "issued P-384": issued("ECDSA-P384", ec.EllipticCurvePublicKey, 384),
    "issued RSA-2048": issued("RSA-2048", rsa.RSAPublicKey, 2048),
    "issued RSA-3072": issued("RSA-3072", rsa.RSAPublicKey, 3072),
    "issued Ed25519": issued("Ed25519", ed25519.Ed25519PublicKey, 0),
    "issued by a shared CA": Choice(
        lambda: {"kind": "issued", "ca": CertificateAuthority("platform", {"also_trust_generations": [2]}), **NAMED}
    ),
    "signed by a root": Choice(lambda: _signed_by(ROOT, ROOT.pem)),
    "signed by an intermediate": Choice(lambda: _signed_by(MIDDLE, MIDDLE.chain()), ROOT.pem, sent=2),
    "signed by an intermediate, without its root": Choice(lambda: _signed_by(MIDDLE, MIDDLE.pem), ROOT.pem, sent=2),
    "certificate": Choice(
        lambda: {"kind": "certificate", "cert_pem": OWN.cert, "private_key_pem": OWN.key, "ca_cert_pem": ROOT.pem}
    ),
    "certificate with its chain": Choice(
        lambda: {"kind": "certificate", "cert_pem": BELOW.cert + MIDDLE.pem, "private_key_pem": BELOW.key, **NAMED},
        ROOT.pem,
        sent=2,
    ),
    "secret": Choice(lambda: {"kind": "secret", "name": "theirs"}, ROOT.pem, {"theirs": _pair(OWN.cert, OWN.key)}),
    "cert_manager": Choice(
        lambda: {"kind": "cert_manager", "issuer": "letsencrypt", **NAMED},
        ROOT.pem,
        {"web-cert-manager-tls": _pair(OWN.cert, OWN.key)},
    ),
}


@dataclass
class Served:
    """A choice at work."""

    choice: Choice
    run: offline.Run
    proxy: Rendered

    @property
    def trust(self) -> str:
        """What clients trust."""
        return self.choice.trust or str(self.run.outputs["ca_cert_pem"])


@pytest.fixture(scope="module", params=[(proxy, name) for proxy in PROXIES for name in CHOICES], ids="-".join)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    proxy, name = request.param
    choice = CHOICES[name]

    def program() -> None:
        made = SidecarDeployment("web", arguments(proxy, {"tls": choice.tls()}))  # type: ignore[arg-type]
        for key in SidecarDeployment.__annotations__:
            pulumi.export(key, getattr(made, key))

    run = offline.run(program)
    with Rendered(run.objects(), secrets=choice.secrets) as running:
        yield Served(choice, run, running)


def sent(served: Served, host: str = "localhost") -> list[x509.Certificate]:
    """The certificates that the server sends."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{served.proxy.port}", "-servername", host, "-showcerts"]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=True)
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", said.stdout, re.DOTALL)
    return [x509.load_pem_x509_certificate(block.encode()) for block in blocks]


@pytest.mark.parametrize("host", HOSTS)
def test_a_strict_client_reads_every_name(served: Served, host: str) -> None:
    assert served.proxy.word(trusting(served.trust), name=host) == "200"


def test_a_strict_client_reads_the_address(served: Served) -> None:
    assert served.proxy.word(trusting(served.trust), name="127.0.0.1") == "200"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions(served: Served, version: ssl.TLSVersion) -> None:
    assert served.proxy.word(trusting(served.trust, None, version)) == "200"


def test_another_name_is_refused(served: Served) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        served.proxy.get(trusting(served.trust), name="shop.example.org")


def test_another_ca_is_refused(served: Served) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        served.proxy.get(trusting(Ca("a root").pem))


def test_the_key_and_the_chain(served: Served) -> None:
    found = sent(served)
    assert len(found) == served.choice.sent
    key = found[0].public_key()
    assert isinstance(key, served.choice.key)
    if served.choice.bits:
        assert getattr(key, "key_size", 0) == served.choice.bits


def test_not_after_is_what_is_served(served: Served) -> None:
    known = served.run.outputs["certificate_not_after"]
    if served.choice.secrets is None:
        assert known == sent(served)[0].not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        assert known is None


def test_openssl_verifies_strictly(served: Served, tmp_path: Path) -> None:
    trust, leaf, between = tmp_path / "trust.pem", tmp_path / "leaf.pem", tmp_path / "between.pem"
    found = [certificate.public_bytes(Encoding.PEM) for certificate in sent(served)]
    trust.write_text(served.trust)
    leaf.write_bytes(found[0])
    between.write_bytes(b"".join(found[1:]))
    chain = ["-untrusted", str(between)] if found[1:] else []
    options = [
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-no-CApath",
        "-no-CAstore",
        "-verify_hostname",
        "web.default.svc",
    ]
    command = ["openssl", "verify", *options, "-CAfile", str(trust), *chain, str(leaf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    command = ["openssl", "s_client", "-x509_strict", "-verify_return_error", "-verify_hostname", "web.default.svc"]
    command += ["-CAfile", str(trust), "-servername", "web.default.svc", "-connect", f"127.0.0.1:{served.proxy.port}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Verification: OK" in done.stdout


def test_curl(served: Served, tmp_path: Path) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_text(served.trust)
    port = served.proxy.port
    place = f"shop.example.com:{port}:127.0.0.1"
    command = ["curl", "-sS", "--noproxy", "*", "--cacert", str(trust), "--resolve", place, "-o", "/dev/null"]
    command += ["-w", "%{http_code} %{http_version}", f"https://shop.example.com:{port}/"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "200 2", done.stderr


NEWEST = next(
    (
        str(path)
        for folder in (Path.home() / ".pyenv/versions", Path("/usr/local"), Path("/usr"))
        for path in sorted(folder.glob("3.1[3-9]*/bin/python3"))
    ),
    shutil.which("python3.13"),
)

CLIENT = """
import json, ssl, sys, urllib.request
asked = json.load(sys.stdin)
context = ssl.create_default_context(cadata=asked["trust"])
assert context.verify_flags & ssl.VERIFY_X509_STRICT
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
print(opener.open(asked["url"], timeout=20).status)
"""


@pytest.mark.skipif(NEWEST is None, reason="no Python ≥3.13 here")
def test_the_default_context_of_python_3_13(served: Served) -> None:
    asked = json.dumps({"trust": served.trust, "url": f"https://localhost:{served.proxy.port}/"})
    done = subprocess.run(
        [str(NEWEST), "-c", CLIENT], input=asked, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "200", done.stderr


def test_the_app_is_told_https(served: Served) -> None:
    assert served.proxy.seen(trusting(served.trust)).scheme == "https"
    assert served.run.outputs["url"] == "https://web.default.svc"


def test_probes_pass(served: Served) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for path in ("/alive", "/ready"):
        assert served.proxy.get(context, name=None, port="status", path=path).status == 200


# --- off --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=PROXIES)
def plain(request: pytest.FixtureRequest) -> Iterator[Served]:
    choice = Choice(lambda: {"kind": "off"})

    def program() -> None:
        made = SidecarDeployment("web", arguments(request.param, {"tls": choice.tls()}))  # type: ignore[arg-type]
        for key in SidecarDeployment.__annotations__:
            pulumi.export(key, getattr(made, key))

    run = offline.run(program)
    with Rendered(run.objects()) as running:
        yield Served(choice, run, running)


def test_off_speaks_http(plain: Served) -> None:
    assert plain.proxy.ports.keys() == {"http", "status"}
    reply = plain.proxy.get(None, path="/echo")
    assert reply.status == 200
    assert not reply.all("Strict-Transport-Security")
    seen = plain.proxy.seen(None, "X-Forwarded-Proto: https", "X-Forwarded-For: 1.2.3.4")
    assert seen.scheme == "http"
    assert seen.client == "127.0.0.1"
    assert plain.run.outputs["url"] == "http://web.default.svc"
    assert plain.run.outputs["certificate_not_after"] is None
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        plain.proxy.get(ssl.create_default_context())


def test_off_is_probed_by_http(plain: Served) -> None:
    for path in ("/alive", "/ready"):
        assert plain.proxy.get(None, port="status", path=path).status == 200
    probe = plain.proxy.container["readinessProbe"]["httpGet"]
    assert probe == {"scheme": "HTTP", "port": "status", "path": "/ready"}
