"""What is wrong with the arguments: every problem at once, each with path, value, reason and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pulumi

_LONGEST_VALUE = 80


class _NotShown:
    """Stands for a value that is absent or must not be printed."""

    def __repr__(self) -> str:
        return "<not shown>"


NOT_SHOWN = _NotShown()


@dataclass(frozen=True)
class Problem:
    """One wrong argument.

    `path` is the property path as the user wrote it (`app.env["PORT"]`), `reason` says what is wrong, `remedy` what to
    do. `value` is what was given; leave it out where it may be a secret.
    """

    path: str
    reason: str
    remedy: str = ""
    value: object = NOT_SHOWN

    @property
    def shown_value(self) -> str | None:
        """The value as text, or None where it is absent, no scalar, or could be a key."""
        if not isinstance(self.value, str | int | float | bool):
            return None
        text = repr(self.value)
        if "-----BEGIN" in text:
            return None
        return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"

    def __str__(self) -> str:
        value = self.shown_value
        found = f" (got {value})" if value is not None else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.path}: {self.reason}{found}.{remedy}"


class ArgumentsError(pulumi.InputPropertiesError):
    """Arguments that cannot be deployed. Raised before any resource is registered, and for an Output when it resolves.

    Its text holds every path, value, reason and remedy; `problems` holds them apart, `errors` as Pulumi's own
    property errors. (The text of pulumi.InputPropertiesError alone is only a headline.)
    """

    def __init__(self, subject: str, problems: Iterable[Problem]) -> None:
        self.subject = subject
        self.problems: tuple[Problem, ...] = tuple(problems)
        count = len(self.problems)
        headline = f"{subject}: {count} argument{'s' if count != 1 else ''} cannot be used"
        message = "\n".join([headline, *(f"  - {problem}" for problem in self.problems)])
        super().__init__(
            message,
            [
                pulumi.errors.InputPropertyErrorDetails(
                    property_path=problem.path, reason=str(problem).removeprefix(f"{problem.path}: ")
                )
                for problem in self.problems
            ],
        )

    def __str__(self) -> str:
        return self.message


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A remedy for a name that is not known: the nearest one that is, or all of them."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known here: {', '.join(sorted(known))}."
