"""Where the certificate comes from, and whose client certificates are asked for."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

import pulumi
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.fields import DataKey, DnsName, IpAddress, ObjectName, between, no_bool, refuse
from pulumi_sidecar.inputs import Value

Days = Annotated[int, between(1, 36500, "a time in days"), BeforeValidator(no_bool)]
"""A time in whole days, 1 to 36500."""

Algorithm = Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096", "Ed25519"]
"""A key's algorithm and size."""


def _block(kind: str) -> str:
    return rf"-----BEGIN {kind}-----[A-Za-z0-9+/=\s]+-----END {kind}-----\s*"


_CERTIFICATES = re.compile(rf"\s*(?:{_block('CERTIFICATE')})+")
_KEY = re.compile(rf"\s*(?:{_block('PRIVATE KEY')}|{_block('RSA PRIVATE KEY')}|{_block('EC PRIVATE KEY')})")


def _certificates(value: str) -> str:
    if not _CERTIFICATES.fullmatch(value):
        remedy = "Give the blocks of the file from BEGIN CERTIFICATE to END CERTIFICATE, and nothing between them."
        raise refuse("is no PEM of certificates", remedy)
    return value


def _key(value: str) -> str:
    if "ENCRYPTED" in value:
        raise refuse("is a key encrypted with a passphrase", "Give what `openssl pkey -in FILE` prints.")
    if not _KEY.fullmatch(value):
        remedy = "Give what `openssl pkey -in FILE` prints, from BEGIN PRIVATE KEY to END PRIVATE KEY."
        raise refuse("is no PEM of one private key", remedy)
    return value


CertificatePem = Annotated[str, AfterValidator(_certificates)]
"""PEM of one certificate or several, the leaf first."""
KeyPem = Annotated[str, AfterValidator(_key)]
"""PEM of a private key without a passphrase."""

Generation = Annotated[int, between(1, 1000, "a generation"), BeforeValidator(no_bool)]
"""The number of a CA in a row of them, from 1."""

Secret = Field(json_schema_extra={"sensitive": True})
"""Messages never show such a value. That goes for certificates, too: some day somebody gives a key in their place."""


@runtime_checkable
class Authority(Protocol):
    """What `ca` takes: a pulumi_sidecar.CertificateAuthority."""

    @property
    @abstractmethod
    def cert_pem(self) -> pulumi.Output[str]:
        """PEM of the certificate that signs."""

    @property
    @abstractmethod
    def private_key_pem(self) -> pulumi.Output[str]:
        """PEM of its key, a secret."""

    @property
    @abstractmethod
    def bundle_pem(self) -> pulumi.Output[str]:
        """PEM of everything that clients must trust."""

    @property
    @abstractmethod
    def validity_days(self) -> int:
        """How long it is valid from its making, in days."""


@dataclass(frozen=True)
class GivenAuthority:
    """An Authority by its parts, where the component itself cannot be given (`plugin`)."""

    cert_pem: pulumi.Output[str]
    private_key_pem: pulumi.Output[str]
    bundle_pem: pulumi.Output[str]
    validity_days: int


def _authority(value: Any) -> Any:
    if isinstance(value, pulumi.Resource | GivenAuthority) and isinstance(value, Authority):
        return value
    raise refuse("is no CertificateAuthority", 'Give the component itself: ca = CertificateAuthority("ca").')


class Named(Args):
    """A certificate's names."""

    dns_names: tuple[Value[DnsName], ...] = ()
    """Further host names, beside every form of the Service's name and localhost."""
    ip_addresses: tuple[Value[IpAddress], ...] = ()
    """Further IP addresses, beside 127.0.0.1 and ::1."""


class Leaf(Named):
    """A certificate that is made here."""

    algorithm: Algorithm = "ECDSA-P256"
    """The key's algorithm. Browsers refuse Ed25519."""
    validity_days: Days = 90
    """How long the certificate is valid, in days."""
    renew_before_days: Days = 30
    """Within this many days of the certificate's end it is replaced."""

    @model_validator(mode="after")
    def _window(self) -> Leaf:
        if self.renew_before_days >= self.validity_days:
            raise refuse(
                f"renews {self.renew_before_days} days before the end of a certificate that is valid for "
                f"{self.validity_days}: it would be replaced every time",
                "Make renew_before_days smaller than validity_days; a third of it is usual.",
            )
        return self


class Issued(Leaf):
    """A private CA and a certificate from it, both made by pulumi-tls.

    The keys live in the stack's state, encrypted as secrets. The certificate is renewed by a `pulumi up` that runs
    within `renew_before_days` of its end; nothing else renews it. The CA is never renewed by itself. To change it,
    first add the next generation to `also_trust_generations` and update; when every client has the new `ca_cert_pem`,
    make it `ca_generation`, and trust the old one for a while. A CA that is there stays as it is, whatever becomes of
    `algorithm`, `ca_validity_days` and the Service's name: those are for generations to come.
    """

    kind: Literal["issued"] = "issued"
    ca: Annotated[Authority, PlainValidator(_authority)] | None = None
    """A CertificateAuthority that several components share. By default the component makes a CA of its own."""
    ca_validity_days: Days = 3650
    """How long the component's own CA is valid, in days."""
    ca_generation: Generation = 1
    """Which generation of the component's own CA signs. Each is a CA with a key of its own."""
    also_trust_generations: tuple[Generation, ...] = ()
    """Further generations of the CA that clients are told to trust: those to come, and those just gone."""

    @model_validator(mode="after")
    def _outlived(self) -> Issued:
        lifetime = self.ca_validity_days if self.ca is None else self.ca.validity_days
        if lifetime < self.validity_days:
            raise refuse(
                f"has a CA that ends after {lifetime} days, before its certificate ({self.validity_days} days)",
                "Let the CA be valid for longer, or the certificate shorter.",
            )
        return self


