"""The models of `args.tls` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.tls import Authority, ClientCaConfigMap, ClientCaOwn, ClientCaPem


class IssuedDict(TypedDict):
    """Issued as a dict.

    A private CA and a certificate from it, both made by pulumi-tls.

    The keys live in the stack's state, encrypted as secrets. The certificate is renewed by a `pulumi up` that
    runs within `renew_before_days` of its end; nothing else renews it. The CA is never renewed by itself. To
    change it, first add the next generation to `also_trust_generations` and update; when every client has the new
    `ca_cert_pem`, make it `ca_generation`, and trust the old one for a while. A CA that is there stays as it is,
    whatever becomes of `algorithm`, `ca_validity_days` and the Service's name: those are for generations to come.
    """

    dns_names: NotRequired[Sequence[Input[str]]]
    """Further host names, beside every form of the Service's name and localhost."""
    ip_addresses: NotRequired[Sequence[Input[str]]]
    """Further IP addresses, beside 127.0.0.1 and ::1."""
    algorithm: NotRequired[Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096", "Ed25519"]]
    """The key's algorithm. Browsers refuse Ed25519. Default: "ECDSA-P256"."""
    validity_days: NotRequired[int]
    """How long the certificate is valid, in days. Default: 90."""
    renew_before_days: NotRequired[int]
    """Within this many days of the certificate's end it is replaced. Default: 30."""
    kind: Literal["issued"]
    """A private CA and a certificate from it, both made by pulumi-tls."""
    ca: NotRequired[Authority | None]
    """A CertificateAuthority that several components share. By default the component makes a CA of its own."""
    ca_validity_days: NotRequired[int]
    """How long the component's own CA is valid, in days. Default: 3650."""
    ca_generation: NotRequired[int]
    """Which generation of the component's own CA signs. Each is a CA with a key of its own. Default: 1."""
    also_trust_generations: NotRequired[Sequence[int]]
    """Further generations of the CA that clients are told to trust: those to come, and those just gone."""


class SignedByDict(TypedDict):
    """SignedBy as a dict.

    A certificate signed by a CA of yours. Its key, and the CA's, live in the stack's state, encrypted as secrets.
    """

    dns_names: NotRequired[Sequence[Input[str]]]
    """Further host names, beside every form of the Service's name and localhost."""
    ip_addresses: NotRequired[Sequence[Input[str]]]
    """Further IP addresses, beside 127.0.0.1 and ::1."""
    algorithm: NotRequired[Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096", "Ed25519"]]
    """The key's algorithm. Browsers refuse Ed25519. Default: "ECDSA-P256"."""
    validity_days: NotRequired[int]
    """How long the certificate is valid, in days. Default: 90."""
    renew_before_days: NotRequired[int]
    """Within this many days of the certificate's end it is replaced. Default: 30."""
    kind: Literal["signed_by"]
    """A certificate signed by a CA of yours. Its key, and the CA's, live in the stack's state, encrypted as secrets."""
    ca_cert_pem: Input[str]
    """PEM of the CA's certificate. Of an intermediate CA: its own, then those above it, up to the root; clients are
    sent all but the root, and trust what is given here.
    """
    ca_private_key_pem: Input[str]
    """PEM of the CA's key. Give a secret Output (pulumi.Config().require_secret)."""


class OwnCertificateDict(TypedDict):
    """OwnCertificate as a dict.

    A certificate of yours. `dns_names` and `ip_addresses` are what it must cover; without any that is the
    Service's name within the cluster (NAME.NAMESPACE.svc).
    """

    dns_names: NotRequired[Sequence[Input[str]]]
    """Further host names, beside every form of the Service's name and localhost."""
    ip_addresses: NotRequired[Sequence[Input[str]]]
    """Further IP addresses, beside 127.0.0.1 and ::1."""
    kind: Literal["certificate"]
    """A certificate of yours. `dns_names` and `ip_addresses` are what it must cover; without any that is the
    Service's name within the cluster (NAME.NAMESPACE.svc).
    """
    cert_pem: Input[str]
    """PEM of the certificate, then of its intermediates."""
    private_key_pem: Input[str]
    """PEM of its key. Give a secret Output (pulumi.Config().require_secret)."""
    ca_cert_pem: NotRequired[Input[str] | None]
    """PEM of the CA that clients must trust, where it is no public one."""


class ExistingSecretDict(TypedDict):
    """ExistingSecret as a dict.

    A Secret of type kubernetes.io/tls that is already there. Nothing of its key gets into Pulumi's state; a
    change of the Secret is served without a restart.
    """

    kind: Literal["secret"]
    """A Secret of type kubernetes.io/tls that is already there. Nothing of its key gets into Pulumi's state; a
    change of the Secret is served without a restart.
    """
    name: Input[str]
    """Name of the Secret, in the same namespace."""
    ca_cert_pem: NotRequired[Input[str] | None]
    """PEM of the CA that clients must trust, for the output of the same name."""


class CertManagerDict(TypedDict):
    """CertManager as a dict.

    A certificate that cert-manager makes, renews and keeps in a Secret. Its key never gets into Pulumi's state,
    and nobody has to run `pulumi up`.
    """

    dns_names: NotRequired[Sequence[Input[str]]]
    """Further host names, beside every form of the Service's name and localhost."""
    ip_addresses: NotRequired[Sequence[Input[str]]]
    """Further IP addresses, beside 127.0.0.1 and ::1."""
    algorithm: NotRequired[Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096", "Ed25519"]]
    """The key's algorithm. Browsers refuse Ed25519. Default: "ECDSA-P256"."""
    validity_days: NotRequired[int]
    """How long the certificate is valid, in days. Default: 90."""
    renew_before_days: NotRequired[int]
    """Within this many days of the certificate's end it is replaced. Default: 30."""
    kind: Literal["cert_manager"]
    """A certificate that cert-manager makes, renews and keeps in a Secret. Its key never gets into Pulumi's state,
    and nobody has to run `pulumi up`.
    """
    issuer: Input[str]
    """Name of the Issuer or ClusterIssuer."""
    issuer_kind: NotRequired[Literal["Issuer", "ClusterIssuer"]]
    """An Issuer is of the same namespace. Default: "Issuer"."""
    issuer_group: NotRequired[Input[str]]
    """API group of the issuer. Default: "cert-manager.io"."""
    service_names: NotRequired[bool]
    """Also ask for the Service's names within the cluster. Public issuers (ACME) refuse them: switch it off there.
    Default: True.
    """
    ca_cert_pem: NotRequired[Input[str] | None]
    """PEM of the CA that clients must trust, for the output of the same name."""


class OffDict(TypedDict):
    """Off as a dict.

    Plain HTTP, on purpose: something else in front ends TLS.
    """

    kind: Literal["off"]
    """Plain HTTP, on purpose: something else in front ends TLS."""


class ClientCaPemDict(TypedDict):
    """ClientCaPem as a dict.

    The CA as PEM.
    """

    kind: Literal["pem"]
    """The CA as PEM."""
    pem: Input[str]
    """One CA certificate or several."""


class ClientCaConfigMapDict(TypedDict):
    """ClientCaConfigMap as a dict.

    The CA in an existing ConfigMap. A change of it is followed without a restart.
    """

    kind: Literal["config_map"]
    """The CA in an existing ConfigMap. A change of it is followed without a restart."""
    name: Input[str]
    """Name of the ConfigMap, in the same namespace."""
    key: NotRequired[str]
    """Its key. Default: "ca.crt"."""


class ClientCaOwnDict(TypedDict):
    """ClientCaOwn as a dict.

    The component's own CA: the one that issued its certificate (`ca.crt` of its Secret). Whoever has a client
    certificate of that CA is let in: with a CA that others share, the app has to look at the subject.
    """

    kind: Literal["own"]
    """The component's own CA: the one that issued its certificate (`ca.crt` of its Secret). Whoever has a client
    certificate of that CA is let in: with a CA that others share, the app has to look at the subject.
    """


class ClientAuthDict(TypedDict):
    """ClientAuth as a dict.

    Client certificates (mutual TLS).
    """

    ca: ClientCaPemDict | ClientCaPem | ClientCaConfigMapDict | ClientCaConfigMap | ClientCaOwnDict | ClientCaOwn
    """Who signs the clients' certificates."""
    mode: NotRequired[Literal["required", "optional"]]
    """"required" refuses clients without a certificate; "optional" lets them in unnamed. A certificate that does not
    verify is refused either way. Default: "required".
    """
    subject_header: NotRequired[str]
    """The header in which the app finds the verified subject (RFC 2253), empty or absent without one. What clients
    send under this name is dropped. Default: "X-Client-Subject".
    """
