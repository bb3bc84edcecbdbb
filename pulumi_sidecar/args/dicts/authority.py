"""The models of `args.authority` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict


class CertificateAuthorityArgsDict(TypedDict):
    """CertificateAuthorityArgs as a dict.

    A private CA.
    """

    algorithm: NotRequired[Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096", "Ed25519"]]
    """The keys' algorithm. Default: "ECDSA-P256"."""
    validity_days: NotRequired[int]
    """How long a CA is valid, in days. Default: 3650."""
    generation: NotRequired[int]
    """Which generation signs. Each is a CA with a key of its own. Default: 1."""
    also_trust_generations: NotRequired[Sequence[int]]
    """Further generations in the bundle: those to come, and those just gone."""
    namespaces: NotRequired[Sequence[str]]
    """Namespaces that get a ConfigMap with the bundle."""
