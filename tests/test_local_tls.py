"""Keys and certificates are what pulumi-tls would make."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from pulumi_sidecar.runtime import local_tls

CA_USES = ["cert_signing", "crl_signing"]
LEAF_USES = ["digital_signature", "server_auth"]


def make(kind: str, **inputs: Any) -> dict[str, Any]:
    created = local_tls.create(f"tls:index/{kind[0].lower()}{kind[1:]}:{kind}", inputs)
    assert created is not None
    return created[1]


def key(algorithm: str = "ECDSA", **inputs: Any) -> dict[str, Any]:
    return make("PrivateKey", algorithm=algorithm, **{"ecdsaCurve": "P256", **inputs})


def authority(private: str, **inputs: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "privateKeyPem": private,
        "subject": {"commonName": "test ca"},
        "allowedUses": CA_USES,
        "isCaCertificate": True,
        "validityPeriodHours": 48,
    }
    return make("SelfSignedCert", **{**defaults, **inputs})


def signed(ca: dict[str, Any], private: str, **inputs: Any) -> dict[str, Any]:
    request = make(
        "CertRequest",
        privateKeyPem=private,
        subject=inputs.pop("subject", {"commonName": "leaf"}),
        dnsNames=["web.ns.svc", "localhost"],
        ipAddresses=["127.0.0.1", "::1"],
        uris=["spiffe://x/y"],
    )
    defaults = {
        "certRequestPem": request["certRequestPem"],
        "caCertPem": ca["certPem"],
        "caPrivateKeyPem": ca["privateKeyPem"],
        "allowedUses": LEAF_USES,
        "validityPeriodHours": 24,
        "setSubjectKeyId": True,
    }
    return make("LocallySignedCert", **{**defaults, **inputs})


def loaded(outputs: dict[str, Any]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(outputs["certPem"].encode())


def extension(certificate: x509.Certificate, kind: type[Any]) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


@pytest.mark.parametrize(
    ("algorithm", "inputs", "size"),
    [
        ("ECDSA", {"ecdsaCurve": "P256"}, 256),
        ("ECDSA", {"ecdsaCurve": "P384"}, 384),
        ("ECDSA", {"ecdsaCurve": "P521"}, 521),
        ("RSA", {}, 2048),
        ("RSA", {"rsaBits": 3072}, 3072),
        ("ED25519", {}, None),
    ],
)
def test_keys(algorithm: str, inputs: dict[str, Any], size: int | None) -> None:
    made = key(algorithm, **inputs)
    private: Any = serialization.load_pem_private_key(made["privateKeyPem"].encode(), None)
    assert getattr(private, "key_size", None) == size
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert made["publicKeyPem"] == public.decode()
    begins = {"ECDSA": "EC PRIVATE KEY", "RSA": "RSA PRIVATE KEY", "ED25519": "PRIVATE KEY"}[algorithm]
    assert made["privateKeyPem"].startswith(f"-----BEGIN {begins}-----")
    assert made["privateKeyPemPkcs8"].startswith("-----BEGIN PRIVATE KEY-----")
    assert serialization.load_ssh_private_key(made["privateKeyOpenssh"].encode(), None)
    assert made["publicKeyFingerprintSha256"].startswith("SHA256:")
    assert len(made["publicKeyFingerprintMd5"].split(":")) == 16
    found = local_tls.call("tls:index/getPublicKey:getPublicKey", {"privateKeyPem": made["privateKeyPem"]})
    assert found is not None
    assert (found["publicKeyPem"], found["algorithm"]) == (made["publicKeyPem"], algorithm)


def test_the_default_curve_is_p224_which_openssh_does_not_know() -> None:
    made = make("PrivateKey", algorithm="ECDSA")
    private: Any = serialization.load_pem_private_key(made["privateKeyPem"].encode(), None)
    assert private.key_size == 224
    assert made["privateKeyOpenssh"] == made["publicKeyOpenssh"] == ""


@pytest.mark.parametrize("algorithm", ["ECDSA", "RSA", "ED25519"])
def test_a_leaf_has_what_was_asked_for(algorithm: str) -> None:
    ca = authority(key(algorithm)["privateKeyPem"])
    outputs = signed(ca, key(algorithm)["privateKeyPem"], earlyRenewalHours=6)
    leaf = loaded(outputs)
    usage = extension(leaf, x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_encipherment
    assert not usage.value.key_cert_sign
    assert list(extension(leaf, x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    constraints = extension(leaf, x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    names = extension(leaf, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web.ns.svc", "localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://x/y"]
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(hours=24)
    assert abs(datetime.now(UTC) - leaf.not_valid_before_utc) < timedelta(seconds=30)
    assert outputs["validityEndTime"] == leaf.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert outputs["caKeyAlgorithm"] == algorithm
    assert outputs["readyForRenewal"] is False
    leaf.verify_directly_issued_by(loaded(ca))


def test_key_identifiers() -> None:
    ca = authority(key()["privateKeyPem"])
    issuer = extension(loaded(ca), x509.SubjectKeyIdentifier).value.digest
    leaf = loaded(signed(ca, key()["privateKeyPem"]))
    assert extension(leaf, x509.AuthorityKeyIdentifier).value.key_identifier == issuer
    assert extension(leaf, x509.SubjectKeyIdentifier).value.digest != issuer
    # Go takes equal names for a self-signed certificate, and leaves the identifier out.
    same = loaded(signed(ca, key()["privateKeyPem"], subject={"commonName": "test ca"}))
    assert extension(same, x509.AuthorityKeyIdentifier) is None
    plain = loaded(signed(ca, key()["privateKeyPem"], setSubjectKeyId=False))
    assert extension(plain, x509.SubjectKeyIdentifier) is None
    own = loaded(authority(key()["privateKeyPem"], setAuthorityKeyId=True))
    assert extension(own, x509.AuthorityKeyIdentifier).value.key_identifier


@pytest.mark.filterwarnings("ignore:Attribute's length")  # the provider takes any text for a country
def test_path_length_and_subject() -> None:
    subject = {"commonName": "n", "organization": "o", "country": "Atlantis", "streetAddresses": ["a", "b"]}
    private = key()["privateKeyPem"]
    assert (
        loaded(authority(private, subject=subject)).subject.rfc4514_string() == "CN=n,STREET=b,STREET=a,O=o,C=Atlantis"
    )
    lengths = [extension(loaded(authority(private, maxPathLength=n)), x509.BasicConstraints).value for n in (0, 2)]
    assert [each.path_length for each in lengths] == [None, 2]


@pytest.mark.parametrize(
    ("kind", "inputs", "message"),
    [
        ("PrivateKey", {"algorithm": "DSA"}, "algorithm: 'DSA'"),
        ("PrivateKey", {"algorithm": "ECDSA", "ecdsaCurve": "P1"}, "ecdsaCurve: 'P1'"),
        ("SelfSignedCert", {"privateKeyPem": "secret text"}, "privateKeyPem: not a private key in PEM"),
        ("CertRequest", {}, "privateKeyPem: missing"),
    ],
)
def test_what_the_provider_refuses(kind: str, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as failure:
        make(kind, **inputs)
    assert "secret text" not in str(failure.value)


def test_unknown_uses_and_foreign_keys_are_refused() -> None:
    private = key()["privateKeyPem"]
    with pytest.raises(ValueError, match="allowedUses: 'serve'"):
        authority(private, allowedUses=["serve"])
    with pytest.raises(ValueError, match="not the key of caCertPem"):
        signed(authority(private), private, caPrivateKeyPem=key()["privateKeyPem"])
    assert local_tls.create("tls:index/other:Other", {}) is None


def handshake(ca: dict[str, Any], leaf: dict[str, Any], private: str, folder: Path, name: str) -> None:
    """A TLS handshake in memory; the client verifies strictly. Raises ssl.SSLError when it refuses."""
    (folder / "tls.pem").write_text(leaf["certPem"] + private)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(folder / "tls.pem")
    client_context = ssl.create_default_context(cadata=ca["certPem"])
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client.version() == "TLSv1.3"


def test_strict_verification(tmp_path: Path) -> None:
    ca, private = authority(key()["privateKeyPem"]), key()["privateKeyPem"]
    leaf = signed(ca, private)
    handshake(ca, leaf, private, tmp_path, "web.ns.svc")
    handshake(ca, leaf, private, tmp_path, "127.0.0.1")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(ca, leaf, private, tmp_path, "other.example")


def test_strict_verification_refuses_a_ca_without_cert_signing(tmp_path: Path) -> None:
    ca, private = authority(key()["privateKeyPem"], allowedUses=["digital_signature"]), key()["privateKeyPem"]
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(ca, signed(ca, private), private, tmp_path, "web.ns.svc")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl on the PATH")
def test_openssl_agrees(tmp_path: Path) -> None:
    ca = authority(key()["privateKeyPem"])
    (tmp_path / "ca.pem").write_text(ca["certPem"])
    (tmp_path / "leaf.pem").write_text(signed(ca, key()["privateKeyPem"])["certPem"])
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "ca.pem", "leaf.pem"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout == b"leaf.pem: OK\n"
