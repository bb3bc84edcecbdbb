"""Certificates for this machine: what clients here must trust, what they show, and stand-ins for what is elsewhere."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from pulumi_sidecar import layout, offline
from pulumi_sidecar.manifests import Object
from pulumi_sidecar.proxies import Container, selects
from pulumi_sidecar.serving.kept import Kept

_KEY = {"algorithm": "ECDSA", "ecdsaCurve": "P256"}
_CLIENT_CA = re.compile(r'^\s*(?:ssl_client_certificate|SSLCACertificateFile)\s+"?([^\s";]+)', re.MULTILINE)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM."""

    cert: str
    key: str


@dataclass(frozen=True)
class Trust:
    """What a client on this machine needs."""

    host: str
    """A name that the certificate has, localhost where it can be."""
    ca: Path | None
    """What to trust; None where the system is expected to, or there is no TLS."""
    asks_clients: bool
    """Whether client certificates are asked for."""
    client: tuple[Path, Path] | None
    """A certificate that is let in, and its key, where there is one at hand."""


def with_stand_ins(container: Container, objects: Sequence[Object], kept: Kept) -> tuple[Container, list[str]]:
    """The container, with certificates for this machine where the program holds none, and notes about them."""
    volumes, notes = dict(container.volumes), []
    for path, what in container.missing.items():
        files = dict(volumes[path] or {})
        if not files:
            continue
        ca = _authority(kept)
        if path == layout.TLS_DIR:
            leaf = _leaf(kept, ca, "server", _names(container, what, objects), "server_auth")
            files |= {"tls.crt": leaf.cert.encode(), "tls.key": leaf.key.encode()}
            if "ca.crt" in files or not _CLIENT_CA.search(container.texts[container.file]):
                files["ca.crt"] = ca.cert.encode()
            notes.append(f"{what} is not part of the program: the certificate is one for this machine, made here")
        else:
            files = dict.fromkeys(files, ca.cert.encode())
            notes.append(f"{what} is not part of the program: in its place is a CA for this machine, made here")
        volumes[path] = files
    return replace(container, volumes=volumes), notes


def trust(container: Container, run: offline.Run, kept: Kept) -> Trust:
    """What clients need, written into the kept folder. The container is one with stand-ins."""
    chain = _certificates(container.tls_file("tls.crt") or b"")
    names = _dns_names(chain[0]) if chain else []
    host = next((name for name in ("localhost", *names) if name in names), "localhost")
    bundle = (container.tls_file("ca.crt") or b"").decode()
    if not bundle and chain and chain[-1].issuer == chain[-1].subject:
        bundle = (container.tls_file("tls.crt") or b"").decode()
    ca = kept.write(f"{container.name}-ca.crt", bundle) if bundle else None
    asks = _CLIENT_CA.search(container.texts[container.file])
    pair = _client(container, asks[1], run, kept) if asks else None
    client = None
    if pair:
        cert = kept.write(f"{container.name}-client.crt", pair.cert)
        client = (cert, kept.write(f"{container.name}-client.key", pair.key, private=True))
    return Trust(host, ca, asks is not None, client)


# --- client certificates ----------------------------------------------------------------------------------------------


def _client(container: Container, path: str, run: offline.Run, kept: Kept) -> Pair | None:
    """One that the program makes, else a new one where the CA's key is at hand."""
    folder, _, name = path.rpartition("/")
    authorities = _certificates((container.volumes.get(folder) or {}).get(name) or b"")
    for pair in _secrets(run.objects()):
        leaf = _certificates(pair.cert.encode())
        if leaf and _is_for_clients(leaf[0]) and any(_signed(leaf[0], ca) for ca in authorities):
            return pair
    for ca in (*_made_authorities(run), _authority(kept)):
        if any(cert in authorities for cert in _certificates(ca.cert.encode())):
            return _leaf(kept, ca, "client", ["local"], "client_auth")
    return None


