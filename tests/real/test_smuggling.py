"""Requests on whose ends proxy and app could disagree: refused, or passed on in a way that leaves no doubt.

Whatever is hidden asks for /smuggled. The app must never see that, unless the proxy itself saw a request for it.
"""

from __future__ import annotations

import json

import pytest

from tests.real.conftest import Start
from tests.support.pairs import HTTP_PAIRS, PAIRS, Pair, Stack, seen
from tests.support.raw_http2 import RawHttp2
from tests.support.servers import until

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=str)
http_only = pytest.mark.parametrize("pair", HTTP_PAIRS, ids=str)

HIDDEN = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = "0\r\n\r\n"


def _post(*lines: str, body: str = "", version: str = "1.1") -> str:
    return "\r\n".join([f"POST /outer HTTP/{version}", "Host: localhost", *lines, "", body])


REFUSED = {
    "length and encoding": _post("Content-Length: 4", "Transfer-Encoding: chunked", body=CHUNKED + HIDDEN),
    "encoding and length": _post("Transfer-Encoding: chunked", "Content-Length: 50", body=CHUNKED + HIDDEN),
    "two lengths": _post(f"Content-Length: {len(HIDDEN)}", "Content-Length: 0", body=HIDDEN),
    "two lengths, other order": _post("Content-Length: 0", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
    "list of lengths": _post(f"Content-Length: 0, {len(HIDDEN)}", body=HIDDEN),
    "length with a sign": _post("Content-Length: +5", body="hello" + HIDDEN),
    "negative length": _post("Content-Length: -5", body=HIDDEN),
    "hexadecimal length": _post("Content-Length: 0x5", body="hello" + HIDDEN),
    "two numbers": _post("Content-Length: 0 5", body="hello" + HIDDEN),
    "enormous length": _post("Content-Length: 99999999999999999999999", body="hello" + HIDDEN),
    "unknown encoding": _post("Transfer-Encoding: xchunked", body=CHUNKED + HIDDEN),
    "chunked is not last": _post("Transfer-Encoding: chunked, identity", body=CHUNKED + HIDDEN),
    "chunked twice": _post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=CHUNKED + HIDDEN),
    "two encodings": _post("Transfer-Encoding: chunked", "Transfer-Encoding: x", body=CHUNKED + HIDDEN),
    "vertical tab": _post("Transfer-Encoding: \x0bchunked", body=CHUNKED + HIDDEN),
    "quoted": _post('Transfer-Encoding: "chunked"', body=CHUNKED + HIDDEN),
    "space before the colon": _post("Transfer-Encoding : chunked", body=CHUNKED + HIDDEN),
    "length, space before the colon": _post("Content-Length : 5", body="hello" + HIDDEN),
    "NUL in a value": _post("X-Nul: a\0b", "Content-Length: 0"),
    "NUL in a name": _post("X-N\0ul: a", "Content-Length: 0"),
    "chunk size is no number": _post("Transfer-Encoding: chunked", body="zz\r\n" + HIDDEN),
    "negative chunk size": _post("Transfer-Encoding: chunked", body="-1\r\n" + HIDDEN),
    "enormous chunk size": _post("Transfer-Encoding: chunked", body="ffffffffffffffffff\r\n" + HIDDEN),
    "chunk longer than said": _post("Transfer-Encoding: chunked", body="1\r\nabc\r\n0\r\n\r\n" + HIDDEN),
    "no host": "GET /outer HTTP/1.1\r\n\r\n",
    "two hosts": "GET /outer HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "host with a path": "GET /outer HTTP/1.1\r\nHost: localhost/../x\r\n\r\n",
    "space in the target": "GET /outer HTTP/1.1 x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tunnel": "CONNECT /outer HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "other protocol": "GET /outer HTTQ/1.1\r\nHost: localhost\r\n\r\n",
}

