"""Short requests: over a connection that is kept, and over a new one each time."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator

from asking import Asked, Connection, name_of
from tally import Tally

PER_SECOND = 60
"""At most so many requests a second by each thread: two processors are there for the cluster as well."""


def paced(asked: Asked, stopped: Callable[[], bool]) -> Iterator[None]:
    """Turns at the asked pace, until the end. What was missed is not made up for."""
    pause = 1 / asked.get("per_second", PER_SECOND)
    turn = time.monotonic()
    while not stopped():
        yield
        turn = max(turn + pause, time.monotonic())
        time.sleep(max(turn - time.monotonic(), 0))


def judge(asked: Asked, tally: Tally, response: http.client.HTTPResponse, body: bytes) -> None:
    """Status and content must be right."""
    expected = asked.get("expect", "").encode()
    if response.status != 200:
        tally.bad(str(response.status), f"{body[:80]!r}")
    elif expected not in body:
        tally.bad("wrong content", f"{body[:80]!r}")
    else:
        tally.good()


def anew(asked: Asked, tally: Tally, stopped: Callable[[], bool]) -> None:
    """A connection for each request."""
    for _ in paced({**asked, "per_second": asked.get("per_second", PER_SECOND) / 2}, stopped):
        connection = Connection(asked)
        try:
            judge(asked, tally, *connection.ask(asked))
        except (OSError, http.client.HTTPException) as error:
            tally.bad(name_of(error), str(error))
        finally:
            connection.close()


CLOSED = (http.client.RemoteDisconnected, ConnectionError, http.client.ssl.SSLEOFError)  # type: ignore[attr-defined]
"""How it is seen that a server had closed an idle connection."""


def kept(asked: Asked, tally: Tally, stopped: Callable[[], bool]) -> None:
    """One connection for as long as the server keeps it.

    A request on it that was not answered with a single byte, because the server had closed it, is sent once more on a
    new one, as every HTTP client does (RFC 9110, section 9.3.1). That must then succeed.
    """
    connection, used = Connection(asked), False
    for _ in paced(asked, stopped):
        try:
            connection.request("GET", connection.url.path or "/")
            response = connection.getresponse()
        except CLOSED as error:
            connection.close()
            if not used:
                tally.bad(name_of(error), str(error))
                continue
            tally.once_more()
            used = False
            try:
                connection.request("GET", connection.url.path or "/")
                response = connection.getresponse()
            except (OSError, http.client.HTTPException) as second:
                connection.close()
                tally.bad(name_of(second), f"again: {second}")
                continue
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            used = False
            tally.bad(name_of(error), str(error))
            continue
        try:
            judge(asked, tally, response, response.read())
            used = connection.sock is not None
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            used = False
            tally.bad(f"cut: {name_of(error)}", str(error))
    connection.close()