class SignedBy(Leaf):
    """A certificate signed by a CA of yours. Its key, and the CA's, live in the stack's state, encrypted as secrets."""

    kind: Literal["signed_by"] = "signed_by"
    ca_cert_pem: Annotated[Value[CertificatePem], Secret]
    """PEM of the CA's certificate. Of an intermediate CA: its own, then those above it, up to the root; clients are
    sent all but the root, and trust what is given here."""
    ca_private_key_pem: Annotated[Value[KeyPem], Secret]
    """PEM of the CA's key. Give a secret Output (pulumi.Config().require_secret)."""


class OwnCertificate(Named):
    """A certificate of yours. `dns_names` and `ip_addresses` are what it must cover; without any that is the Service's
    name within the cluster (NAME.NAMESPACE.svc)."""

    kind: Literal["certificate"] = "certificate"
    cert_pem: Annotated[Value[CertificatePem], Secret]
    """PEM of the certificate, then of its intermediates."""
    private_key_pem: Annotated[Value[KeyPem], Secret]
    """PEM of its key. Give a secret Output (pulumi.Config().require_secret)."""
    ca_cert_pem: Annotated[Value[CertificatePem] | None, Secret] = None
    """PEM of the CA that clients must trust, where it is no public one."""


class ExistingSecret(Args):
    """A Secret of type kubernetes.io/tls that is already there. Nothing of its key gets into Pulumi's state; a change
    of the Secret is served without a restart."""

    kind: Literal["secret"] = "secret"
    name: Value[ObjectName]
    """Name of the Secret, in the same namespace."""
    ca_cert_pem: Annotated[Value[CertificatePem] | None, Secret] = None
    """PEM of the CA that clients must trust, for the output of the same name."""


class CertManager(Leaf):
    """A certificate that cert-manager makes, renews and keeps in a Secret. Its key never gets into Pulumi's state, and
    nobody has to run `pulumi up`."""

    kind: Literal["cert_manager"] = "cert_manager"
    issuer: Value[ObjectName]
    """Name of the Issuer or ClusterIssuer."""
    issuer_kind: Literal["Issuer", "ClusterIssuer"] = "Issuer"
    """An Issuer is of the same namespace."""
    issuer_group: Value[ObjectName] = "cert-manager.io"
    """API group of the issuer."""
    service_names: bool = True
    """Also ask for the Service's names within the cluster. Public issuers (ACME) refuse them: switch it off there."""
    ca_cert_pem: Annotated[Value[CertificatePem] | None, Secret] = None
    """PEM of the CA that clients must trust, for the output of the same name."""


class Off(Args):
    """Plain HTTP, on purpose: something else in front ends TLS."""

    kind: Literal["off"] = "off"


Tls = Annotated[
    Issued | SignedBy | OwnCertificate | ExistingSecret | CertManager | Off,
    Field(discriminator="kind"),
]
"""Where the certificate comes from, tagged by `kind`."""


# --- client certificates ----------------------------------------------------------------------------------------------


class ClientCaPem(Args):
    """The CA as PEM."""

    kind: Literal["pem"] = "pem"
    pem: Annotated[Value[CertificatePem], Secret]
    """One CA certificate or several."""


class ClientCaConfigMap(Args):
    """The CA in an existing ConfigMap. A change of it is followed without a restart."""

    kind: Literal["config_map"] = "config_map"
    name: Value[ObjectName]
    """Name of the ConfigMap, in the same namespace."""
    key: DataKey = "ca.crt"
    """Its key."""


class ClientCaOwn(Args):
    """The component's own CA: the one that issued its certificate (`ca.crt` of its Secret). Whoever has a client
    certificate of that CA is let in: with a CA that others share, the app has to look at the subject."""

    kind: Literal["own"] = "own"


def _header(value: str) -> str:
    if len(value) > 64 or not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+){0,5}", value):
        remedy = 'Use letters, digits and up to five inner hyphens, at most 64, as "X-Client-Subject".'
        raise refuse("is no header name", remedy)
    if value.lower() in _OTHERS_HEADERS or value.lower().startswith(_OTHERS_PREFIXES):
        raise refuse("is a header with another meaning", 'Use one of your own, as "X-Client-Subject".')
    return value


_OTHERS_PREFIXES = ("x-forwarded-", "sec-", "content-", "accept", "if-", "proxy-", "http2-", "access-control-")
_OTHERS_HEADERS = {
    *("authorization", "cache-control", "connection", "cookie", "date", "expect", "forwarded", "host", "keep-alive"),
    *("origin", "pragma", "proxy", "proxy-authorization", "proxy-connection", "range", "referer", "te", "trailer"),
    *("transfer-encoding", "upgrade", "user-agent", "via", "x-real-ip", "cookie2", "set-cookie", "max-forwards"),
}

HeaderName = Annotated[str, AfterValidator(_header)]
"""A header name of the user's own."""


class ClientAuth(Args):
    """Client certificates (mutual TLS)."""

    ca: Annotated[ClientCaPem | ClientCaConfigMap | ClientCaOwn, Field(discriminator="kind")]
    """Who signs the clients' certificates."""
    mode: Literal["required", "optional"] = "required"
    """"required" refuses clients without a certificate; "optional" lets them in unnamed. A certificate that does not
    verify is refused either way."""
    subject_header: HeaderName = "X-Client-Subject"
    """The header in which the app finds the verified subject (RFC 2253), empty or absent without one. What clients send
    under this name is dropped."""
