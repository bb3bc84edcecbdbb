"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.enums import Algorithm


class Authority(TypedDict):
    """A CertificateAuthority by its outputs."""

    cert_pem: Input[str]
    """PEM of the certificate that signs: `certPem` of the CertificateAuthority."""
    private_key_pem: Input[str]
    """PEM of its key, a secret: `privateKeyPem` of the CertificateAuthority."""
    bundle_pem: Input[str]
    """PEM of everything that clients must trust: `bundle_pem` of the CertificateAuthority."""
    validity_days: NotRequired[int]
    """How long the CA is valid from its making, in days: as the CertificateAuthority was told. Default: 3650."""


class CertificateAuthorityArgs(TypedDict):
    """A private CA."""

    algorithm: NotRequired[Algorithm]
    """The keys' algorithm. Default: "ECDSA-P256"."""
    validity_days: NotRequired[int]
    """How long a CA is valid, in days. Default: 3650."""
    generation: NotRequired[int]
    """Which generation signs. Each is a CA with a key of its own. Default: 1."""
    also_trust_generations: NotRequired[list[int]]
    """Further generations in the bundle: those to come, and those just gone."""
    namespaces: NotRequired[list[str]]
    """Namespaces that get a ConfigMap with the bundle."""
