"""Constrained values: names, paths, ports, sizes, amounts.

A value is typed by where it lands: what goes into nginx.conf or httpd.conf may not hold anything that ends a
directive, opens a block or expands a variable there. Every pattern is used with fullmatch: `match` with `$` lets a
newline through.
"""

from pulumi_sidecar.fields.addresses import DnsName, Host, IpAddress, Network, is_ip
from pulumi_sidecar.fields.base import between, no_bool, refuse
from pulumi_sidecar.fields.names import (
    ApiVersion,
    Capability,
    DataKey,
    DnsLabel,
    EnvName,
    Image,
    Kind,
    LabelKey,
    LabelValue,
    MetricName,
    ObjectName,
    PortName,
    ServiceName,
)
from pulumi_sidecar.fields.numbers import (
    ByteSize,
    Count,
    Cpu,
    HighPort,
    LongSeconds,
    Memory,
    Percent,
    PercentText,
    Period,
    PodCount,
    Port,
    Quantity,
    Seconds,
    StabilizationSeconds,
    UserId,
    Weight,
)
from pulumi_sidecar.fields.paths import FilePath, FolderUrl, MountPath, SocketPath, SubPath, UrlPath

__all__ = [
    "ApiVersion",
    "ByteSize",
    "Capability",
    "Count",
    "Cpu",
    "DataKey",
    "DnsLabel",
    "DnsName",
    "EnvName",
    "FilePath",
    "FolderUrl",
    "HighPort",
    "Host",
    "Image",
    "IpAddress",
    "Kind",
    "LabelKey",
    "LabelValue",
    "LongSeconds",
    "Memory",
    "MetricName",
    "MountPath",
    "Network",
    "ObjectName",
    "Percent",
    "PercentText",
    "Period",
    "PodCount",
    "Port",
    "PortName",
    "Quantity",
    "Seconds",
    "ServiceName",
    "SocketPath",
    "StabilizationSeconds",
    "SubPath",
    "UrlPath",
    "UserId",
    "Weight",
    "between",
    "is_ip",
    "no_bool",
    "refuse",
]
