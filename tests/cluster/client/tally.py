"""What was counted, by kind of request; safe to write to from many threads."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

KEPT_DETAILS = 30
"""How many failures are kept with time and words: enough to find a cause."""


@dataclass
class Tally:
    """Of one kind of request."""

    requests: int = 0
    again: int = 0
    """Sent once more on a new connection, because the server had closed the old one before it answered anything."""
    failed: dict[str, int] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)
    first_failure: float = 0
    last_failure: float = 0
    """When the first and the last failed, in seconds since 1970; 0 for never."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def good(self) -> None:
        """A request was answered as it should."""
        with self._lock:
            self.requests += 1

    def once_more(self) -> None:
        """A connection had been closed by the server, as it may."""
        with self._lock:
            self.again += 1

    def bad(self, word: str, detail: str = "") -> None:
        """A request failed."""
        now = time.time()
        with self._lock:
            self.requests += 1
            self.failed[word] = self.failed.get(word, 0) + 1
            self.first_failure = self.first_failure or now
            self.last_failure = now
            if len(self.details) < KEPT_DETAILS:
                self.details.append(f"{time.strftime('%T', time.gmtime(now))}.{now % 1:.3f} {word} {detail}"[:300])


def merged(parts: dict[str, Tally]) -> dict[str, Any]:
    """All kinds in one, each failure under its kind's name."""
    total = Tally()
    for kind, part in parts.items():
        total.requests += part.requests
        total.again += part.again
        total.failed |= {f"{kind} {word}": times for word, times in part.failed.items()}
        total.details += [f"{kind} {detail}" for detail in part.details]
    times = [part for part in parts.values() if part.failed]
    total.first_failure = min((part.first_failure for part in times), default=0)
    total.last_failure = max((part.last_failure for part in times), default=0)
    return {**asdict(total), "kinds": {kind: part.requests for kind, part in parts.items()}}
