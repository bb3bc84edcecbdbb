"""A FastCGI responder (https://fastcgi-archives.github.io/FastCGI_Specification.html): as much as tests need."""

from __future__ import annotations

import json
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT = 1, 2, 3, 4, 5, 6


def _lengths(data: bytes, at: int) -> tuple[int, int]:
    """A length of one byte or four, and where it ends."""
    if data[at] < 128:
        return data[at], at + 1
    return struct.unpack(">I", data[at : at + 4])[0] & 0x7FFFFFFF, at + 4


def parameters(data: bytes) -> dict[str, str]:
    """Names and values, from FastCGI's own encoding."""
    found, at = {}, 0
    while at < len(data):
        name_length, at = _lengths(data, at)
        value_length, at = _lengths(data, at)
        name, value = data[at : at + name_length], data[at + name_length : at + name_length + value_length]
        found[name.decode()] = value.decode(errors="replace")
        at += name_length + value_length
    return found


class _Responder(socketserver.StreamRequestHandler):
    """Answers each request with its parameters and the length of its body."""

    def handle(self) -> None:
        given, body = b"", b""
        while len(header := self.rfile.read(8)) == 8:
            _, kind, number, length, padding = struct.unpack(">BBHHBx", header)
            content = self.rfile.read(length)
            self.rfile.read(padding)
            if kind == BEGIN:
                given, body = b"", b""
                keep = bool(content[2] & 1)
            elif kind == PARAMS:
                given += content
            elif kind == STDIN and content:
                body += content
            elif kind == STDIN:
                self._answer(number, parameters(given), body)
                if not keep:
                    return

    def _answer(self, number: int, given: dict[str, str], body: bytes) -> None:
        wanted = given.get("QUERY_STRING", "")
        status = wanted.removeprefix("status=") if wanted.startswith("status=") else "200"
        text = json.dumps({"parameters": given, "body": len(body)}).encode()
        head = f"Status: {status} As Asked\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self._record(STDOUT, number, head.encode() + text)
        self._record(STDOUT, number, b"")
        self._record(END, number, struct.pack(">IB3x", 0, 0))

    def _record(self, kind: int, number: int, content: bytes) -> None:
        self.wfile.write(struct.pack(">BBHHBx", 1, kind, number, len(content), 0) + content)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def responder() -> Iterator[int]:
    """Runs on a port of 127.0.0.1, which is given."""
    with _Server(("127.0.0.1", 0), _Responder) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
