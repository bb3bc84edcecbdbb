"""Certificates: from the `tls` argument to what the proxy mounts and clients trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

import pulumi
from pulumi_kubernetes import apiextensions, meta

from pulumi_sidecar import due, pem
from pulumi_sidecar.args.tls import CertManager, ExistingSecret, Issued, Leaf, Off, OwnCertificate, SignedBy, Tls
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.fields import is_ip
from pulumi_sidecar.signing import Signer, Wanted, as_secret, generations, sign


@dataclass(frozen=True)
class SubjectNames:
    """What a certificate is for. Each may be a value or an Output."""

    dns: Sequence[pulumi.Input[str]] | pulumi.Output[list[str]]
    ip: Sequence[pulumi.Input[str]] | pulumi.Output[list[str]]


@dataclass(frozen=True)
class Material:
    """What came of the `tls` argument."""

    data: Mapping[str, pulumi.Input[str]] | None = None
    """The data of a Secret of type kubernetes.io/tls that is to be made: tls.crt, tls.key (a secret) and ca.crt."""
    secret: pulumi.Input[str] | None = None
    """Name of a Secret that somebody else makes."""
    ca: pulumi.Output[Any] | None = None
    """PEM of the CA that clients must trust, where it is known."""
    not_after: pulumi.Output[Any] | None = None
    """When the certificate ends, RFC 3339, where it is known."""
    signer: Signer | None = None
    """The CA, where its key is at hand to issue more."""
    ca_validity_days: int = 36500
    """For how long that CA was made, so far as it was made here."""


@dataclass(frozen=True)
class Owner:
    """For whom a certificate is, and whose children its resources are."""

    subject: str
    """How messages name the component."""
    component: str
    """Name of the component: children are named after it."""
    service: str
    namespace: pulumi.Output[str]
    asked_namespace: Any
    """As the user gave it, for metadata."""
    cluster_domain: str
    external_hosts: Sequence[Any] = ()
    """Further names or addresses under which clients get to the pod."""


def make(owner: Owner, args: Tls, labels: Mapping[str, Any], opts: pulumi.ResourceOptions) -> Material:
    """What `args` ask for, for `owner`. Children are named after the component."""
    match args:
        case Issued():
            return _issued(owner, args, opts)
        case SignedBy():
            signer = Signer(args.ca_cert_pem, as_secret(args.ca_private_key_pem))
            alone, checked = _checked(owner, pem.authority_faults, args.ca_cert_pem, signer.key_pem, [owner.service])
            # A certificate that outlives its CA is refused from the CA's end on.
            before = max(due.days(args.validity_days), pem.EXPIRES_SOON)
            due.warn(opts, f"{owner.subject}: the CA in tls.ca_cert_pem", alone.apply(pem.not_after), before)
            return _signed(owner, args, replace(signer, cert_pem=checked), checked, opts)
        case OwnCertificate():
            return _own(owner, args, opts)
        case ExistingSecret():
            return Material(secret=args.name, ca=_trusted_ca(owner, args.ca_cert_pem))
        case CertManager():
            return _cert_manager(owner, args, labels, opts)
        case Off():
            return Material()
        case _:
            assert_never(args)


# --- names ------------------------------------------------------------------------------------------------------------


def _names(owner: Owner, more: Sequence[pulumi.Input[str]], service_names: bool = True) -> SubjectNames:
    """Every form of a Service's name, localhost, and `more` host names or addresses."""
    ends = ("", ".svc", f".svc.{owner.cluster_domain}")

    def qualified(namespace: str) -> list[str]:
        return [owner.service, *(f"{owner.service}.{namespace}{end}" for end in ends), "localhost"]

    names: list[str] = []
    addresses: list[str] = ["127.0.0.1", "::1"] if service_names else []
    late: list[pulumi.Input[str]] = []
    for host in [*more, *owner.external_hosts]:
        if isinstance(host, str):
            (addresses if is_ip(host) else names).append(host)
        else:
            late.append(host)
    # One Output, not one for each name: each costs time in every program.
    known: Any = owner.namespace.apply(lambda space: [*qualified(space), *names]) if service_names else names
    return SubjectNames(_with(known, late, ip=False), _with(addresses, late, ip=True))


def _with(known: Any, late: Sequence[Any], ip: bool) -> Any:
    """`known`, and those of the late hosts that are addresses (or names), once it can be told."""
    if not late:
        return known
    return pulumi.Output.all(known, *late).apply(
        lambda both: [*both[0], *(host for host in both[1:] if is_ip(host) == ip)]
    )


# --- made here --------------------------------------------------------------------------------------------------------


def _issued(owner: Owner, args: Issued, opts: pulumi.ResourceOptions) -> Material:
    if args.ca is not None:
        shared = Signer(args.ca.cert_pem, as_secret(args.ca.private_key_pem))
        made = _signed(owner, args, shared, args.ca.bundle_pem, opts)
        return replace(made, ca_validity_days=args.ca.validity_days)
    signer, end, bundle = generations(
        f"{owner.component}-ca",
        owner.service,
        args.algorithm,
        args.ca_validity_days,
        args.ca_generation,
        args.also_trust_generations,
        opts,
    )
    due.warn(opts, f"{owner.subject}: its CA (change it by tls.ca_generation)", end, due.days(2 * args.validity_days))
    return replace(_signed(owner, args, signer, bundle, opts), ca_validity_days=args.ca_validity_days)


