"""Bodies of all sizes both ways, whole and chunked, and what is too large."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable

import pytest

from tests.real.conftest import Start
from tests.support.contract import pattern
from tests.support.pairs import PAIRS, Pair, Stack, seen
from tests.support.wire import Reply

pytestmark = pytest.mark.parametrize("pair", PAIRS, ids=str)

MIB = 2**20
SIZES = [0, 1, 4096, 65535, 65537, MIB]


def _digest(pieces: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
    return found.hexdigest()


def refuses_chunked(pair: Pair) -> bool:
    """mod_proxy_uwsgi needs to know the length: it answers 411."""
    return pair.proxy == "apache" and not pair.is_http


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("kind", ["bytes", "chunked"])
@pytest.mark.parametrize("size", SIZES)
def test_downloads(stack: Stack, size: int, kind: str, http2: bool) -> None:
    with stack.client(http2=http2) as client:
        response = client.get(f"/{kind}/{size}")
    assert response.status_code == 200
    assert len(response.content) == size
    assert response.content == b"".join(pattern(size))
    if kind == "bytes":
        assert response.headers["content-length"] == str(size)


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_uploads(stack: Stack, size: int, http2: bool) -> None:
    with stack.client(http2=http2) as client:
        response = client.post("/", content=b"".join(pattern(size)))
    got = seen(response.content)
    assert got.body == (size, _digest(pattern(size)))
    assert got.all("Content-Length") == ([str(size)] if size or stack.pair.is_http else got.all("Content-Length"))


@pytest.mark.parametrize("buffer_requests", [True, False])
def test_chunked_uploads(pair: Pair, start: Start, buffer_requests: bool) -> None:
    stack = start(pair, buffer_requests=buffer_requests)
    with stack.client() as client:
        response = client.post("/", content=pattern(MIB))
    if refuses_chunked(pair):
        assert response.status_code == 411
    else:
        assert seen(response.content).body == (MIB, _digest(pattern(MIB)))


@pytest.mark.parametrize("buffering", [True, False])
def test_100_mib_both_ways(pair: Pair, start: Start, buffering: bool) -> None:
    size = 100 * MIB
    stack = start(pair, max_body_bytes=size, buffer_requests=buffering, buffer_responses=buffering)
    expected = _digest(pattern(size))
    with stack.client() as client:
        sent = client.post("/", content=pattern(size), headers={"Content-Length": str(size)})
        assert seen(sent.content).body == (size, expected)
        with client.stream("GET", f"/bytes/{size}") as response:
            assert _digest(response.iter_raw(MIB)) == expected


def test_100_mib_chunked_both_ways(pair: Pair, start: Start) -> None:
    size = 100 * MIB
    stack = start(pair, max_body_bytes=0)
    expected = _digest(pattern(size))
    with stack.client() as client:
        sent = client.post("/", content=pattern(size))
        if refuses_chunked(pair):
            assert sent.status_code == 411
        else:
            assert seen(sent.content).body == (size, expected)
        with client.stream("GET", f"/chunked/{size}") as response:
            assert _digest(response.iter_raw(MIB)) == expected


def _post(stack: Stack, head: str, body: bytes) -> Reply:
    with stack.wire() as wire:
        wire.send(f"POST /limit HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode())
        return wire.send(body).reply()


@pytest.mark.parametrize("buffer_requests", [True, False])
def test_body_over_the_limit(pair: Pair, start: Start, buffer_requests: bool) -> None:
    stack = start(pair, max_body_bytes=4096, buffer_requests=buffer_requests)
    fits = _post(stack, "Content-Length: 4096", b"x" * 4096)
    assert seen(fits.body).body[0] == 4096
    refused = _post(stack, "Content-Length: 4097", b"x" * 4097)
    assert refused.status == 413
    assert len(refused.body) < 1000
    assert stack.app.targets() == ["/limit"], "the app must not see a request that was refused by its length"
    with stack.client(http2=True) as client:
        assert client.post("/limit", content=b"x" * 4097).status_code == 413


@pytest.mark.parametrize("buffer_requests", [True, False])
def test_chunked_body_over_the_limit(pair: Pair, start: Start, buffer_requests: bool) -> None:
    stack = start(pair, max_body_bytes=4096, buffer_requests=buffer_requests)
    chunks = b"".join(b"400\r\n%b\r\n" % (b"x" * 1024) for _ in range(5)) + b"0\r\n\r\n"
    refused = _post(stack, "Transfer-Encoding: chunked", chunks)
    assert refused.status == (411 if refuses_chunked(pair) else 413)
    assert len(refused.body) < 1000


def test_expect_continue(stack: Stack) -> None:
    with stack.wire() as wire:
        wire.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        reply = wire.send(b"body").reply()
    assert seen(reply.body).body == (4, _digest([b"body"]))


def test_an_upload_that_pauses(stack: Stack) -> None:
    """For longer than the 4 s that uWSGI waits by itself: Apache passes the pause on to it."""
    with stack.wire() as wire:
        wire.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nbody")
        time.sleep(5)
        reply = wire.send(b"body").reply()
    assert seen(reply.body).body == (8, _digest([b"bodybody"]))


def test_app_answers_before_it_has_read_the_body(stack: Stack) -> None:
    """A bodyless method with a body, and an early answer: the client gets the answer, the connection stays in step."""
    with stack.wire() as wire:
        wire.send(b"GET /status/200 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody")
        assert wire.reply().body == b"status 200"
        assert wire.get("/status/201").status == 201
