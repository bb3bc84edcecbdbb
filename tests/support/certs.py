"""A CA and server certificates that strict verifiers accept, in a folder that changes as the kubelet changes it."""

from __future__ import annotations

import ipaddress
import os
import shutil
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KeyType = Literal["ec", "rsa"]

STRICT = ssl.VerifyFlags.VERIFY_X509_STRICT | ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
"""What Python 3.13 verifies by default."""


@dataclass(frozen=True)
class Leaf:
    """A server's certificate and key, as PEM, and the certificate's serial number."""

    certificate: bytes
    key: bytes
    serial: int


def _new_key(kind: KeyType) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)


def _usage(*, signs_certificates: bool, enciphers: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=enciphers,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


class Authority:
    """A private CA."""

    def __init__(self, common_name: str = "test CA") -> None:
        self._key = _new_key("ec")
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder(self._name, self._name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=True, enciphers=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM)

    def leaf(self, kind: KeyType = "ec", names: tuple[str, ...] = ("localhost", "web.default.svc")) -> Leaf:
        """A new server certificate for those names and 127.0.0.1."""
        key = _new_key(kind)
        now = datetime.now(UTC)
        sans = [*map(x509.DNSName, names), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=90))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False, enciphers=kind == "rsa"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(sans), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Leaf(certificate.public_bytes(serialization.Encoding.PEM), pem, certificate.serial_number)

    def context(self, version: ssl.TLSVersion | None = None, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
        """A client's context that trusts only this CA, strictly. `version` is the only TLS version offered."""
        context = ssl.create_default_context(cadata=self.pem.decode())
        context.verify_flags |= STRICT
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context


class SecretVolume:
    """A folder like a mounted Secret: tls.crt → ..data/tls.crt, and ..data → a dated folder that is swapped at once."""

    def __init__(self, folder: Path, leaf: Leaf, group: int) -> None:
        self.folder = folder
        self._group = group
        self._version = 0
        self._current: Path | None = None
        folder.mkdir(mode=0o755)
        self.write(leaf)
        for name in ("tls.crt", "tls.key"):
            (folder / name).symlink_to(f"..data/{name}")

    def write(self, leaf: Leaf) -> None:
        """What the kubelet's atomic writer does: a new folder, a renamed link, then the old folder goes."""
        self._version += 1
        new = self.folder / f"..2026_{self._version}"
        new.mkdir(mode=0o755)
        for name, content in (("tls.crt", leaf.certificate), ("tls.key", leaf.key)):
            file = new / name
            file.write_bytes(content)
            os.chown(file, -1, self._group)
            file.chmod(0o440)
        link = self.folder / "..data_tmp"
        link.symlink_to(new.name)
        link.rename(self.folder / "..data")
        if self._current is not None:
            shutil.rmtree(self._current)
        self._current = new