def _signed(
    owner: Owner, args: Leaf, signer: Signer, bundle: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> Material:
    names = _names(owner, [*args.dns_names, *args.ip_addresses])
    wanted = Wanted(
        owner.service,
        names.dns,
        names.ip,
        "server_auth",
        args.algorithm,
        args.validity_days,
        args.renew_before_days,
    )
    signed = sign(owner.component, wanted, signer, opts)
    warn_of_browsers(owner.subject, args.algorithm == "Ed25519", opts)
    chain = signed.cert_pem
    if isinstance(args, SignedBy):  # a CA of ours is a root, which clients have
        chain = pulumi.Output.all(signed.cert_pem, signer.cert_pem).apply(
            lambda pems: pems[0] and pems[0] + pem.intermediates(pems[1])
        )
    due.warn(opts, f"{owner.subject}: its certificate", signed.not_after, due.days(args.renew_before_days))
    return Material(_secret_data(chain, signed.key_pem, bundle), None, bundle, signed.not_after, signer)


def warn_of_browsers(subject: str, ed25519: bool, opts: pulumi.ResourceOptions) -> None:
    """Log what Ed25519 means for browsers."""
    if ed25519:
        pulumi.log.warn(f"{subject}: browsers refuse Ed25519 certificates (tls.algorithm)", opts.parent)


def _secret_data(cert_pem: Any, key_pem: pulumi.Output[str], ca_pem: Any) -> dict[str, pulumi.Input[str]]:
    data = {"tls.crt": cert_pem, "tls.key": key_pem}
    return data | ({"ca.crt": ca_pem} if ca_pem is not None else {})


# --- brought along ----------------------------------------------------------------------------------------------------


Faults = Callable[[str, str | None, Sequence[str]], list[tuple[str, str, str]]]
"""A function of pem.py: certificate, key and names → what is wrong."""


def _checked(
    owner: Owner, faults: Faults, cert_pem: Any, key_pem: Any, names: Sequence[Any] = ()
) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    """The certificate, once it has been looked at alone, and once it has been seen to be right with its key and names.

    Each look needs no more than it is about: what is wrong with a certificate is known in a preview in which its key or
    a name is not. The key stays what it is: a secret that is looked at, not passed on.
    """

    def look(cert: str, key: str | None, known: Sequence[str]) -> str:
        found = [Problem(f"tls.{field}", reason, remedy) for field, reason, remedy in faults(cert, key, known)]
        if found:
            raise ArgumentsError(owner.subject, found)
        return cert

    alone = pulumi.Output.from_input(cert_pem).apply(lambda cert: look(cert, None, []))
    with_key = pulumi.Output.all(alone, key_pem).apply(lambda both: look(both[0], both[1], []))
    with_names = [pulumi.Output.all(alone, name).apply(lambda both: look(both[0], None, [both[1]])) for name in names]
    whole = pulumi.Output.all(with_key, *with_names).apply(lambda looks: looks[0])
    # What depends on a secret is one; a certificate is none.
    return pulumi.Output.unsecret(alone), pulumi.Output.unsecret(whole)


def trusted(subject: str, path: str, bundle: Any, authorities: bool = False) -> pulumi.Output[str]:
    """Certificates that are to be trusted, once they have been looked at (see pem.bundle_faults)."""

    def look(text: str) -> str:
        found = [Problem(path, reason, remedy) for _, reason, remedy in pem.bundle_faults(text, authorities)]
        if found:
            raise ArgumentsError(subject, found)
        return text

    return pulumi.Output.from_input(bundle).apply(look)


def _trusted_ca(owner: Owner, bundle: Any) -> pulumi.Output[Any] | None:
    return trusted(owner.subject, "tls.ca_cert_pem", bundle) if bundle is not None else None


def _own(owner: Owner, args: OwnCertificate, opts: pulumi.ResourceOptions) -> Material:
    hosts = [*args.dns_names, *args.ip_addresses] or [pulumi.Output.concat(owner.service, ".", owner.namespace, ".svc")]
    hosts += owner.external_hosts
    key_pem = as_secret(args.private_key_pem)
    alone, checked = _checked(owner, pem.certificate_faults, args.cert_pem, key_pem, hosts)
    ca = _trusted_ca(owner, args.ca_cert_pem)
    end = alone.apply(pem.not_after)
    alone.apply(lambda cert: warn_of_browsers(owner.subject, pem.is_ed25519(cert), opts))
    due.warn(opts, f"{owner.subject}: the certificate in tls.cert_pem", end, pem.EXPIRES_SOON)
    return Material(_secret_data(checked, key_pem, ca), ca=ca, not_after=end)


def _cert_manager(owner: Owner, args: CertManager, labels: Mapping[str, Any], opts: pulumi.ResourceOptions) -> Material:
    names = _names(owner, [*args.dns_names, *args.ip_addresses], args.service_names)
    warn_of_browsers(owner.subject, args.algorithm == "Ed25519", opts)
    secret = f"{owner.service}-cert-manager-tls"
    algorithm, _, size = args.algorithm.partition("-")
    private_key: dict[str, Any] = {"algorithm": algorithm, "rotationPolicy": "Always"}
    if size:
        private_key["size"] = int(size.removeprefix("P"))
    apiextensions.CustomResource(
        f"{owner.component}-certificate",
        api_version="cert-manager.io/v1",
        kind="Certificate",
        metadata=meta.v1.ObjectMetaArgs(namespace=owner.asked_namespace, labels=labels),
        spec={
            "secretName": secret,
            "dnsNames": names.dns,
            **({"ipAddresses": names.ip} if names.ip else {}),
            "duration": f"{args.validity_days * 24}h",
            "renewBefore": f"{args.renew_before_days * 24}h",
            "privateKey": private_key,
            "usages": ["digital signature", *(["key encipherment"] if algorithm == "RSA" else []), "server auth"],
            "issuerRef": {"name": args.issuer, "kind": args.issuer_kind, "group": args.issuer_group},
        },
        opts=opts,
    )
    return Material(secret=secret, ca=_trusted_ca(owner, args.ca_cert_pem))
