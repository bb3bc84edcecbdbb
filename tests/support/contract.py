"""What the apps under test answer, whatever protocol they speak. Stdlib only: uWSGI's Python imports it too."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_BLOCK = random.Random(7).randbytes(65536 - 8)


def pattern(size: int) -> Iterator[bytes]:
    """`size` bytes that differ in every block, so that a lost or doubled block shows."""
    for number in range(size // 65536 + 1):
        piece = (number.to_bytes(8, "big") + _BLOCK)[: size - number * 65536]
        if piece:
            yield piece


@dataclass
class Answer:
    """An answer. Without `length` the body is chunked, or ends with the connection."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Iterable[bytes] = ()
    length: int | None = None


def _text(status: int, text: bytes, *headers: tuple[str, str]) -> Answer:
    return Answer(status, [("Content-Type", "text/plain"), *headers], [text], len(text))


def wait_for(file: Path, seconds: float = 30) -> bool:
    """Whether the file came to exist in that time."""
    end = time.monotonic() + seconds
    while not file.exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


_GATE_SECONDS = 50
"""For clients on a busy machine; less than the proxies' usual read_seconds."""


def _events(gate: Path) -> Iterator[bytes]:
    yield b"data: first\n\n"
    yield b"data: second\n\n" if wait_for(gate, _GATE_SECONDS) else b"data: nobody got the first one\n\n"


def _half(gate: Path) -> Iterator[bytes]:
    yield b"first half, "
    yield b"second half" if wait_for(gate, _GATE_SECONDS) else b"unseen half"


def answer(path: str, folder: Path, echo: dict[str, Any]) -> Answer:
    """The answer to a request for that (decoded) path; anything unknown is echoed as JSON.

    Gates are files in `folder`: the app creates NAME.arrived when a request waits, and goes on once NAME exists.
    """
    match path.strip("/").split("/"):
        case ["status", code] if code.isdecimal():
            return Answer(int(code)) if code in {"204", "304"} else _text(int(code), f"status {code}".encode())
        case ["bytes", size] if size.isdecimal():
            return Answer(200, [("Content-Type", "application/octet-stream")], pattern(int(size)), int(size))
        case ["chunked", size] if size.isdecimal():
            return Answer(200, [("Content-Type", "application/octet-stream")], pattern(int(size)))
        case ["gate", name]:
            (folder / f"{name}.arrived").touch()
            wait_for(folder / name)
            return _text(200, b"through the gate")
        case ["halves", name]:
            (folder / f"{name}.arrived").touch()
            return Answer(200, [("Content-Type", "text/plain")], _half(folder / name))
        case ["halves", name, "sized"]:
            (folder / f"{name}.arrived").touch()
            return Answer(200, [("Content-Type", "text/plain")], _half(folder / name), 23)
        case ["sse", name]:
            return Answer(
                200, [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")], _events(folder / name)
            )
        case ["large-header", size] if size.isdecimal():
            return _text(200, b"large", ("X-Large", "h" * int(size)))
        case ["own-hsts"]:
            return _text(200, b"hsts", ("Strict-Transport-Security", "max-age=1"))
        case ["cookies"]:
            return _text(200, b"cookies", ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/"))
        case ["redirect"]:
            return _text(302, b"", ("Location", "/elsewhere?a=b"))
        case _:
            body = json.dumps(echo).encode()
            return Answer(200, [("Content-Type", "application/json")], [body], len(body))
