"""What a transform gets: values with marks of secrets, Outputs and unknowns among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.output import UNKNOWN
from pulumi.runtime import rpc

# Outputs are what the engine gives for secrets and unknowns; marks of secrets are what the SDK's own mocks give.


def holds_outputs(value: Any) -> bool:
    """Whether there is an Output inside."""
    value = _unmarked(value)
    if isinstance(value, Mapping):
        return any(holds_outputs(item) for item in value.values())
    if isinstance(value, list):
        return any(holds_outputs(item) for item in value)
    return isinstance(value, pulumi.Output)


async def seen(value: Any) -> Any:
    """The value to look at: Outputs as what they hold, or UNKNOWN, and no marks of secrets."""
    value = _unmarked(value)
    if isinstance(value, pulumi.Output):
        # What the engine hands over as unknown holds None.
        return await seen(await value.future(with_unknowns=True)) if await value.is_known() else UNKNOWN
    if isinstance(value, Mapping):
        return {key: await seen(item) for key, item in value.items()}
    if isinstance(value, list):
        return [await seen(item) for item in value]
    return value


def plain(value: Any) -> Any:
    """Without marks of secrets. Outputs stay."""
    value = _unmarked(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def with_secrets(value: Any) -> Any:
    """With secret Outputs for marks of secrets."""
    if rpc.is_rpc_secret(value):
        return pulumi.Output.secret(with_secrets(rpc.unwrap_rpc_secret(value)))
    if isinstance(value, Mapping):
        return {key: with_secrets(item) for key, item in value.items()}
    return [with_secrets(item) for item in value] if isinstance(value, list) else value


def marked_as(made: Any, before: Any) -> Any:
    """What was made of `before` without its marks, secret where that was. Lists only grow at their end."""
    if rpc.is_rpc_secret(before):
        return pulumi.Output.secret(marked_as(made, rpc.unwrap_rpc_secret(before)))
    if isinstance(made, Mapping) and isinstance(before, Mapping):
        return {key: marked_as(item, before.get(key)) for key, item in made.items()}
    if isinstance(made, list) and isinstance(before, list):
        known = [marked_as(*pair) for pair in zip(made, before, strict=False)]
        return known + made[len(known) :]
    return made


def _unmarked(value: Any) -> Any:
    return rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
