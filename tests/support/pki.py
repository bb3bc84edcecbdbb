"""CAs, intermediates and certificates of every sort: also those that must be refused."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.certs import STRICT

Kind = Literal["p256", "p384", "rsa", "ed25519"]
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Use = Literal["server", "client"]


def new_key(kind: Kind = "p256") -> Key:
    """A new key."""
    match kind:
        case "p256":
            return ec.generate_private_key(ec.SECP256R1())
        case "p384":
            return ec.generate_private_key(ec.SECP384R1())
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()


def key_pem(key: Key, passphrase: str | None = None, *, traditional: bool = False) -> str:
    """A key as PEM."""
    form = serialization.PrivateFormat.TraditionalOpenSSL if traditional else serialization.PrivateFormat.PKCS8
    hidden: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        hidden = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, form, hidden).decode()


@dataclass(frozen=True)
class Pair:
    """A certificate (with its intermediates, if any) and its key, as PEM."""

    cert: str
    key: str

    def load_into(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """Show this certificate as a client."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "pair.pem"
            file.write_text(self.cert + self.key)
            context.load_cert_chain(file)
        return context


class Ca:
    """A CA: a root, or an intermediate below `above`."""

    def __init__(
        self,
        name: str = "test CA",
        above: Ca | None = None,
        *,
        may_sign: bool = True,
        days: tuple[float, float] = (-1, 3650),
        key: Key | None = None,
    ) -> None:
        self.key = key or new_key()
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.above = above
        issuer, issuer_key = (above.name, above.key) if above else (self.name, self.key)
        builder = _builder(self.name, issuer, self.key, days)
        usage = _usage("key_cert_sign", "crl_sign") if may_sign else _usage("digital_signature")
        builder = builder.add_extension(x509.BasicConstraints(ca=may_sign, path_length=None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        if above:
            builder = builder.add_extension(_issued_by(issuer_key), critical=False)
        self.certificate = builder.sign(issuer_key, _digest(issuer_key))
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.key_pem = key_pem(self.key)

    def chain(self) -> str:
        """The certificates from this CA's own up to the root."""
        return self.pem + (self.above.chain() if self.above else "")

    def issue(
        self,
        name: str = "localhost",
        hosts: Sequence[str] = ("localhost", "127.0.0.1"),
        *,
        use: Use | None = "server",
        days: tuple[float, float] = (-1, 90),
        kind: Kind = "p256",
    ) -> Pair:
        """A certificate, valid from and until so many days from now."""
        key = new_key(kind)
        builder = _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), self.name, key, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage("digital_signature"), critical=True)
        builder = builder.add_extension(_issued_by(self.key), critical=False)
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False
            )
        if use is not None:
            uses = [ExtendedKeyUsageOID.SERVER_AUTH if use == "server" else ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        certificate = builder.sign(self.key, _digest(self.key))
        return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), key_pem(key))

    def client(self, name: str, days: tuple[float, float] = (-1, 90)) -> Pair:
        """A client's certificate."""
        return self.issue(name, (), use="client", days=days)


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, days: tuple[float, float]) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*names: str) -> x509.KeyUsage:
    every = [
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ]
    return x509.KeyUsage(**{name: name in names for name in every})


def _issued_by(key: Key) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _digest(key: Key) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def trusting(ca_pem: str, client: Pair | None = None, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A strict client's context, as Python 3.13's default one, that trusts nothing but these CAs."""
    context = ssl.create_default_context(cadata=ca_pem)
    context.verify_flags |= STRICT
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return client.load_into(context) if client else context
