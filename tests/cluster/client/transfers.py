"""Downloads and uploads that take several seconds, with every byte verified."""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import time
from collections.abc import Callable

from asking import Asked, Connection, name_of
from tally import Tally

SIZE = 256 * 1024
STEPS = 16
SECONDS = 4.0
"""How long a transfer takes: less than drain_seconds, and longer than any step of an update."""


def content(seed: int, size: int) -> bytes:
    """Bytes that both sides can make."""
    return random.Random(seed).randbytes(size)


def _after(began: float) -> str:
    """One that took longer than drain_seconds is no fault of the drain's."""
    return f"after {time.monotonic() - began:.1f} s"


def downloads(asked: Asked, tally: Tally, stopped: Callable[[], bool]) -> None:
    """The app sends slowly."""
    seed = random.SystemRandom().randrange(10**9)
    while not stopped():
        seed += 1
        began, connection = time.monotonic(), Connection(asked)
        try:
            seconds = asked.get("transfer_seconds", SECONDS)
            connection.request("GET", f"/download?seed={seed}&size={SIZE}&steps={STEPS}&seconds={seconds}")
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                tally.bad(str(response.status), _after(began))
                time.sleep(0.1)
            elif body != content(seed, SIZE):
                tally.bad("wrong content", f"{len(body)} of {SIZE} bytes")
            else:
                tally.good()
        except (OSError, http.client.HTTPException) as error:
            tally.bad(name_of(error), f"{_after(began)}: {error}")
            time.sleep(0.1)
        finally:
            connection.close()


def uploads(asked: Asked, tally: Tally, stopped: Callable[[], bool]) -> None:
    """The client sends slowly; the app says what arrived."""
    seed, step = random.SystemRandom().randrange(10**9), SIZE // STEPS
    while not stopped():
        seed += 1
        body = content(seed, SIZE)
        began, connection = time.monotonic(), Connection(asked)
        try:
            connection.putrequest("POST", "/upload")
            connection.putheader("Content-Length", str(SIZE))
            connection.putheader("Content-Type", "application/octet-stream")
            connection.endheaders()
            for number in range(STEPS):
                due = began + (number + 1) * asked.get("transfer_seconds", SECONDS) / STEPS
                time.sleep(max(due - time.monotonic(), 0))
                connection.send(body[number * step : (number + 1) * step])
            response = connection.getresponse()
            said = response.read()
            if response.status != 200:
                tally.bad(str(response.status), _after(began))
            elif json.loads(said)["sha256"] != hashlib.sha256(body).hexdigest():
                tally.bad("wrong content", f"{said[:100]!r}")
            else:
                tally.good()
        except (OSError, http.client.HTTPException, ValueError) as error:
            tally.bad(name_of(error), f"{_after(began)}: {error}")
            time.sleep(0.1)
        finally:
            connection.close()
