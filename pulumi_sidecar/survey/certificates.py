"""The certificates in a program's Secrets and ConfigMaps: names and ends, never a key."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pulumi_sidecar import offline
from pulumi_sidecar.manifests import Object
from pulumi_sidecar.survey.model import Certificate
from pulumi_sidecar.survey.unknown import NotKnown

_DER, _PEM = Encoding.DER, Encoding.PEM
_FILES = ("tls.crt", "ca.crt")


class Certificates:
    """Reads certificates, and knows which ones the program itself renews."""

    def __init__(self, run: offline.Run, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)
        self._renewed: dict[str, int] = {}
        for each in run.resources:
            if each.type.startswith("tls:") and isinstance(pem := each.outputs.get("certPem"), str):
                early = each.outputs.get("earlyRenewalHours")
                if early and isinstance(early, int):
                    self._renewed[pem.strip()] = early // 24

    def of(self, source: Object) -> tuple[Certificate, ...]:
        """The leaf first, then what signed it, each once."""
        found: dict[bytes, Certificate] = {}
        for pem in _pems(source):
            try:
                certificates = x509.load_pem_x509_certificates(pem)
            except ValueError:
                continue
            for each in certificates:
                found.setdefault(each.public_bytes(_DER), self._read(each))
        return tuple(found.values())

    def _read(self, of: x509.Certificate) -> Certificate:
        try:
            names = of.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            names = x509.SubjectAlternativeName([])
        try:
            is_ca = of.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            is_ca = False
        left = (of.not_valid_after_utc - self._now).total_seconds() / 86400
        return Certificate(
            subject=_name(of.subject),
            names=tuple(str(name.value) for name in names),
            issuer=_name(of.issuer),
            end=f"{of.not_valid_after_utc:%Y-%m-%d}",
            days_left=round(left),
            is_ca=bool(is_ca),
            renew_before_days=self._renewed.get(of.public_bytes(_PEM).decode().strip()),
        )


def _pems(source: Object) -> Iterator[bytes]:
    """PEM that is public: of a Secret its certificates only."""
    if source.get("kind") == "Secret":
        for name in _FILES:
            if value := _text(source.get("stringData"), name):
                yield value.encode()
            elif value := _text(source.get("data"), name):
                yield base64.b64decode(value)
    else:
        for name, value in (source.get("data") or {}).items():
            if name.endswith((".crt", ".pem")) and isinstance(value, str):
                yield value.encode()


def _text(data: Any, name: str) -> str:
    value = data.get(name) if isinstance(data, Mapping) else None
    return value if isinstance(value, str) and not isinstance(value, NotKnown) else ""


def _name(of: x509.Name) -> str:
    common = of.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else of.rfc4514_string() or "(no subject)"
