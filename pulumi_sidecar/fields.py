"""Constrained values: names, paths, ports, sizes, amounts.

A value is typed by where it lands: what goes into nginx.conf or httpd.conf may not hold anything that ends a
directive, opens a block or expands a variable there. Every pattern is used with fullmatch: `match` with `$` lets a
newline through.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError


def refuse(reason: str, remedy: str) -> PydanticCustomError:
    """The error that a validator raises: what is wrong with the value, and what to write in its place."""
    return PydanticCustomError("refused", "{reason}", {"reason": reason, "remedy": remedy})


# --- text -------------------------------------------------------------------------------------------------------------


def _pattern(pattern: str, reason: str, remedy: str, longest: int | None = None) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if longest is not None and len(value) > longest:
            raise refuse(f"is {len(value)} characters long, and {longest} are allowed", "Shorten it.")
        if not compiled.fullmatch(value):
            raise refuse(reason, remedy)
        return value

    return AfterValidator(check)


_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_PART = r"[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_DNS_NAME = rf"{_DNS_PART}(?:\.{_DNS_PART})*"
_NAME_PART = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"

DnsLabel = Annotated[
    str,
    _pattern(
        _LABEL,
        "is no DNS label",
        "Use lower-case letters, digits and inner hyphens, at most 63 (RFC 1123).",
        63,
    ),
]
"""A DNS label (RFC 1123): the name of a namespace, container or volume."""

ServiceName = Annotated[
    str,
    _pattern(
        r"[a-z](?:[-a-z0-9]*[a-z0-9])?",
        "is no name for a Service",
        "Begin with a lower-case letter, go on with lower-case letters, digits and hyphens, at most 63 (RFC 1035).",
        63,
    ),
]
"""A DNS label that begins with a letter (RFC 1035): the name of a Service."""

ObjectName = Annotated[
    str,
    _pattern(
        rf"{_LABEL}(?:\.{_LABEL})*",
        "is no name of a Kubernetes object",
        "Use lower-case letters, digits, hyphens and dots, at most 253 (RFC 1123).",
        253,
    ),
]
"""A DNS subdomain (RFC 1123): the name of a Secret, ConfigMap, ServiceAccount …"""

DnsName = Annotated[
    str,
    _pattern(
        rf"(?:\*\.)?{_DNS_NAME}",
        "is no host name",
        'Give a name such as "shop.example.com" or "*.example.com", without scheme, port or final dot.',
        253,
    ),
]
"""A host name for a certificate, also with a wildcard as its first label."""

LabelValue = Annotated[
    str,
    _pattern(
        rf"(?:{_NAME_PART})?",
        "is no label value",
        "Use letters, digits, '-', '_' and '.', at most 63, with a letter or digit at both ends.",
        63,
    ),
]
"""The value of a Kubernetes label; may be empty."""

_PREFIXED_NAME = rf"(?:(?=[^/]{{1,253}}/){_LABEL}(?:\.{_LABEL})*/)?(?=[^/]{{1,63}}$){_NAME_PART}"

LabelKey = Annotated[
    str,
    _pattern(
        _PREFIXED_NAME,
        "is no label or annotation key",
        "Use a name of at most 63 letters, digits, '-', '_' and '.', after a DNS prefix and \"/\" if you like.",
    ),
]
"""The key of a Kubernetes label or annotation: an optional DNS prefix, a slash, a name."""

PortName = Annotated[
    str,
    _pattern(
        r"(?=[-0-9]*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?",
        "is no name for a port",
        "Use lower-case letters, digits and single inner hyphens, at least one letter, at most 15 (RFC 6335).",
        15,
    ),
]
"""The name of a container's port."""

EnvName = Annotated[
    str,
    _pattern(
        r"[-._A-Za-z][-._A-Za-z0-9]*",
        "is no name of an environment variable",
        "Use letters, digits, '_', '-' and '.', not a digit first.",
    ),
]
"""The name of an environment variable, as Kubernetes takes it."""

DataKey = Annotated[
    str,
    _pattern(
        r"(?!\.$|\.\.)[-._A-Za-z0-9]+",
        "is no key of a Secret or ConfigMap",
        "Use letters, digits, '-', '_' and '.', at most 253.",
        253,
    ),
]
"""A key in a Secret or ConfigMap."""

