"""What runs in the client pod: it trusts one CA and nothing else, verifies strictly, and prints what it saw as JSON.

Standard library only: the pod's image has no more. `python3 -c THIS '{"do": "fetch", ...}'`.
"""

# ruff: noqa: T201 (what it prints is its result)

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Asked = dict[str, Any]

STEADY_SECONDS = 4
"""A node may take 3 s to follow a Service's endpoints: as long must every answer be good before counting starts."""


class Connection(http.client.HTTPConnection):
    """To `address` if it is given, else to where the URL's host leads; the host's name is verified in both cases."""

    def __init__(self, asked: Asked) -> None:
        self.url = url = urlsplit(asked["url"])
        assert url.hostname, asked["url"]
        self.address, self.ca = asked.get("address"), asked["ca"]
        usual = {"https": 443, "http": 80}[url.scheme]
        super().__init__(url.hostname, url.port or usual, timeout=asked.get("timeout", 15))
        self.certificate: Any = {}

    def connect(self) -> None:
        host, port = self.address or (self.host, self.port)
        self.sock = socket.create_connection((host, port), self.timeout)
        if self.url.scheme == "https":
            context = ssl.create_default_context(cadata=self.ca)
            context.verify_flags |= ssl.VERIFY_X509_STRICT
            self.sock = secure = context.wrap_socket(self.sock, server_hostname=self.host)
            self.certificate = secure.getpeercert()

    def ask(self, asked: Asked) -> tuple[http.client.HTTPResponse, bytes]:
        path = asked.get("path") or (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")
        first, more, last = asked.get("body") or ("", 0, "")
        body = first.encode() + b"x" * more + last.encode() or None
        self.request(asked.get("method", "GET"), path, body, asked.get("headers", {}))
        response = self.getresponse()
        return response, response.read()


def fetch(asked: Asked) -> Asked:
    """One request. The answer, or the error."""
    connection = Connection(asked)
    try:
        response, body = connection.ask(asked)
    except (OSError, http.client.HTTPException) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    finally:
        connection.close()
    encoded = base64.b64encode(body).decode()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return {"status": response.status, "headers": headers, "body": encoded, "certificate": connection.certificate}


def _say(asked: Asked) -> str:
    """A request over a new connection in a word: its status, or the kind of error."""
    answer = fetch(asked)
    return str(answer.get("status") or answer["error"].partition(":")[0])


def watch(asked: Asked) -> None:
    """Print each change of what a request gets, until the file `stop` is there; for five minutes at most."""
    stop, last, end = Path(asked["stop"]), "", time.monotonic() + 300
    while not stop.exists() and time.monotonic() < end:
        said = _say(asked)
        if said != last:
            print(said, flush=True)
        last = said
        time.sleep(0.02)


def count(asked: Asked) -> Asked:
    """Wait until the Service answers steadily, say so, then count requests until the file `stop` is there.

    Half of the threads keep their connection, half make a new one for each request. A request on a kept connection
    that the server closed before it answered anything is sent once more, as every HTTP client does (RFC 9110, 9.3.1);
    those are counted apart.
    """
    stop, lock = Path(asked["stop"]), threading.Lock()
    total = {"requests": 0, "again": 0}
    failed: dict[str, int] = {}
    good_since, end = time.monotonic(), time.monotonic() + 300
    while (now := time.monotonic()) < good_since + STEADY_SECONDS and not stop.exists():
        if now > end:
            return {"error": "never steady"}
        if _say(asked) != "200":
            good_since = time.monotonic()
        time.sleep(0.05)
    print("steady", flush=True)

    def note(word: str) -> None:
        with lock:
            total["requests"] += 1
            if word != "200":
                failed[word] = failed.get(word, 0) + 1

    def anew() -> None:
        while not stop.exists():
            note(_say(asked))
            time.sleep(0.01)

    def kept() -> None:
        connection, used = Connection(asked), False
        while not stop.exists():
            try:
                response, _ = connection.ask(asked)
                note(str(response.status))
                used = connection.sock is not None
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                connection.close()
                if used:
                    with lock:
                        total["again"] += 1
                else:
                    note(type(error).__name__)
                used = False
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                note(type(error).__name__)
                used = False
            time.sleep(0.01)

    threads = [threading.Thread(target=work) for work in (anew, kept) * asked.get("pairs", 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {**total, "failed": failed}


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    done = {"fetch": fetch, "watch": watch, "count": count}[wanted["do"]](wanted)
    if done is not None:
        print(json.dumps(done), flush=True)
