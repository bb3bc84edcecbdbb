"""An HTTP/2 client without manners: headers go out as they are given, and a GOAWAY ends nothing that is under way."""

from __future__ import annotations

from dataclasses import dataclass

from hpack import Decoder, Encoder
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.support.wire import Wire

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@dataclass
class Http2Reply:
    """What came back; no status where the server reset the stream or closed the connection."""

    status: int | None = None
    body: bytes = b""
    goaway: bool = False


class RawHttp2:
    """HTTP/2 on a connection that negotiated it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._decoder = Decoder()
        self._stream = 1
        wire.send(PREFACE + SettingsFrame(0).serialize())

    def ask(self, changes: list[tuple[str, str]]) -> None:
        """GET /outer with those (pseudo-)headers changed or added."""
        headers = {":method": "GET", ":scheme": "https", ":authority": "localhost", ":path": "/outer"}
        headers |= {name: value for name, value in changes if name.startswith(":")}
        others = [(name, value) for name, value in changes if not name.startswith(":")]
        frame = HeadersFrame(self._stream, Encoder().encode([*headers.items(), *others]))
        frame.flags |= {"END_STREAM", "END_HEADERS"}
        self._wire.send(frame.serialize())

    def reply(self) -> Http2Reply:
        """The answer."""
        found = Http2Reply()
        try:
            while True:
                frame = self._frame()
                if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
                    self._wire.send(SettingsFrame(0, flags=["ACK"]).serialize())
                elif isinstance(frame, PingFrame) and "ACK" not in frame.flags:
                    self._wire.send(PingFrame(0, frame.opaque_data, flags=["ACK"]).serialize())
                elif isinstance(frame, GoAwayFrame):
                    found.goaway = True
                    if frame.error_code or frame.last_stream_id < self._stream:
                        return Http2Reply(goaway=True)
                elif isinstance(frame, RstStreamFrame):
                    return Http2Reply(goaway=found.goaway)
                elif isinstance(frame, HeadersFrame):
                    headers = {str(name): str(value) for name, value in self._decoder.decode(frame.data)}
                    found.status = found.status or int(headers[":status"])
                elif isinstance(frame, DataFrame):
                    found.body += frame.data
                    if frame.data:
                        windows = [WindowUpdateFrame(stream, len(frame.data)) for stream in (0, self._stream)]
                        self._wire.send(b"".join(window.serialize() for window in windows))
                if isinstance(frame, HeadersFrame | DataFrame) and "END_STREAM" in frame.flags:
                    return found
        except (EOFError, OSError):
            return Http2Reply(goaway=found.goaway)

    def _frame(self) -> Frame:
        head = self._wire.exactly(9)
        frame, length = Frame.parse_frame_header(memoryview(head))
        frame.parse_body(memoryview(self._wire.exactly(length)))
        return frame
