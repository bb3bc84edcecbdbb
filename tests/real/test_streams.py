"""Answers that come in pieces, and websockets."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake

from tests.real.conftest import Start
from tests.support.pairs import HTTP_PAIRS, PAIRS, Pair, Stack

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=str)
http_only = pytest.mark.parametrize("pair", HTTP_PAIRS, ids=str)


@every_pair
@pytest.mark.parametrize("http2", [False, True])
def test_events_arrive_before_the_answer_ends(stack: Stack, http2: bool) -> None:
    name = f"event-{http2}"
    with stack.client(http2=http2) as client, client.stream("GET", f"/sse/{name}") as response:
        lines = response.iter_lines()
        assert next(lines) == "data: first"
        stack.gate(name).touch()  # only now does the app send the rest
        assert [line for line in lines if line] == ["data: second"]


@every_pair
def test_chunks_arrive_before_the_answer_ends(stack: Stack) -> None:
    with stack.client() as client, client.stream("GET", "/halves/chunks") as response:
        pieces = response.iter_text()
        assert next(pieces) == "first half, "
        stack.gate("chunks").touch()
        assert "".join(pieces) == "second half"


def _websocket(stack: Stack) -> connect:
    # asyncio: the threaded client uses one TLS connection from two threads, which Python 3.11 does not guard
    url = stack.url("/socket").replace("https", "wss")
    context = stack.authority.context(alpn=("http/1.1",))
    return connect(url, ssl=context, open_timeout=20, compression=None, proxy=None)


async def _echoes(stack: Stack, messages: list[str | bytes]) -> list[str | bytes]:
    async with _websocket(stack) as socket:
        found: list[str | bytes] = []
        for message in messages:
            await socket.send(message)
            found.append(await socket.recv())
        return found


@http_only
def test_websocket_echo(stack: Stack) -> None:
    messages: list[str | bytes] = ["hello", "ü" * 1000, b"\x00\xff" * 20_000]
    assert asyncio.run(_echoes(stack, messages)) == messages


@http_only
def test_websockets_beside_each_other(stack: Stack) -> None:
    async def all_of_them() -> list[list[str | bytes]]:
        return await asyncio.gather(*(_echoes(stack, [f"{number} first", f"{number} second"]) for number in range(20)))

    assert asyncio.run(all_of_them()) == [[f"{number} first", f"{number} second"] for number in range(20)]


@http_only
def test_websockets_can_be_refused(pair: Pair, start: Start) -> None:
    stack = start(pair, websockets=False)
    with pytest.raises(InvalidHandshake):
        asyncio.run(_echoes(stack, []))
    assert b"upgrade:" not in stack.http_app.heads[-1].lower()
