"""The arguments of CertificateAuthority."""

from __future__ import annotations

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.tls import Algorithm, Days, Generation
from pulumi_sidecar.fields import DnsLabel


class CertificateAuthorityArgs(Args):
    """A private CA."""

    algorithm: Algorithm = "ECDSA-P256"
    """The keys' algorithm."""
    validity_days: Days = 3650
    """How long a CA is valid, in days."""
    generation: Generation = 1
    """Which generation signs. Each is a CA with a key of its own."""
    also_trust_generations: tuple[Generation, ...] = ()
    """Further generations in the bundle: those to come, and those just gone."""
    namespaces: tuple[DnsLabel, ...] = ()
    """Namespaces that get a ConfigMap with the bundle."""
