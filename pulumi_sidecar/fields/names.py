"""Names in Kubernetes: of objects, labels, ports, variables, images, metrics."""

from __future__ import annotations

from typing import Annotated

from pulumi_sidecar.fields.base import pattern

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"

_NAME_PART = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"

DnsLabel = Annotated[
    str,
    pattern(
        _LABEL,
        "is no DNS label",
        "Use lower-case letters, digits and inner hyphens, at most 63 (RFC 1123).",
        63,
    ),
]
"""A DNS label (RFC 1123): the name of a namespace, container or volume."""

ServiceName = Annotated[
    str,
    pattern(
        r"[a-z](?:[-a-z0-9]*[a-z0-9])?",
        "is no name for a Service",
        "Begin with a lower-case letter, go on with lower-case letters, digits and hyphens, at most 63 (RFC 1035).",
        63,
    ),
]
"""A DNS label that begins with a letter (RFC 1035): the name of a Service."""

ObjectName = Annotated[
    str,
    pattern(
        rf"{_LABEL}(?:\.{_LABEL})*",
        "is no name of a Kubernetes object",
        "Use lower-case letters, digits, hyphens and dots, at most 253 (RFC 1123).",
        253,
    ),
]
"""A DNS subdomain (RFC 1123): the name of a Secret, ConfigMap, ServiceAccount …"""

LabelValue = Annotated[
    str,
    pattern(
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
    pattern(
        _PREFIXED_NAME,
        "is no label or annotation key",
        "Use a name of at most 63 letters, digits, '-', '_' and '.', after a DNS prefix and \"/\" if you like.",
    ),
]
"""The key of a Kubernetes label or annotation: an optional DNS prefix, a slash, a name."""

PortName = Annotated[
    str,
    pattern(
        r"(?=[-0-9]*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?",
        "is no name for a port",
        "Use lower-case letters, digits and single inner hyphens, at least one letter, at most 15 (RFC 6335).",
        15,
    ),
]
"""The name of a container's port."""

EnvName = Annotated[
    str,
    pattern(
        r"[-._A-Za-z][-._A-Za-z0-9]*",
        "is no name of an environment variable",
        "Use letters, digits, '_', '-' and '.', not a digit first.",
    ),
]
"""The name of an environment variable, as Kubernetes takes it."""

DataKey = Annotated[
    str,
    pattern(
        r"(?!\.$|\.\.)[-._A-Za-z0-9]+",
        "is no key of a Secret or ConfigMap",
        "Use letters, digits, '-', '_' and '.', at most 253.",
        253,
    ),
]
"""A key in a Secret or ConfigMap."""

Image = Annotated[
    str,
    pattern(
        r"(?:[A-Za-z0-9](?:[-.A-Za-z0-9]*[A-Za-z0-9])?(?::[0-9]+)?/)?"
        r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
        r"(?::[A-Za-z0-9_][-.A-Za-z0-9_]{0,127})?(?:@[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,})?",
        "is no image reference",
        'Write it as in a pod: "registry.example.com/team/web:1.4", lower case, without spaces.',
    ),
]
"""A container image reference: [registry/]name[:tag][@digest]."""

Capability = Annotated[
    str,
    pattern(r"(?!CAP_)[A-Z][A-Z_]*", "is no capability", 'Write it without CAP_, as "NET_BIND_SERVICE".', 64),
]
"""The name of a Linux capability, as Kubernetes writes it."""

MetricName = Annotated[
    str,
    pattern(
        r"(?!\.{1,2}$)[!-$&-.0-~]+",
        "is no name of a metric",
        "Use printable characters without space, '/' and '%', at most 253.",
        253,
    ),
]
"""The name of a metric, as the autoscaler asks for it (a segment of a path)."""

ApiVersion = Annotated[
    str,
    pattern(
        rf"(?:{_LABEL}(?:\.{_LABEL})*/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?",
        "is no API version",
        'Write it as "v1" or "networking.k8s.io/v1".',
        253,
    ),
]
"""An API's group and version, as objects have it."""

Kind = Annotated[
    str,
    pattern(r"[A-Z][A-Za-z0-9]*", "is no kind of an object", 'Write it as "Ingress".', 63),
]
"""The kind of a Kubernetes object."""
