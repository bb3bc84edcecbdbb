"""Keys, CAs and certificates by pulumi-tls, with what its defaults leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_tls as tls

from pulumi_sidecar.args.tls import Algorithm
from pulumi_sidecar.names import shorten

_HOURS = 24
_LONGEST_COMMON_NAME = 64
"""X.520's upper bound."""

# pulumi-tls' own default for ECDSA is P-224, which hardly any client takes.
_KEYS: dict[Algorithm, dict[str, Any]] = {
    "ECDSA-P256": {"algorithm": "ECDSA", "ecdsa_curve": "P256"},
    "ECDSA-P384": {"algorithm": "ECDSA", "ecdsa_curve": "P384"},
    "RSA-2048": {"algorithm": "RSA", "rsa_bits": 2048},
    "RSA-3072": {"algorithm": "RSA", "rsa_bits": 3072},
    "RSA-4096": {"algorithm": "RSA", "rsa_bits": 4096},
    "Ed25519": {"algorithm": "ED25519"},
}

_OF_A_KEY = ("algorithm", "ecdsa_curve", "rsa_bits")
_OF_A_CA = ("allowed_uses", "early_renewal_hours", "set_subject_key_id", "subject", "validity_period_hours")


@dataclass(frozen=True)
class Signer:
    """A CA that can sign."""

    cert_pem: pulumi.Input[str]
    key_pem: pulumi.Output[str]
    """A secret."""


@dataclass(frozen=True)
class Signed:
    """A certificate and its key."""

    cert_pem: pulumi.Output[str]
    key_pem: pulumi.Output[str]
    """A secret."""
    not_after: pulumi.Output[str]
    """RFC 3339."""


@dataclass(frozen=True)
class Wanted:
    """What a certificate is for, and for how long."""

    common_name: str
    dns_names: Sequence[pulumi.Input[str]] | pulumi.Output[list[str]]
    ip_addresses: Sequence[pulumi.Input[str]] | pulumi.Output[list[str]]
    use: str
    """server_auth or client_auth."""
    algorithm: Algorithm = "ECDSA-P256"
    validity_days: int = 90
    renew_before_days: int = 30


def as_secret(pem: pulumi.Input[str]) -> pulumi.Output[str]:
    """Marks a key as secret. The provider does so itself; mocks do not, and users may forget."""
    marked: pulumi.Output[str] = pulumi.Output.secret(cast(Any, pem))  # the SDK's own type for this fits no Output
    return marked


def make_ca(
    name: str, common_name: str, algorithm: Algorithm, validity_days: int, opts: pulumi.ResourceOptions
) -> tuple[Signer, pulumi.Output[str]]:
    """A CA that is never renewed by itself, and when it ends. Children are `name` and `name`-key.

    Once made it stays as it is, whatever is asked for later: another one in its place would strand every client.
    """
    key_opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=list(_OF_A_KEY)))
    opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=list(_OF_A_CA)))
    key_pem = as_secret(tls.PrivateKey(f"{name}-key", **_KEYS[algorithm], opts=key_opts).private_key_pem)
    ca = tls.SelfSignedCert(
        name,
        private_key_pem=key_pem,
        subject=tls.SelfSignedCertSubjectArgs(common_name=shorten(common_name, _LONGEST_COMMON_NAME)),
        is_ca_certificate=True,
        set_subject_key_id=True,
        # Strict verifiers (Python 3.13's default) refuse a CA that does not say so.
        allowed_uses=["cert_signing", "crl_signing"],
        validity_period_hours=validity_days * _HOURS,
        early_renewal_hours=0,
        opts=opts,
    )
    return Signer(ca.cert_pem, key_pem), ca.validity_end_time


def sign(name: str, wanted: Wanted, signer: Signer, opts: pulumi.ResourceOptions) -> Signed:
    """A key and a certificate by `signer`. Children are `name`-key, `name`-request and `name`-certificate.

    The common name must differ from the CA's: with equal ones the certificate gets no authority key id, and
    verification fails.
    """
    key_pem = as_secret(tls.PrivateKey(f"{name}-key", **_KEYS[wanted.algorithm], opts=opts).private_key_pem)
    request = tls.CertRequest(
        f"{name}-request",
        private_key_pem=key_pem,
        subject=tls.CertRequestSubjectArgs(common_name=shorten(wanted.common_name, _LONGEST_COMMON_NAME)),
        dns_names=wanted.dns_names or None,
        ip_addresses=wanted.ip_addresses or None,
        opts=opts,
    )
    # key_encipherment is RSA key exchange's, which TLS 1.3 and our suites do without; some clients still look for it.
    uses = ["digital_signature", *(["key_encipherment"] if wanted.algorithm.startswith("RSA") else []), wanted.use]
    certificate = tls.LocallySignedCert(
        f"{name}-certificate",
        cert_request_pem=request.cert_request_pem,
        ca_private_key_pem=signer.key_pem,
        ca_cert_pem=signer.cert_pem,
        allowed_uses=uses,
        set_subject_key_id=True,
        validity_period_hours=wanted.validity_days * _HOURS,
        early_renewal_hours=wanted.renew_before_days * _HOURS,
        opts=opts,
    )
    return Signed(certificate.cert_pem, key_pem, certificate.validity_end_time)


def generations(
    name: str,
    common_name: str,
    algorithm: Algorithm,
    validity_days: int,
    signing: int,
    trusted: Sequence[int],
    opts: pulumi.ResourceOptions,
) -> tuple[Signer, pulumi.Output[str], pulumi.Output[Any]]:
    """CAs of several generations: the one that signs, when it ends, and the bundle that clients must trust.

    Generation 1 is plainly `name`, so that a first rotation leaves it as it is.
    """

    def made(generation: int) -> tuple[Signer, pulumi.Output[str]]:
        number = "" if generation == 1 else str(generation)
        return make_ca(
            f"{name}-{number}" if number else name,
            f"{shorten(common_name, 52)} CA {number}".rstrip(),
            algorithm,
            validity_days,
            opts,
        )

    signer, end = made(signing)
    others = [made(generation)[0].cert_pem for generation in dict.fromkeys(trusted) if generation != signing]
    if not others:
        return signer, end, pulumi.Output.from_input(signer.cert_pem)
    # Mocks that return nothing but inputs have no certificates.
    bundle = pulumi.Output.all(signer.cert_pem, *others).apply(lambda pems: "".join(pem for pem in pems if pem) or None)
    return signer, end, bundle
