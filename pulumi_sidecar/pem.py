"""Reading certificates and keys: whether they belong together, whom they are for, when they end.

`cryptography` is imported here and nowhere else in the component's code, and only when a certificate has to be read.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

EXPIRES_SOON = timedelta(days=30)


def _all(pem: str) -> list[Certificate]:
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(pem.encode())
        for certificate in found:
            # What is read only now may be broken, or of a kind that nobody knows.
            _ = certificate.extensions, certificate.subject, certificate.issuer, certificate.public_key()
    except Exception as error:  # of several kinds, by no common name
        raise ValueError("cannot be read as a certificate") from error
    return found


def load(pem: str) -> Certificate:
    """The first certificate of a PEM text. Raises ValueError."""
    return _all(pem)[0]


def _key(pem: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(pem.encode(), None)
    except TypeError:
        raise ValueError("is encrypted with a passphrase") from None
    except Exception:  # cryptography raises several kinds, whose texts may quote the key
        raise ValueError("cannot be read as a key") from None


def key_matches(certificate: Certificate, key_pem: str) -> bool:
    """Whether the key is the certificate's. Raises ValueError for what is no key."""
    return bool(_key(key_pem).public_key() == certificate.public_key())


def _extension(certificate: Certificate, kind: Any) -> Any:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def is_ca(certificate: Certificate) -> bool:
    """Whether the certificate may sign others."""
    from cryptography import x509

    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    return bool(constraints and constraints.ca) and (usage is None or bool(usage.key_cert_sign))


def is_for_servers(certificate: Certificate) -> bool:
    """Whether a server may show the certificate."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    uses = _extension(certificate, x509.ExtendedKeyUsage)
    allowed = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    return uses is None or any(use in uses for use in allowed)


def covers(certificate: Certificate, host: str) -> bool:
    """Whether the certificate is for a host name or IP address (RFC 9525: a wildcard stands for one whole label)."""
    from cryptography import x509

    names = _extension(certificate, x509.SubjectAlternativeName)
    if names is None:
        return False
    try:
        return ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        pass
    wanted = host.lower()
    above = f"*.{wanted.partition('.')[2]}"
    return any(name.lower() in (wanted, above) for name in names.get_values_for_type(x509.DNSName))


def has_common_name(pem: str, name: str) -> bool:
    """Whether the first certificate's subject is that common name, and nothing else."""
    try:
        return load(pem).subject.rfc4514_string() == f"CN={name}"
    except ValueError:  # mocks hand out what is no certificate
        return False


def not_after(pem: str) -> str:
    """When the first certificate ends, RFC 3339."""
    return load(pem).not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def intermediates(pem: str) -> str:
    """Those certificates of a CA's PEM text that are no roots: servers send them, since clients have the roots only."""
    from cryptography.hazmat.primitives.serialization import Encoding

    sent = [certificate for certificate in _all(pem) if certificate.issuer != certificate.subject]
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in sent)


def _times(certificate: Certificate) -> Iterator[tuple[str, str]]:
    now = datetime.now(UTC)
    end = certificate.not_valid_after_utc
    if end <= now:
        yield f"ended on {end:%Y-%m-%d}", "Give one that is still valid."
    if certificate.not_valid_before_utc > now + timedelta(minutes=5):
        yield f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}", "Give one that is valid now."


def certificate_faults(cert_pem: str, key_pem: str | None, hosts: Sequence[str]) -> list[tuple[str, str, str]]:
    """What is wrong with a certificate and its key: ("cert_pem" or "private_key_pem", reason, remedy)."""
    try:
        certificate = load(cert_pem)
    except ValueError:
        return [("cert_pem", "cannot be read as a certificate", "Give the text of the PEM file.")]
    faults = [("cert_pem", reason, remedy) for reason, remedy in _times(certificate)]
    if not is_for_servers(certificate):
        faults.append(("cert_pem", "is not for servers (extended key usage)", "Give a server's certificate."))
    for host in hosts:
        if not covers(certificate, host):
            remedy = "Give a certificate that covers it, or name what it is for in tls.dns_names."
            faults.append(("cert_pem", f'is not for "{host}"', remedy))
    return faults + _key_faults(certificate, key_pem, "private_key_pem")


def authority_faults(cert_pem: str, key_pem: str | None, subjects: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    """What is wrong with a CA and its key: ("ca_cert_pem" or "ca_private_key_pem", reason, remedy).

    `subjects` are the common names of what it is to sign.
    """
    try:
        certificate = load(cert_pem)
    except ValueError:
        return [("ca_cert_pem", "cannot be read as a certificate", "Give the text of the PEM file.")]
    faults = [("ca_cert_pem", reason, remedy) for reason, remedy in _times(certificate)]
    if not is_ca(certificate):
        faults.append(("ca_cert_pem", "is no CA: it may not sign certificates", "Give the CA's own certificate."))
    if any(has_common_name(cert_pem, name) for name in subjects):
        # Verifiers take a certificate whose issuer is its subject for self-signed.
        reason = "has the very subject that the certificate is to have"
        faults.append(("ca_cert_pem", reason, "Give the Service another name than the CA."))
    return faults + _key_faults(certificate, key_pem, "ca_private_key_pem")


def bundle_faults(bundle: str, authorities: bool = False) -> list[tuple[str, str, str]]:
    """What is wrong with certificates that are to be trusted, as ("pem", reason, remedy).

    With `authorities` each must be a CA: a proxy asks clients for certificates that these have signed.
    """
    try:
        certificates = _all(bundle)
    except ValueError:
        return [("pem", "cannot be read as certificates", "Give the text of the PEM file.")]
    faults = [("pem", reason, remedy) for certificate in certificates for reason, remedy in _times(certificate)]
    if authorities and not all(is_ca(certificate) for certificate in certificates):
        faults.append(("pem", "holds a certificate that is no CA", "Give the CA that signs clients' certificates."))
    return faults


def has_root(bundle: str) -> bool:
    """Whether a bundle holds a self-signed certificate."""
    return any(certificate.issuer == certificate.subject for certificate in _all(bundle))


def profile_faults(cert_pem: str, longest_days: int) -> list[tuple[str, str, str]]:
    """What of a certificate is not modern (Mozilla's profile): an ECDSA key, valid for `longest_days` at most."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    certificate = load(cert_pem)
    remedy = 'Give another certificate, or proxy.tls_profile "intermediate".'
    faults = []
    if not isinstance(certificate.public_key(), EllipticCurvePublicKey):
        faults.append(("cert_pem", "has no ECDSA key, as the modern TLS profile asks for", remedy))
    if certificate.not_valid_after_utc - certificate.not_valid_before_utc > timedelta(days=longest_days, hours=1):
        faults.append(("cert_pem", f"is valid for longer than the modern profile's {longest_days} days", remedy))
    return faults


def is_ed25519(cert_pem: str) -> bool:
    """Whether the certificate's key is Ed25519, which browsers refuse."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return isinstance(load(cert_pem).public_key(), Ed25519PublicKey)


def _key_faults(certificate: Certificate, key_pem: str | None, field: str) -> list[tuple[str, str, str]]:
    if key_pem is None:
        return []
    try:
        matches = key_matches(certificate, key_pem)
    except ValueError as error:
        return [(field, str(error), "Give the PEM of a private key without a passphrase.")]
    return [] if matches else [(field, "is not the certificate's key", "Give the key that belongs to it.")]
