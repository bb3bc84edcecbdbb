"""Certificates: from the `tls` argument to PEM that a Secret can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_tls as tls

from pulumi_sidecar.args.tls import Issued
from pulumi_sidecar.fields import is_ip
from pulumi_sidecar.names import shorten

_HOURS = 24
_LONGEST_COMMON_NAME = 64
"""X.520's upper bound."""


@dataclass(frozen=True)
class SubjectNames:
    """What a certificate is for. Each may be a value or an Output."""

    dns: Sequence[pulumi.Input[str]]
    ip: Sequence[pulumi.Input[str]]


@dataclass(frozen=True)
class Material:
    """PEM of a certificate, its key and its CA. The key is always a secret, and goes into a Secret and nowhere else."""

    certificate: pulumi.Output[str]
    key: pulumi.Output[str]
    ca: pulumi.Output[str]
    not_after: pulumi.Output[str]
    """When the certificate ends, RFC 3339."""

    def secret_data(self) -> dict[str, pulumi.Output[str]]:
        """The data of a Secret of type kubernetes.io/tls."""
        return {"tls.crt": self.certificate, "tls.key": self.key, "ca.crt": self.ca}


def service_names(
    service: str,
    namespace: pulumi.Output[str],
    cluster_domain: str,
    more: Sequence[pulumi.Input[str]],
) -> SubjectNames:
    """Every form of a Service's name, localhost, and `more` host names or addresses."""
    qualified = [pulumi.Output.concat(service, ".", namespace, end) for end in ("", ".svc", f".svc.{cluster_domain}")]
    names: list[pulumi.Input[str]] = [service, *qualified, "localhost"]
    addresses: list[pulumi.Input[str]] = ["127.0.0.1", "::1"]
    for host in more:
        if isinstance(host, str):
            (addresses if is_ip(host) else names).append(host)
    late = [host for host in more if not isinstance(host, str)]
    if not late:
        return SubjectNames(names, addresses)
    return SubjectNames(_with(names, late, ip=False), _with(addresses, late, ip=True))  # type: ignore[arg-type]


def _with(known: Sequence[Any], late: Sequence[Any], ip: bool) -> pulumi.Output[list[str]]:
    """`known`, and those of the late hosts that are addresses (or names), once it can be told."""
    return pulumi.Output.all(*known, *late).apply(
        lambda hosts: [*hosts[: len(known)], *(host for host in hosts[len(known) :] if is_ip(host) == ip)]
    )


def _secret(pem: pulumi.Output[str]) -> pulumi.Output[str]:
    """Marks a key as secret. The provider does so itself; mocks do not."""
    marked: pulumi.Output[str] = pulumi.Output.secret(cast(Any, pem))  # the SDK's own type for this fits no Output
    return marked


def issue(name: str, common_name: str, names: SubjectNames, args: Issued, opts: pulumi.ResourceOptions) -> Material:
    """A CA and a certificate from it. Children are named after `name`; keys are ECDSA P-256 (pulumi-tls' own default
    is P-224, which hardly any client takes)."""
    ca_key = tls.PrivateKey(f"{name}-ca-key", algorithm="ECDSA", ecdsa_curve="P256", opts=opts)
    ca_key_pem = _secret(ca_key.private_key_pem)
    ca = tls.SelfSignedCert(
        f"{name}-ca",
        private_key_pem=ca_key_pem,
        # A name other than the leaf's: with equal ones the leaf gets no authority key id, and verification fails.
        subject=tls.SelfSignedCertSubjectArgs(common_name=shorten(f"{common_name} CA", _LONGEST_COMMON_NAME)),
        is_ca_certificate=True,
        set_subject_key_id=True,
        # Strict verifiers (Python 3.13's default) refuse a CA that does not say so.
        allowed_uses=["cert_signing", "crl_signing"],
        validity_period_hours=args.ca_validity_days * _HOURS,
        early_renewal_hours=0,
        opts=opts,
    )
    key = tls.PrivateKey(f"{name}-key", algorithm="ECDSA", ecdsa_curve="P256", opts=opts)
    key_pem = _secret(key.private_key_pem)
    request = tls.CertRequest(
        f"{name}-request",
        private_key_pem=key_pem,
        subject=tls.CertRequestSubjectArgs(common_name=common_name),
        dns_names=names.dns,
        ip_addresses=names.ip,
        opts=opts,
    )
    certificate = tls.LocallySignedCert(
        f"{name}-certificate",
        cert_request_pem=request.cert_request_pem,
        ca_private_key_pem=ca_key_pem,
        ca_cert_pem=ca.cert_pem,
        allowed_uses=["digital_signature", "server_auth"],
        set_subject_key_id=True,
        validity_period_hours=args.validity_days * _HOURS,
        early_renewal_hours=args.renew_before_days * _HOURS,
        opts=opts,
    )
    return Material(certificate.cert_pem, key_pem, ca.cert_pem, certificate.validity_end_time)