Image = Annotated[
    str,
    _pattern(
        r"(?:[A-Za-z0-9](?:[-.A-Za-z0-9]*[A-Za-z0-9])?(?::[0-9]+)?/)?"
        r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
        r"(?::[A-Za-z0-9_][-.A-Za-z0-9_]{0,127})?(?:@[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,})?",
        "is no image reference",
        'Write it as in a pod: "registry.example.com/team/web:1.4", lower case, without spaces.',
    ),
]
"""A container image reference: [registry/]name[:tag][@digest]."""

UrlPath = Annotated[
    str,
    _pattern(
        r"/[A-Za-z0-9._~!&()*+,=:@%/?-]*",
        "is no URL path",
        "Begin with '/' and percent-encode everything but letters, digits and ._~!&()*+,=:@/?-.",
        1024,
    ),
]
"""A request path, with a query if need be. It lands in proxy configurations: no space, quote, ';', '{', '$' or '#'."""


SubPath = Annotated[
    str,
    _pattern(
        r"(?!(?:.*/)?\.\.(?:/|$))(?!/)[A-Za-z0-9._@+/-]+",
        "is no plain relative path within the volume",
        'Give one without ".." at its beginning or between slashes, of letters, digits and ._@+-.',
        1024,
    ),
]
"""A path within a volume."""

Capability = Annotated[
    str,
    _pattern(r"(?!CAP_)[A-Z][A-Z_]*", "is no capability", 'Write it without CAP_, as "NET_BIND_SERVICE".', 64),
]
"""The name of a Linux capability, as Kubernetes writes it."""

MountPath = Annotated[
    str,
    _pattern(
        r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+",
        "is no path to mount an application at",
        'Write it as "/shop" or "/team/shop", of letters, digits and ._~-, without a final slash.',
        255,
    ),
]
"""A URL path below which an application is reached: no final slash, nothing that needs quoting."""

FolderUrl = Annotated[
    str,
    _pattern(
        r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/",
        "is no URL path of a folder",
        'Write it as "/static/", of letters, digits and ._~-, with a slash at both ends.',
        255,
    ),
]
"""A URL path below which files are served."""


def _absolute_path(value: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9._@+/-]*", value):
        raise refuse(
            "is no plain absolute path", "Begin with '/' and use letters, digits and ._@+- between the slashes."
        )
    if posixpath.normpath(value) != value or value.startswith("//"):
        raise refuse("is not in its shortest form", f'Write "{posixpath.normpath("/" + value.lstrip("/"))}".')
    return value


FilePath = Annotated[str, AfterValidator(_absolute_path)]
"""An absolute path in a container, in its shortest form, of characters that need no quoting anywhere."""


def _socket_path(value: str) -> str:
    if len(value) > 107:
        raise refuse(f"is {len(value)} characters long, and a unix socket's path has at most 107", "Shorten it.")
    return value


SocketPath = Annotated[FilePath, AfterValidator(_socket_path)]
"""The absolute path of a unix socket: at most 107 characters (unix(7))."""


MetricName = Annotated[
    str,
    _pattern(
        r"(?!\.{1,2}$)[!-$&-.0-~]+",
        "is no name of a metric",
        "Use printable characters without space, '/' and '%', at most 253.",
        253,
    ),
]
"""The name of a metric, as the autoscaler asks for it (a segment of a path)."""

ApiVersion = Annotated[
    str,
    _pattern(
        rf"(?:{_LABEL}(?:\.{_LABEL})*/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?",
        "is no API version",
        'Write it as "v1" or "networking.k8s.io/v1".',
        253,
    ),
]
"""An API's group and version, as objects have it."""

Kind = Annotated[
    str,
    _pattern(r"[A-Z][A-Za-z0-9]*", "is no kind of an object", 'Write it as "Ingress".', 63),
]
"""The kind of a Kubernetes object."""

PercentText = Annotated[
    str, _pattern(r"(?:100|[1-9]?[0-9])%", "is no share in percent", 'Write it as "50%", from "0%" to "100%".')
]
"""A share of pods in percent: "50%"."""


# --- numbers ----------------------------------------------------------------------------------------------------------


def no_bool(value: Any) -> Any:
    """Refuses True and False, which Python counts as 1 and 0."""
    if isinstance(value, bool):
        raise refuse("is a boolean, and a number is needed", "Give the number itself.")
    return value


