"""Numbers: ports, times, counts, and amounts as Kubernetes writes them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from pulumi_sidecar.fields.base import between, no_bool, pattern, refuse

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

PercentText = Annotated[
    str, pattern(r"(?:100|[1-9]?[0-9])%", "is no share in percent", 'Write it as "50%", from "0%" to "100%".')
]
"""A share of pods in percent: "50%"."""
