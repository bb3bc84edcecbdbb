"""What was counted, for people: a table at the end of a run, and the same in a file where one is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Counts:
    """What a counting client saw."""

    case: str
    requests: int
    again: int
    """Sent once more, because the server had closed the connection before it answered anything."""
    failed: dict[str, int]
    """How often each failure was seen: the kind of request, and a status or the kind of an error."""
    seconds: float
    kinds: dict[str, int] = field(default_factory=dict)
    """Requests of each kind."""
    details: list[str] = field(default_factory=list)
    """The first failures, with time and words."""
    first_failure: float = 0
    last_failure: float = 0
    """When the first and the last failed, in seconds since 1970; 0 for never."""

    @property
    def losses(self) -> int:
        """How many failed."""
        return sum(self.failed.values())

    @property
    def short_requests(self) -> int:
        """Requests that are over at once."""
        return self.kinds.get("kept", 0) + self.kinds.get("new", 0)

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / max(self.seconds, 0.001)

    @property
    def outage(self) -> float:
        """Seconds from the first failure to the last."""
        return self.last_failure - self.first_failure

    def none_failed(self, at_least: int = 500) -> Counts:
        """Fails the test unless enough was counted, of every kind, and nothing failed."""
        assert self.requests >= at_least, self
        assert self.failed == {}, self
        assert all(self.kinds.values()), self
        return self


@dataclass(frozen=True)
class Recovery:
    """How long something took to be well again."""

    case: str
    failing_seconds: float
    """From the first failed request to the last."""
    ready_seconds: float
    """Until the pod was Ready again."""


@dataclass(frozen=True)
class Remark:
    """What has to be said of a case."""

    case: str
    words: str


Found = Counts | Recovery | Remark
TABLE: list[Found] = []
"""What the running test found; the test's report takes it along, also to another process."""

COUNTED = ("case", "requests", "failed", "again", "per second", "kinds of failure")
RECOVERED = ("case", "seconds with failures", "seconds until Ready")


def rows(found: Iterable[Counts]) -> list[tuple[str, ...]]:
    """The table of what was counted."""
    return [
        (
            each.case,
            str(each.requests),
            str(each.losses),
            str(each.again),
            f"{each.per_second:.0f}",
            ", ".join(f"{word}: {times}" for word, times in sorted(each.failed.items())),
        )
        for each in sorted(found, key=lambda each: each.case)
    ]


def recoveries(found: Iterable[Recovery]) -> list[tuple[str, ...]]:
    """The table of recovery times."""
    return [
        (each.case, f"{each.failing_seconds:.1f}", f"{each.ready_seconds:.1f}")
        for each in sorted(found, key=lambda each: each.case)
    ]


def text(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table for a terminal, which is Markdown as well."""
    columns = range(len(head))
    widths = [max(len(line[column]) for line in [head, *body]) for column in columns]
    numeric = [column > 0 and all(line[column].replace(".", "").isdigit() for line in body) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = [cells[it].rjust(widths[it]) if numeric[it] else cells[it].ljust(widths[it]) for it in columns]
        return f"| {' | '.join(padded)} |"

    rule = line(["-" * (widths[it] - 1) + (":" if numeric[it] else "-") for it in columns])
    return "\n".join([line(head), rule, *(line(each) for each in body)])


def tables(found: Sequence[Found]) -> str:
    """Everything, as Markdown."""
    counted = rows(each for each in found if isinstance(each, Counts))
    recovered = recoveries(each for each in found if isinstance(each, Recovery))
    parts = [text(COUNTED, counted)] if counted else []
    parts += [text(RECOVERED, recovered)] if recovered else []
    parts += [f"{each.case}: {each.words}" for each in found if isinstance(each, Remark)]
    return "\n\n".join(parts) + "\n"


def packed(found: Found) -> tuple[str, dict[str, Any]]:
    """As a property of a test's report."""
    return type(found).__name__, dict(vars(found))


def unpacked(name: str, values: Any) -> Found | None:
    """The reverse; None for a property of another kind."""
    kinds: dict[str, type[Found]] = {kind.__name__: kind for kind in (Counts, Recovery, Remark)}
    return kinds[name](**values) if name in kinds else None
