"""The servers' logs as they are written: requests in columns, or as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

BAD_GATEWAY = (502, 503, 504)
"""What the proxy answers where the app does not."""

_COLOURS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}
_METHOD_COLUMN = 7


@dataclass
class Tail:
    """Whole lines of a file that grows."""

    file: Path
    _offset: int = 0
    _rest: bytes = field(default=b"", repr=False)

    def lines(self) -> Iterator[str]:
        """Those that are new."""
        with self.file.open("rb") as stream:
            stream.seek(self._offset)
            data = stream.read()
        self._offset += len(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")


@dataclass(frozen=True)
class Entry:
    """A line of the access log."""

    line: str
    status: int | None
    fields: dict[str, object] | None
    """None where it is no JSON."""


def entry(line: str) -> Entry:
    """Reads a line, whatever its format."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if isinstance(found, dict):
        status = found.get("status")
        return Entry(line, status if isinstance(status, int) else None, found)
    combined = re.search(r'" (\d{3}) (?:\d+|-)', line)
    return Entry(line, int(combined[1]) if combined else None, None)


def readable(each: Entry) -> str:
    """One line for a terminal. What clients chose in it cannot steer the terminal."""
    if each.fields is None:
        return _coloured(each.status, printable(each.line))
    fields = {key: printable(str(value)) for key, value in each.fields.items()}
    clock = fields.get("time", "")[11:19]
    method = fields.get("method", "?").ljust(_METHOD_COLUMN)
    notes = [_duration(each.fields.get("seconds")), _size(each.fields.get("bytes_out"))]
    notes += [fields.get("protocol", "").replace("HTTP/2.0", "HTTP/2"), fields.get("tls", "").replace("-", "")]
    head = click.style(clock, dim=True)
    status = _coloured(each.status, str(each.status or "?"))
    tail = click.style(" · ".join(note for note in notes if note), dim=True)
    return f"{head}  {status}  {method} {fields.get('uri', '')}  {tail}"


def printable(text: str) -> str:
    """The text with escapes in place of what a terminal would obey."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def _coloured(status: int | None, text: str) -> str:
    return click.style(text, fg=_COLOURS.get((status or 0) // 100))


def _duration(seconds: object) -> str:
    if not isinstance(seconds, int | float):
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _size(count: object) -> str:
    if not isinstance(count, int):
        return ""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
