"""Names that have a limit."""

from __future__ import annotations

import hashlib

LONGEST_LABEL = 63
"""A DNS label, and the value of a Kubernetes label."""
LONGEST_GIVEN = 253 - len("-12345678")
"""The name of a Kubernetes object (RFC 1123) without the end that Pulumi makes up."""


def shorten(name: str, longest: int = LONGEST_LABEL) -> str:
    """`name` within `longest` characters: what is too long keeps its beginning and gets a hash of the whole."""
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: longest - 9].rstrip('-.')}-{digest}"