def _secrets(objects: Sequence[Object]) -> Iterator[Pair]:
    for each in objects:
        if each.get("kind") != "Secret":
            continue
        plain = {key: base64.b64decode(value).decode() for key, value in _texts(each.get("data"))}
        plain |= dict(_texts(each.get("stringData")))
        if "tls.crt" in plain and "tls.key" in plain:
            yield Pair(plain["tls.crt"], plain["tls.key"])


def _texts(data: Any) -> Iterator[tuple[str, str]]:
    for key, value in (data or {}).items():
        if key in ("tls.crt", "tls.key") and isinstance(value, str) and value != offline.UNKNOWN:
            yield key, value


def _made_authorities(run: offline.Run) -> Iterator[Pair]:
    for each in run.resources:
        if each.type == "tls:index/selfSignedCert:SelfSignedCert" and each.inputs.get("isCaCertificate"):
            yield Pair(str(each.outputs["certPem"]), str(each.inputs["privateKeyPem"]))


def _signed(leaf: x509.Certificate, ca: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_for_clients(leaf: x509.Certificate) -> bool:
    try:
        uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in uses


# --- made for this machine --------------------------------------------------------------------------------------------


def _authority(kept: Kept) -> Pair:
    key = _create(kept, "PrivateKey", "serve-ca", _KEY)["privateKeyPem"]
    inputs = {
        "privateKeyPem": key,
        "subject": {"commonName": f"pulumi-sidecar serve ({kept.folder.name})"},
        "isCaCertificate": True,
        "setSubjectKeyId": True,
        "allowedUses": ["cert_signing", "crl_signing"],
        "validityPeriodHours": 365 * 24,
        "earlyRenewalHours": 30 * 24,
    }
    return Pair(_create(kept, "SelfSignedCert", "serve-ca", inputs)["certPem"], key)


def _leaf(kept: Kept, ca: Pair, name: str, names: Sequence[str], use: str) -> Pair:
    key = _create(kept, "PrivateKey", f"serve-{name}", _KEY)["privateKeyPem"]
    wanted: dict[str, Any] = {"privateKeyPem": key, "subject": {"commonName": names[0][:64]}}
    if use == "server_auth":
        wanted |= {"dnsNames": list(names), "ipAddresses": ["127.0.0.1", "::1"]}
    request = {
        "certRequestPem": _create(kept, "CertRequest", f"serve-{name}", wanted)["certRequestPem"],
        "caPrivateKeyPem": ca.key,
        "caCertPem": ca.cert,
        "setSubjectKeyId": True,
        "allowedUses": ["digital_signature", use],
        "validityPeriodHours": 90 * 24,
        "earlyRenewalHours": 30 * 24,
    }
    return Pair(_create(kept, "LocallySignedCert", f"serve-{name}", request)["certPem"], key)


def _create(kept: Kept, kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    created = kept.tls(f"tls:index/{kind[0].lower()}{kind[1:]}:{kind}", name, inputs)
    if created is None:  # not for the kinds above
        raise ValueError(kind)
    return created[1]


def _names(container: Container, missing: str, objects: Sequence[Object]) -> list[str]:
    """localhost, the Service's names, and what cert-manager is asked for."""
    names = ["localhost", container.name]
    for each in objects:
        spec, metadata = each.get("spec") or {}, each.get("metadata") or {}
        if each.get("kind") == "Service":
            if selects(spec.get("selector"), container.labels):
                service, space = metadata["name"], metadata.get("namespace", "default")
                names += [service, f"{service}.{space}", f"{service}.{space}.svc"]
        elif each.get("kind") == "Certificate" and f"Secret {spec.get('secretName')}" == missing:
            names += [name for name in spec.get("dnsNames") or () if name != offline.UNKNOWN]
    return list(dict.fromkeys(names))


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return []


def _dns_names(leaf: x509.Certificate) -> list[str]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return found.get_values_for_type(x509.DNSName)
