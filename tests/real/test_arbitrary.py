"""Arbitrary bytes where a client may put them: the proxy answers, with no error of its own making."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.pairs import PAIRS, Stack

pytestmark = pytest.mark.parametrize("pair", PAIRS, ids=str)

quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

any_byte = st.integers(0, 255).filter(lambda byte: byte not in b"\r\n")
any_bytes = st.lists(any_byte, max_size=60).map(bytes)
likely = st.text("/.%;?#&=+:@ \\\"'\0\x7fé2eEfF05cC", max_size=40).map(lambda text: text.encode())


def _answered(stack: Stack, request: bytes) -> None:
    with stack.wire() as wire:
        reply = wire.send(request).try_reply()
        assert reply is None or reply.status < 500
    assert stack.proxy.process.poll() is None


def _no_worker_died(stack: Stack) -> None:
    said = stack.proxy.stderr.read_text(errors="replace")
    assert "exited on signal" not in said
    assert "exit signal" not in said
    assert "[alert]" not in said.replace("[alert] could not open error log file", "")
    with stack.client() as client:
        assert client.get("/status/200").status_code == 200


def test_request_targets(stack: Stack) -> None:
    @quick
    @given(st.one_of(any_bytes, likely))
    @example(b"")
    @example(b"%00")
    @example(b"%")
    @example(b"%zz")
    @example(b"?" * 50)
    @example(b"../" * 20)
    @example(b"#fragment")
    def check(target: bytes) -> None:
        _answered(stack, b"GET /fuzz" + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    check()
    _no_worker_died(stack)


@pytest.mark.parametrize(
    "name", ["X-Any", "Host", "Cookie", "Range", "Accept-Encoding", "If-Modified-Since", "Upgrade"]
)
def test_header_values(stack: Stack, name: str) -> None:
    @quick
    @given(st.one_of(any_bytes, likely))
    @example(b"")
    @example(b" ")
    @example(b"bytes=0-,1-,2-,3-,4-,5-")
    def check(value: bytes) -> None:
        host = b"" if name == "Host" else b"Host: localhost\r\n"
        line = name.encode() + b": " + value
        _answered(stack, b"GET /fuzz HTTP/1.1\r\n" + host + line + b"\r\nConnection: close\r\n\r\n")

    check()
    _no_worker_died(stack)


def test_header_names_and_methods(stack: Stack) -> None:
    @quick
    @given(st.one_of(any_bytes, likely), st.one_of(any_bytes, st.sampled_from([b"GET", b"get", b"M-SEARCH", b"TRACE"])))
    def check(name: bytes, method: bytes) -> None:
        head = method + b" /fuzz HTTP/1.1\r\nHost: localhost\r\n" + name + b": x\r\nConnection: close\r\n\r\n"
        with stack.wire() as wire:
            reply = wire.send(head).try_reply()
            assert reply is None or reply.status < 500 or reply.status == 501  # a method that is not implemented
        assert stack.proxy.process.poll() is None

    check()
    _no_worker_died(stack)


def test_no_http_at_all(stack: Stack) -> None:
    @quick
    @given(st.binary(max_size=200))
    def check(data: bytes) -> None:
        with stack.wire() as wire:
            wire.send(data + b"\r\n\r\n")
        assert stack.proxy.process.poll() is None

    check()
    _no_worker_died(stack)
