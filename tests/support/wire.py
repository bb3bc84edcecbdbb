"""A client that sends exactly what it is told to, over TLS or plain TCP."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Reply:
    """An HTTP/1.1 response as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        """The one value of a header."""
        (value,) = self.all(name)
        return value


class Wire:
    """One connection to 127.0.0.1. Without a context it is plain TCP."""

    def __init__(
        self,
        port: int,
        context: ssl.SSLContext | None = None,
        server_name: str | None = "localhost",
        seconds: float = 20,
    ) -> None:
        raw = socket.create_connection(("127.0.0.1", port), seconds)
        self.socket = raw if context is None else context.wrap_socket(raw, server_hostname=server_name)
        self._reader = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
        self.socket.close()

    @property
    def tls(self) -> ssl.SSLSocket:
        """The TLS side of the connection."""
        assert isinstance(self.socket, ssl.SSLSocket)
        return self.socket

    def send(self, data: bytes) -> Self:
        """Send the bytes. A server that has answered and closed already is no error: its answer is what counts."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            self.socket.sendall(data)
        return self

    def get(self, target: str = "/", *lines: str) -> Reply:
        """A request for that raw target, with a Host unless a line of it is given."""
        host = [] if any(line.lower().startswith("host:") for line in lines) else ["Host: localhost"]
        text = "\r\n".join([f"GET {target} HTTP/1.1", *host, *lines, "", ""])
        return self.send(text.encode("latin-1")).reply()

    def reply(self, method: str = "GET") -> Reply:
        """The next response. Raises EOFError where the server closes instead."""
        status, headers = self._head()
        while status in {100, 102, 103}:
            status, headers = self._head()
        known = {name.lower(): value for name, value in headers}
        if method == "HEAD" or status in {101, 204, 304}:
            body = b""
        elif "chunked" in known.get("transfer-encoding", ""):
            body = b"".join(self.chunks())
        elif "content-length" in known:
            body = self.exactly(int(known["content-length"]))
        else:
            body = self._reader.read()
        return Reply(status, headers, body)

    def try_reply(self) -> Reply | None:
        """The next response, or None where the server closes without one."""
        try:
            return self.reply()
        except (EOFError, ConnectionResetError, ssl.SSLError):
            return None

    def chunks(self) -> list[bytes]:
        """The chunks of a body."""
        found = []
        while size := int(self._line().partition(b";")[0], 16):
            found.append(self.exactly(size))
            self._line()
        while self._line():
            pass
        return found

    def closed(self) -> bool:
        """Waits: whether the server closes the connection without sending more."""
        try:
            return self._reader.read(1) == b""
        except (ConnectionResetError, ssl.SSLError):
            return True

    def _head(self) -> tuple[int, list[tuple[str, str]]]:
        status = int(self._line().split(b" ")[1])
        headers = []
        while line := self._line().decode("latin-1"):
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        return status, headers

    def _line(self) -> bytes:
        line = self._reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError(f"the server closed the connection after {line!r}")
        return line.rstrip(b"\r\n")

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        data = self._reader.read(size)
        if len(data) != size:
            raise EOFError(f"{len(data)} of {size} bytes")
        return data
