"""Where the certificate comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from pulumi_sidecar.args.base import Args
from pulumi_sidecar.fields import DnsName, IpAddress, between, no_bool, refuse
from pulumi_sidecar.inputs import Value

Days = Annotated[int, between(1, 36500, "a time in days"), BeforeValidator(no_bool)]
"""A time in whole days, 1 to 36500."""


class Issued(Args):
    """A private CA and a certificate from it, both made by pulumi-tls: ECDSA P-256.

    The keys live in the stack's state, encrypted as secrets. The certificate is renewed by a `pulumi up` that runs
    within `renew_before_days` of its end; nothing else renews it. The CA is never renewed by itself.
    """

    kind: Literal["issued"] = "issued"
    dns_names: tuple[Value[DnsName], ...] = ()
    """Further host names, beside every form of the Service's name and localhost."""
    ip_addresses: tuple[Value[IpAddress], ...] = ()
    """Further IP addresses, beside 127.0.0.1 and ::1."""
    validity_days: Days = 90
    """How long the certificate is valid, in days."""
    renew_before_days: Days = 30
    """A `pulumi up` within this many days of the certificate's end replaces it."""
    ca_validity_days: Days = 3650
    """How long the CA is valid, in days."""

    @model_validator(mode="after")
    def _windows(self) -> Issued:
        if self.renew_before_days >= self.validity_days:
            raise refuse(
                f"renews {self.renew_before_days} days before the end of a certificate that is valid for "
                f"{self.validity_days}: every `pulumi up` would replace it",
                "Make renew_before_days smaller than validity_days; a third of it is usual.",
            )
        if self.ca_validity_days < self.validity_days:
            raise refuse(
                f"has a CA that ends after {self.ca_validity_days} days, before its certificate "
                f"({self.validity_days} days)",
                "Make ca_validity_days larger than validity_days.",
            )
        return self


Tls = Issued
"""Where the certificate comes from. Tagged by `kind`; others follow."""
