"""Mozilla's server-side TLS guideline 6.0 (2026-04), https://ssl-config.mozilla.org/guidelines/latest.json.

The groups (curves) are left to OpenSSL: 3.5 begins with X25519MLKEM768 by itself, and naming it makes
3.0 refuse the file. OCSP stapling is left out: public CAs ended it in 2025, a private one never had it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_sidecar.proxy.site import TlsProfile


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What a profile allows."""

    protocols: tuple[str, ...]
    """As nginx names them; Apache's names are the same."""
    tls12_ciphers: tuple[str, ...]
    """OpenSSL names; empty where TLS 1.2 is not spoken."""
    max_validity_days: int
    """The longest certificate that the guideline recommends."""


POLICIES: dict[TlsProfile, TlsPolicy] = {
    "intermediate": TlsPolicy(
        protocols=("TLSv1.2", "TLSv1.3"),
        tls12_ciphers=(
            "ECDHE-ECDSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305",
            "ECDHE-RSA-CHACHA20-POLY1305",
        ),
        max_validity_days=366,
    ),
    "modern": TlsPolicy(protocols=("TLSv1.3",), tls12_ciphers=(), max_validity_days=90),
}
