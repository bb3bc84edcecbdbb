"""An app that speaks only HTTP/1.1, on TCP or a unix socket, with a thread for each connection.

It believes what it reads as far as it can and remembers the heads of all requests, so that a test sees what a proxy let
through.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import socket
import threading
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from tests.support.contract import Answer, answer


class HttpApp:
    """The app, listening from construction until stop(). `connections` and `heads` count from the beginning."""

    def __init__(self, address: tuple[str, int] | Path, folder: Path, idle_seconds: float | None = None) -> None:
        self.folder = folder
        self.idle_seconds = idle_seconds
        """Close a connection on which no request came for so long."""
        self.one_request_each = False
        """Close each connection after its first answer, as servers with a request limit do."""
        self.announce_close = False
        """Say so in the answer."""
        self.connections = 0
        self.heads: list[bytes] = []
        self._address = address
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.start()

    def start(self) -> None:
        """Listen (again)."""
        if isinstance(self._address, Path):
            self._address.unlink(missing_ok=True)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self._address))
            self._address.chmod(0o666)
        else:
            self._listener = socket.socket()
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind(self._address)
        self._listener.listen(512)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Stop as a killed process does: every socket is closed."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if isinstance(self._address, Path):
            self._address.unlink(missing_ok=True)
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self.stop()

    def targets(self) -> list[str]:
        """The request targets of all requests so far."""
        return [head.split(b"\r\n", 1)[0].split(b" ")[1].decode("latin-1") for head in self.heads]

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, io.BufferedReader(socket.SocketIO(connection, "r"), 65536) as reader:
                while self._one(connection, reader) and not self.one_request_each:
                    pass
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)

    def _one(self, connection: socket.socket, reader: io.BufferedReader[socket.SocketIO]) -> bool:
        """Answer one request; whether another may follow."""
        connection.settimeout(self.idle_seconds)
        head = reader.readline()
        connection.settimeout(None)
        if not head:
            return False
        while not head.endswith((b"\r\n\r\n", b"\n\n")):
            line = reader.readline()
            if not line:
                return False
            head += line
        with self._lock:
            self.heads.append(head)
        request_line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, _, rest = request_line.partition(" ")
        target, _, version = rest.rpartition(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        known = {name.lower(): value for name, value in headers}
        if known.get("upgrade", "").lower() == "websocket":
            _websocket(connection, reader, known["sec-websocket-key"])
            return False
        size, digest = _read_body(reader, known)
        echo: dict[str, Any] = {
            "method": method,
            "target": target,
            "version": version,
            "headers": headers,
            "body_bytes": size,
            "body_sha256": digest,
        }
        made = answer(unquote(target.partition("?")[0]), self.folder, echo)
        if self.announce_close:
            made.headers.append(("Connection", "close"))
        close = known.get("connection", "").lower() == "close" or version == "HTTP/1.0"
        _send(connection, made, head_only=method == "HEAD", old=version == "HTTP/1.0")
        return not close


def _read_body(reader: io.BufferedReader[socket.SocketIO], headers: dict[str, str]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()

    def take(count: int) -> None:
        nonlocal size
        while count:
            piece = reader.read1(min(count, 1 << 20))
            if not piece:
                raise ValueError("the body ended early")
            digest.update(piece)
            size += len(piece)
            count -= len(piece)

    if "chunked" in headers.get("transfer-encoding", ""):
        while count := int(reader.readline().partition(b";")[0], 16):
            take(count)
            reader.readline()
        while reader.readline().strip():
            pass
    else:
        take(int(headers.get("content-length", "0")))
    return size, digest.hexdigest()


def _send(connection: socket.socket, made: Answer, *, head_only: bool, old: bool) -> None:
    lines = [f"HTTP/1.1 {made.status} Word", *(f"{name}: {value}" for name, value in made.headers)]
    chunked = made.length is None and made.status not in {204, 304} and not old
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    elif made.length is not None:
        lines.append(f"Content-Length: {made.length}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    if head_only or made.status in {204, 304}:
        connection.sendall(head)
        return
    for piece in made.body:
        connection.sendall(head + (b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece))
        head = b""
    connection.sendall(head + (b"0\r\n\r\n" if chunked else b""))


def _websocket(connection: socket.socket, reader: io.BufferedReader[socket.SocketIO], key: str) -> None:
    """Echo frames until one that closes (RFC 6455)."""
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
    )
    while True:
        first, second = reader.read(2)
        length = second & 127
        if length == 126:
            length = int.from_bytes(reader.read(2), "big")
        elif length == 127:
            length = int.from_bytes(reader.read(8), "big")
        mask = reader.read(4)
        data = bytes(byte ^ mask[index % 4] for index, byte in enumerate(reader.read(length)))
        size = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2, "big")
        connection.sendall(bytes([first]) + size + data)
        if first & 15 == 8:
            return
