"""A websocket (RFC 6455) that echoes. When the server closes it, it must be open again at the first try."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import time
from collections.abc import Callable

from asking import Asked, Connection, name_of
from tally import Tally

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PAUSE = 0.05
TEXT, CLOSE = 1, 8


class ClosedError(Exception):
    """The server closed the websocket."""


class WebSocket:
    """Short text messages only: nothing is fragmented."""

    def __init__(self, asked: Asked) -> None:
        connection = Connection(asked)
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
        upgrade |= {"Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"}
        connection.request("GET", "/websocket", headers=upgrade)
        response = http.client.HTTPResponse(connection.sock, method="GET")
        response.begin()
        if response.status != 101:
            connection.close()
            raise http.client.HTTPException(f"status {response.status}")
        expected = base64.b64encode(hashlib.sha1(f"{key}{GUID}".encode()).digest()).decode()
        if response.getheader("Sec-WebSocket-Accept") != expected:
            raise http.client.HTTPException("wrong accept")
        self._socket, self._response = connection.sock, response
        """The response owns the file that is read from, and would close it."""

    def echo(self, text: str) -> str:
        """What comes back. Raises ClosedError, or TimeoutError."""
        mask, data = os.urandom(4), text.encode()
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        try:
            self._socket.sendall(bytes([0x80 | TEXT, 0x80 | len(data)]) + mask + masked)
            head = self._read(2)
            answer = self._read(head[1])
        except TimeoutError:
            raise
        except OSError as error:
            raise ClosedError(str(error)) from None
        if head[0] & 15 == CLOSE:
            raise ClosedError("close frame")
        return answer.decode()

    def _read(self, size: int) -> bytes:
        data = self._response.fp.read(size)
        if data is None or len(data) < size:
            raise ClosedError("end of file")
        return bytes(data)

    def close(self) -> None:
        """Go away without a word."""
        self._socket.close()


def echoes(asked: Asked, tally: Tally, stopped: Callable[[], bool]) -> None:
    """Messages to and fro. One that was under way when the server closed is sent again, over the next websocket."""
    number = 0
    while not stopped():
        try:
            socket = WebSocket(asked)
        except (OSError, http.client.HTTPException) as error:
            tally.bad("not open at the first try", f"{name_of(error)}: {error}")
            time.sleep(0.1)
            continue
        try:
            while not stopped():
                number += 1
                if socket.echo(f"message {number}") == f"message {number}":
                    tally.good()
                else:
                    tally.bad("wrong echo")
                time.sleep(PAUSE)
        except ClosedError:
            tally.once_more()
        except TimeoutError:
            tally.bad("TimeoutError")
        finally:
            socket.close()