def between(low: int, high: int, what: str) -> AfterValidator:
    """A check that a number lies within [low, high]; `what` begins the message."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise refuse(f"{what} is from {low} to {high}", "Choose one within that range.")
        return value

    return AfterValidator(check)


Port = Annotated[int, between(1, 65535, "a port"), BeforeValidator(no_bool)]
"""A TCP port, 1 to 65535."""

HighPort = Annotated[int, between(1025, 65535, "a port that needs no privileges"), BeforeValidator(no_bool)]
"""A TCP port above 1024, which an unprivileged container may listen on."""

Seconds = Annotated[int, between(1, 86400, "a time in seconds"), BeforeValidator(no_bool)]
"""A time in whole seconds, 1 to 86400 (a day)."""

LongSeconds = Annotated[int, between(0, 2**31 - 1, "an age in seconds"), BeforeValidator(no_bool)]
"""An age in whole seconds, 0 to 2147483647."""

Count = Annotated[int, between(0, 1_000_000, "a count"), BeforeValidator(no_bool)]
"""A count from 0."""

PodCount = Annotated[int, between(1, 1_000_000, "a count of at least one"), BeforeValidator(no_bool)]
"""A count from 1."""

Percent = Annotated[int, between(1, 1000, "a share in percent"), BeforeValidator(no_bool)]
"""A share in percent, 1 to 1000: pods may use more than they request."""

Weight = Annotated[int, between(1, 100, "a weight"), BeforeValidator(no_bool)]
"""How much a preference counts beside others, 1 to 100."""

StabilizationSeconds = Annotated[int, between(0, 3600, "a time in seconds to look back"), BeforeValidator(no_bool)]
"""A time in whole seconds, 0 to 3600."""

Period = Annotated[int, between(1, 1800, "a period in seconds"), BeforeValidator(no_bool)]
"""A time in whole seconds, 1 to 1800."""

UserId = Annotated[int, between(1, 2**31 - 1, "a user or group id other than root's"), BeforeValidator(no_bool)]
"""A numeric user or group other than root."""


_BINARY = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def _bytes(value: Any) -> Any:
    if isinstance(value, str):
        found = re.fullmatch(r"([0-9]{1,15})(k|M|G|Ki|Mi|Gi)?", value)
        if not found:
            raise refuse("is no size in bytes", 'Write a whole number, or one with a unit: "512Ki", "64Mi", "1Gi".')
        return int(found[1]) * _BINARY[found[2] or ""]
    return no_bool(value)


ByteSize = Annotated[int, between(0, 2**50, "a size in bytes"), BeforeValidator(_bytes)]
"""A size in bytes: a whole number, or a string with a unit as Kubernetes writes it ("64Mi" is 67108864)."""


def _quantity(pattern: str, what: str, example: str) -> Any:
    compiled = re.compile(pattern)

    def check(value: Any) -> Any:
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(no_bool(value))
        if not compiled.fullmatch(text):
            raise refuse(f"is no {what}", f"Write it as Kubernetes does, for example {example}.")
        if not re.search(r"[1-9]", text):
            raise refuse(f"is no {what} that anything could run with", f"Give more than zero, for example {example}.")
        return text

    return BeforeValidator(check)


Cpu = Annotated[str, _quantity(r"[0-9]{1,6}m|[0-9]{1,4}(?:\.[0-9]{1,3})?", "amount of CPU", '"500m" or "2"')]
"""CPU in Kubernetes' notation: "500m" is half a core, "2" is two."""

Memory = Annotated[
    str,
    _quantity(r"[0-9]{1,18}(?:\.[0-9]{1,3})?(?:[kMGTPE]|[KMGTPE]i)?", "amount of memory", '"512Mi" or "2Gi"'),
]
"""Memory or storage in Kubernetes' notation: "2Gi" is 2147483648 bytes."""

Quantity = Annotated[
    str, _quantity(r"[0-9]{1,18}(?:\.[0-9]{1,3})?(?:m|[kMGTPE]|[KMGTPE]i)?", "quantity", '"100" or "500m"')
]
"""A quantity in Kubernetes' notation: "500m" is a half, "1k" is 1000."""


# --- addresses --------------------------------------------------------------------------------------------------------


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


_HOST_NAME = re.compile(rf"{_DNS_NAME}")


def _host(value: str) -> str:
    if is_ip(value):
        return str(ipaddress.ip_address(value))
    if len(value) <= 253 and _HOST_NAME.fullmatch(value):
        return value
    raise refuse("is neither a host name nor an IP address", 'Write it as "shop.example.com" or "192.0.2.7".')


Host = Annotated[str, AfterValidator(_host)]
"""A host name without wildcard, or an IP address."""
