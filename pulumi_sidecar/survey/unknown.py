"""What only the engine can tell, where it stands in an object: in words for people, never as the SDK's marker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_sidecar import offline
from pulumi_sidecar.manifests import REDACTED

NOT_KNOWN = "(not known)"

Number = int | str
"""A number, or words where it is none: NOT_KNOWN, or that it is redacted."""


class NotKnown(str):
    """An unknown value. It reads as NOT_KNOWN; as a mapping it holds unknowns only, as a list one of them.

    Any part of an object may be one: what reads objects need not ask at every step, and leaves none out.
    """

    __slots__ = ()

    def __new__(cls) -> NotKnown:
        return super().__new__(cls, NOT_KNOWN)

    def get(self, _key: str, _default: Any = None) -> NotKnown:
        """As a mapping's."""
        return self

    def items(self) -> tuple[tuple[str, NotKnown]]:
        """As a mapping's."""
        return (("", self),)

    def values(self) -> tuple[NotKnown]:
        """As a mapping's."""
        return (self,)

    def __getitem__(self, _key: Any) -> NotKnown:
        return self

    def __iter__(self) -> Iterator[str]:
        return iter((self,))

    def __contains__(self, _item: object) -> bool:
        return False


def told(value: Any) -> Any:
    """The value with a NotKnown wherever the SDK's marker stands."""
    if isinstance(value, Mapping):
        return {key: told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [told(item) for item in value]
    return NotKnown() if value == offline.UNKNOWN else value


def is_known(value: object) -> bool:
    """Whether the value itself stands there: it is neither unknown nor redacted. Of others nothing may be claimed."""
    return value not in (NOT_KNOWN, REDACTED)


def number(value: Any) -> Number:
    """The number, or what stands in its place."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return str(value)
