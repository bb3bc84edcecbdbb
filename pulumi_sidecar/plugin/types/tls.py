"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.authority import Authority
from pulumi_sidecar.plugin.types.enums import Algorithm, ClientAuthCaKind, ClientAuthMode, TlsIssuerKind, TlsKind


class Tls(TypedDict):
    """Where the certificate comes from, tagged by `kind`."""

    kind: TlsKind
    """Which of them it is."""
    dns_names: NotRequired[list[Input[str]]]
    """(Kind "issued", "signed_by", "certificate", "cert_manager") Further host names, beside every form of the
    Service's name and localhost.
    """
    ip_addresses: NotRequired[list[Input[str]]]
    """(Kind "issued", "signed_by", "certificate", "cert_manager") Further IP addresses, beside 127.0.0.1 and ::1."""
    algorithm: NotRequired[Algorithm]
    """(Kind "issued", "signed_by", "cert_manager") The key's algorithm. Browsers refuse Ed25519. Default:
    "ECDSA-P256".
    """
    validity_days: NotRequired[int]
    """(Kind "issued", "signed_by", "cert_manager") How long the certificate is valid, in days. Default: 90."""
    renew_before_days: NotRequired[int]
    """(Kind "issued", "signed_by", "cert_manager") Within this many days of the certificate's end it is replaced.
    Default: 30.
    """
    ca: NotRequired[Authority]
    """(Kind "issued") A CertificateAuthority that several components share. By default the component makes a CA of
    its own.
    """
    ca_validity_days: NotRequired[int]
    """(Kind "issued") How long the component's own CA is valid, in days. Default: 3650."""
    ca_generation: NotRequired[int]
    """(Kind "issued") Which generation of the component's own CA signs. Each is a CA with a key of its own. Default:
    1.
    """
    also_trust_generations: NotRequired[list[int]]
    """(Kind "issued") Further generations of the CA that clients are told to trust: those to come, and those just
    gone.
    """
    ca_cert_pem: NotRequired[Input[str]]
    """(Kind "signed_by") Required. PEM of the CA's certificate. Of an intermediate CA: its own, then those above it,
    up to the root; clients are sent all but the root, and trust what is given here. (Kind "certificate") PEM of
    the CA that clients must trust, where it is no public one. (Kind "secret", "cert_manager") PEM of the CA that
    clients must trust, for the output of the same name.
    """
    ca_private_key_pem: NotRequired[Input[str]]
    """(Kind "signed_by") Required. PEM of the CA's key. Give a secret Output."""
    cert_pem: NotRequired[Input[str]]
    """(Kind "certificate") Required. PEM of the certificate, then of its intermediates."""
    private_key_pem: NotRequired[Input[str]]
    """(Kind "certificate") Required. PEM of its key. Give a secret Output."""
    name: NotRequired[Input[str]]
    """(Kind "secret") Required. Name of the Secret, in the same namespace."""
    issuer: NotRequired[Input[str]]
    """(Kind "cert_manager") Required. Name of the Issuer or ClusterIssuer."""
    issuer_kind: NotRequired[TlsIssuerKind]
    """(Kind "cert_manager") An Issuer is of the same namespace. Default: "Issuer"."""
    issuer_group: NotRequired[Input[str]]
    """(Kind "cert_manager") API group of the issuer. Default: "cert-manager.io"."""
    service_names: NotRequired[bool]
    """(Kind "cert_manager") Also ask for the Service's names within the cluster. Public issuers (ACME) refuse them:
    switch it off there. Default: true.
    """


class ClientAuthCa(TypedDict):
    """Tagged by `kind`: see `ca` of ClientAuth."""

    kind: ClientAuthCaKind
    """Which of them it is."""
    pem: NotRequired[Input[str]]
    """(Kind "pem") Required. One CA certificate or several."""
    name: NotRequired[Input[str]]
    """(Kind "config_map") Required. Name of the ConfigMap, in the same namespace."""
    key: NotRequired[str]
    """(Kind "config_map") Its key. Default: "ca.crt"."""


class ClientAuth(TypedDict):
    """Client certificates (mutual TLS)."""

    ca: ClientAuthCa
    """Who signs the clients' certificates."""
    mode: NotRequired[ClientAuthMode]
    """"required" refuses clients without a certificate; "optional" lets them in unnamed. A certificate that does not
    verify is refused either way. Default: "required".
    """
    subject_header: NotRequired[str]
    """The header in which the app finds the verified subject (RFC 2253), empty or absent without one. What clients
    send under this name is dropped. Default: "X-Client-Subject".
    """
