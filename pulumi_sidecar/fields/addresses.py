"""Host names and addresses."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator

from pulumi_sidecar.fields.base import pattern, refuse

_DNS_PART = r"[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?"

_DNS_NAME = rf"{_DNS_PART}(?:\.{_DNS_PART})*"

DnsName = Annotated[
    str,
    pattern(
        rf"(?:\*\.)?{_DNS_NAME}",
        "is no host name",
        'Give a name such as "shop.example.com" or "*.example.com", without scheme, port or final dot.',
        253,
    ),
]
"""A host name for a certificate, also with a wildcard as its first label."""


HostName = Annotated[
    str,
    pattern(
        _DNS_NAME, "is no host name", 'Give a name such as "shop.example.com", without scheme, port or final dot.', 253
    ),
]
"""The name of one host, without a wildcard."""


def _plain_address(value: str) -> str:
    """Raises ValueError for an address with a zone ("fe80::1%eth0"): Python takes any text for a zone."""
    if "%" in value:
        raise ValueError(value)
    return value


def _ip(value: str) -> str:
    try:
        return str(ipaddress.ip_address(_plain_address(value)))
    except ValueError:
        raise refuse("is no IP address", 'Write it as "192.0.2.7" or "2001:db8::7".') from None


IpAddress = Annotated[str, AfterValidator(_ip)]
"""An IPv4 or IPv6 address."""


def _network(value: str) -> str:
    try:
        network = ipaddress.ip_network(_plain_address(value))
    except ValueError:
        raise refuse(
            "is no network",
            'Write an address range as "10.0.0.0/8" or "2001:db8::/32", with no bits set beyond its length.',
        ) from None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped is not None:
        raise refuse("is a network of IPv4 addresses in the guise of IPv6", 'Write it as IPv4: "10.0.0.0/8".')
    return str(network)


Network = Annotated[str, AfterValidator(_network)]
"""An IPv4 or IPv6 network in CIDR notation."""


def is_ip(host: str) -> bool:
    """Whether `host` is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(_plain_address(host))
    except ValueError:
        return False
    return True


def _host(value: str) -> str:
    if is_ip(value):
        return str(ipaddress.ip_address(value))
    if len(value) <= 253 and re.fullmatch(_DNS_NAME, value):
        return value
    raise refuse("is neither a host name nor an IP address", 'Write it as "shop.example.com" or "192.0.2.7".')


Host = Annotated[str, AfterValidator(_host)]
"""A host name without wildcard, or an IP address."""
