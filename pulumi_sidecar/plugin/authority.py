"""A CertificateAuthority in `tls.ca`, where it cannot be given as it is: its outputs."""

from __future__ import annotations

from typing import Annotated, Any

import pulumi

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.args.tls import CertificatePem, Days, GivenAuthority, KeyPem, Secret
from pulumi_sidecar.inputs import Value


class Authority(Args):
    """A CertificateAuthority by its outputs."""

    cert_pem: Annotated[Value[CertificatePem], Secret]
    """PEM of the certificate that signs: `cert_pem` of the CertificateAuthority."""
    private_key_pem: Annotated[Value[KeyPem], Secret]
    """PEM of its key, a secret: `private_key_pem` of the CertificateAuthority."""
    bundle_pem: Annotated[Value[CertificatePem], Secret]
    """PEM of everything that clients must trust: `bundle_pem` of the CertificateAuthority."""
    validity_days: Days = 3650
    """How long the CA is valid from its making, in days: as the CertificateAuthority was told."""


def given(raw: Any, subject: str) -> GivenAuthority:
    """What stands at `tls.ca`, checked. Raises ArgumentsError."""
    known = parse(Authority, raw, subject, "tls.ca")
    return GivenAuthority(
        pulumi.Output.from_input(known.cert_pem),
        pulumi.Output.from_input(known.private_key_pem),
        pulumi.Output.from_input(known.bundle_pem),
        known.validity_days,
    )
