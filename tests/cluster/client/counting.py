"""Counts requests of several kinds until it is told to stop. Each kind has a process, each connection a thread."""

# ruff: noqa: T201 (what it prints is its result)

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import transfers
import websocket
from asking import Asked, say
from short import anew, kept
from tally import Tally, merged

STEADY_SECONDS = 4
"""A node may take 3 s to follow a Service's endpoints: as long must every answer be good before counting starts."""
LEAST_SECONDS = 3
"""Who stops it at once gets something counted all the same."""
LONGEST_SECONDS = 900
"""A client that nobody stops ends by itself."""

Stopped = Callable[[], bool]
WORK: dict[str, Callable[[Asked, Tally, Stopped], None]] = {
    "kept": kept,
    "new": anew,
    "download": transfers.downloads,
    "upload": transfers.uploads,
    "websocket": websocket.echoes,
}
USUAL = {"kept": 4, "new": 2}
"""Kinds, and how many connections of each."""


def count(asked: Asked) -> Asked:
    """Wait until the Service answers steadily, say so, then count until the file `stop` is there.

    The Service's address is looked up once: it never changes, and what is tested is no name server.
    """
    end, stop = time.monotonic() + LONGEST_SECONDS, Path(asked["stop"])

    def stopped() -> bool:
        return stop.exists() or time.monotonic() > end

    if not asked.get("address"):
        asked = {**asked, "address": _address(asked["url"])}
    if not _steady(asked, stopped):
        return {"error": "never steady"}
    print("steady", flush=True)
    began = time.monotonic()

    def enough() -> bool:
        return stopped() and time.monotonic() >= began + LEAST_SECONDS

    running = {kind: _start(kind, number, asked, enough) for kind, number in asked.get("kinds", USUAL).items()}
    parts = {kind: _result(*started) for kind, started in running.items()}
    return {**merged(parts), "seconds": time.monotonic() - began}


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    for _ in range(30):
        try:
            found = socket.getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
        except OSError:
            time.sleep(1)
            continue
        return str(found[0][4][0]), parts.port or {"https": 443, "http": 80}[parts.scheme]
    raise SystemExit(f"nobody knows {parts.hostname}")


def _steady(asked: Asked, stopped: Stopped) -> bool:
    good_since, end = time.monotonic(), time.monotonic() + 120
    while (now := time.monotonic()) < good_since + STEADY_SECONDS and not stopped():
        if now > end:
            return False
        if say({**asked, "timeout": 5}) != "200":
            good_since = time.monotonic()
        time.sleep(0.05)
    return True


def _start(kind: str, number: int, asked: Asked, stopped: Stopped) -> tuple[int, int]:
    """A process for one kind: a lock of the interpreter's for each, and every processor is used."""
    reading, writing = os.pipe()
    if process := os.fork():
        os.close(writing)
        return process, reading
    code = 1
    try:
        os.close(reading)
        tally = Tally()
        with ThreadPoolExecutor(number) as threads:
            for each in [threads.submit(WORK[kind], asked, tally, stopped) for _ in range(number)]:
                each.result()  # an error in here is one of the counting itself
        with os.fdopen(writing, "w") as result:
            json.dump(asdict(tally), result)
        code = 0
    except BaseException as error:
        print(f"{kind}: {error!r}", file=sys.stderr, flush=True)
    os._exit(code)


def _result(process: int, reading: int) -> Tally:
    with os.fdopen(reading) as result:
        text = result.read()
    os.waitpid(process, 0)
    if not text:
        raise SystemExit("a counting process ended without a result")
    return Tally(**json.loads(text))
