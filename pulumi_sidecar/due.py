"""Warnings about certificates that end soon, in previews and updates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pulumi


def days(count: int) -> timedelta:
    """That many days."""
    return timedelta(days=count)


def message(what: str, not_after: str, before: timedelta, now: datetime) -> str | None:
    """What to say of a certificate that ends at `not_after` (RFC 3339); None while that is further off."""
    try:
        end = datetime.fromisoformat(not_after)
    except ValueError:  # a mock's
        return None
    end = end if end.tzinfo else end.replace(tzinfo=UTC)
    if end - now > before:
        return None
    if end <= now:
        return f"{what} ended on {end:%Y-%m-%d}: clients refuse it"
    return f"{what} ends in {(end - now).days} days, on {end:%Y-%m-%d}"


def warn(opts: pulumi.ResourceOptions, what: str, not_after: pulumi.Output[str], before: timedelta) -> None:
    """Log a warning where a certificate is within `before` of its end.

    Says nothing while the end is unknown. So it does in the preview that replaces a certificate of pulumi-tls: there
    the replacement is what tells.
    """

    def look(end: object) -> None:
        text = message(what, end, before, datetime.now(UTC)) if isinstance(end, str) else None
        if text:
            pulumi.log.warn(text, opts.parent)

    not_after.apply(look)
