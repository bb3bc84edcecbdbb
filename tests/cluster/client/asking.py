"""A connection and single requests over it."""

# ruff: noqa: T201 (what it prints is its result)

from __future__ import annotations

import base64
import functools
import http.client
import socket
import ssl
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Asked = dict[str, Any]


@functools.cache
def trusting(ca: str) -> ssl.SSLContext:
    """Made once: reading a CA takes as long as a handshake."""
    context = ssl.create_default_context(cadata=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


class Connection(http.client.HTTPConnection):
    """To `address` if it is given, else to where the URL's host leads; the host's name is verified in both cases."""

    def __init__(self, asked: Asked) -> None:
        self.url = url = urlsplit(asked["url"])
        assert url.hostname, asked["url"]
        self.address, self.ca = asked.get("address"), asked["ca"]
        usual = {"https": 443, "http": 80}[url.scheme]
        super().__init__(url.hostname, url.port or usual, timeout=asked.get("timeout", 15))
        self.certificate: Any = {}
        self.connected = False

    def connect(self) -> None:
        host, port = self.address or (self.host, self.port)
        self.sock = socket.create_connection((host, port), self.timeout)
        self.connected = True
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.url.scheme == "https":
            self.sock = secure = trusting(self.ca).wrap_socket(self.sock, server_hostname=self.host)
            self.certificate = secure.getpeercert()

    def ask(self, asked: Asked) -> tuple[http.client.HTTPResponse, bytes]:
        path = asked.get("path") or (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")
        first, more, last = asked.get("body") or ("", 0, "")
        body = first.encode() + b"x" * more + last.encode() or None
        self.request(asked.get("method", "GET"), path, body, asked.get("headers", {}))
        response = self.getresponse()
        return response, response.read()


def name_of(error: BaseException) -> str:
    """An error in a word: two machines' words for the same differ."""
    return "TimeoutError" if isinstance(error, TimeoutError) else type(error).__name__


def fetch(asked: Asked) -> Asked:
    """One request. The answer, or the error and whether anybody took the connection."""
    connection = Connection(asked)
    try:
        response, body = connection.ask(asked)
    except (OSError, http.client.HTTPException) as error:
        return {"error": f"{name_of(error)}: {error}", "connected": connection.connected}
    finally:
        connection.close()
    encoded = base64.b64encode(body).decode()
    headers = {name.lower(): value for name, value in response.getheaders()}
    found = {"status": response.status, "headers": headers, "body": encoded, "certificate": connection.certificate}
    return {**found, "connected": True}


def say(asked: Asked) -> str:
    """A request over a new connection in a word: its status, or the kind of error."""
    answer = fetch(asked)
    return str(answer.get("status") or answer["error"].partition(":")[0])


def serials(asked: Asked) -> Asked:
    """The serial numbers of the certificates over so many new connections, one after the other; null where there was
    none."""
    found = set[str | None]()
    for _ in range(asked["connections"]):
        connection = Connection(asked)
        try:
            connection.connect()
        except OSError:
            found.add(None)
            continue
        finally:
            connection.close()
        found.add(connection.certificate.get("serialNumber"))
    return {"serials": list(found)}


def watch(asked: Asked) -> None:
    """Print each change of what a request gets, until the file `stop` is there; for five minutes at most."""
    stop, last, end = Path(asked["stop"]), "", time.monotonic() + 300
    while not stop.exists() and time.monotonic() < end:
        said = say(asked)
        if said != last:
            print(said, flush=True)
        last = said
        time.sleep(0.02)