NEUTRALISED = {
    "bare line feeds": "GET /outer HTTP/1.1\nHost: localhost\nX-A: b\n\n",
    "encoding folded onto the next line": _post("X-A: b", " Transfer-Encoding: chunked", "Content-Length: 0"),
    "encoding behind a bare carriage return": _post("X-A: b\rTransfer-Encoding: chunked", "Content-Length: 0"),
    "underscores": _post("Content_Length: 5", "Transfer_Encoding: chunked", "Content-Length: 0"),
    "chunk extension": _post("Transfer-Encoding: chunked", body=f"1;a={'x' * 50}\r\na\r\n0\r\n\r\n"),
    "chunk extension with a bare line feed": _post("Transfer-Encoding: chunked", body="2;\nxx\r\n0\r\n\r\n"),
    "trailers": _post(
        "Transfer-Encoding: chunked", body="0\r\nContent-Length: 5\r\nX-Forwarded-For: 198.51.100.66\r\n\r\n"
    ),
    "encoding in HTTP/1.0": _post("Transfer-Encoding: chunked", body=CHUNKED, version="1.0"),
    "GET with a hidden body": f"GET /outer HTTP/1.1\r\nHost: a\r\nContent-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "cleartext HTTP/2": "GET /outer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
    "websocket and cleartext HTTP/2": "GET /outer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    "Upgrade: websocket, h2c\r\n\r\n",
    "upgrade to TLS": "OPTIONS /outer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0\r\n\r\n",
    "an encoded end of line": "GET /outer%20HTTP/1.1%0d%0a%0d%0aGET%20/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


def _asked_of_the_app(stack: Stack, request: str) -> tuple[int | None, list[str]]:
    """The status that the client sees first, and the targets of the requests that the app got."""
    before = len(stack.app.targets())
    with stack.wire() as wire:
        wire.send(request.encode("latin-1"))
        reply = wire.try_reply()
    with stack.client() as client:  # through the same app connections: what is left in one would come out now
        for _ in range(8):
            assert seen(client.get("/after").content).target == "/after"
    return (None if reply is None else reply.status), [
        target for target in stack.app.targets()[before:] if target != "/after"
    ]


@every_pair
@pytest.mark.parametrize("kind", REFUSED)
def test_refused(stack: Stack, kind: str) -> None:
    status, targets = _asked_of_the_app(stack, REFUSED[kind])
    assert targets in ([], ["/outer"]), "the hidden request reached the app"
    if stack.pair.proxy == "nginx":
        assert status is None or 400 <= status < 500 or status == 501
    else:
        assert status is None or 400 <= status < 600 or targets == ["/outer"]


@every_pair
@pytest.mark.parametrize("kind", NEUTRALISED)
def test_neutralised(stack: Stack, kind: str) -> None:
    status, targets = _asked_of_the_app(stack, NEUTRALISED[kind])
    assert status is not None
    assert status != 101
    assert [target.split("%")[0] for target in targets] in ([], ["/outer"])
    if stack.pair.is_http and targets:
        head = next(head for head in reversed(stack.http_app.heads) if b"/outer" in head).lower()
        assert b"\nupgrade:" not in head
        assert b"198.51.100" not in head
        assert head.count(b"\ncontent-length:") + head.count(b"\ntransfer-encoding:") <= 1


@every_pair
@pytest.mark.parametrize(
    "names",
    ["X-Forwarded-For, X-Forwarded-Proto, X-Real-IP", "X-Forwarded-Host, X-Forwarded-Port, Host", "close, Cookie"],
)
def test_connection_header_cannot_take_away_ours(stack: Stack, names: str) -> None:
    """CVE-2022-31813: a name listed in Connection made a proxy drop the header that it had set itself."""
    with stack.wire() as wire:
        reply = wire.get("/", f"Connection: {names}", "Cookie: a=b")
    if reply.status == 200:
        got = seen(reply.body)
        assert (got.scheme, got.client, got.all("Host")) == ("https", "127.0.0.1", ["localhost"])
        if stack.pair.is_http:
            assert got.all("X-Forwarded-Port") == ["443"]
            assert got.all("X-Forwarded-Host") == ["localhost"]


@every_pair
def test_absolute_form_names_one_host(stack: Stack) -> None:
    """RFC 9112 lets the target's host win; what matters is that the app is told one host, and a target without it."""
    with stack.wire() as wire:
        reply = wire.get("http://evil.example/absolute?a=b")
    if reply.status != 400:
        got = seen(reply.body)
        assert got.target in {"/absolute?a=b", "http://evil.example/absolute?a=b"}
        (host,) = got.all("Host")
        assert host in {"localhost", "evil.example"}
        assert set(got.all("X-Forwarded-Host")) <= {host}


@http_only
def test_every_request_of_the_app_is_in_the_access_log(pair: Pair, start: Start) -> None:
    """Beyond the cases above: all of them at once, on one stack, and the two sides' counts agree."""
    stack = start(pair)
    for request in [*REFUSED.values(), *NEUTRALISED.values()]:
        with stack.wire() as wire:
            wire.send(request.encode("latin-1")).try_reply()
    with stack.client() as client:
        client.get("/last")
    until(lambda: any(b'"/last"' in line for line in stack.access_log()), "the last request's line")
    logged = [json.loads(line)["uri"] for line in stack.access_log()]
    for target in set(stack.app.targets()):
        assert stack.app.targets().count(target) <= logged.count(target)


BAD_HTTP2 = {
    "encoding": [("transfer-encoding", "chunked")],
    "connection": [("connection", "keep-alive, x-forwarded-for")],
    "upgrade": [("upgrade", "h2c")],
    "line end in a value": [("x-a", "b\r\nx-forwarded-for: 198.51.100.66")],
    "line end and request in a value": [("x-a", f"b\r\n\r\n{HIDDEN}")],
    "line feed in a value": [("x-a", "b\nx-forwarded-for: 198.51.100.66")],
    "NUL in a value": [("x-a", "b\0c")],
    "line end in a name": [("x-a: b\r\nx-b", "c")],
    "upper case name": [("X-Upper", "a")],
    "colon in a name": [("x-a:b", "c")],
    "space in the path": [(":path", "/outer HTTP/1.1\r\nx: y")],
    "empty path": [(":path", "")],
    "path without slash": [(":path", "outer")],
    "space in the method": [(":method", "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\nGET")],
    "two lengths": [("content-length", "0"), ("content-length", "5")],
    "length without body": [("content-length", "5")],
    "line end in the authority": [(":authority", "localhost\r\nx-forwarded-for: 198.51.100.66")],
    "other host": [("host", "evil.example")],
    "scheme": [(":scheme", "http://evil.example/smuggled?")],
}


@every_pair
@pytest.mark.parametrize("kind", BAD_HTTP2)
def test_http2_cannot_carry_what_http1_would_split(stack: Stack, kind: str) -> None:
    before = len(stack.app.targets())
    with stack.wire_http2() as wire:
        raw = RawHttp2(wire)
        raw.ask(BAD_HTTP2[kind])
        reply = raw.reply()
    with stack.client() as client:
        for _ in range(4):
            assert seen(client.get("/after").content).target == "/after"
    targets = [target for target in stack.app.targets()[before:] if target != "/after"]
    assert targets in ([], ["/outer"]), targets
    if reply.status == 200:
        got = seen(reply.body)
        assert (got.scheme, got.client) == ("https", "127.0.0.1")
        assert "198.51.100" not in json.dumps(got.echo)
        assert len(got.all("Host")) == 1
        assert not got.all("Upgrade")
