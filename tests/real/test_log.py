"""The access log: one line of JSON for each request, whatever the client sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.real.conftest import Start
from tests.support.pairs import PROXIES, Pair, Stack
from tests.support.servers import until

pytestmark = pytest.mark.parametrize("pair", PROXIES, ids=str)

FIELDS = {
    "time", "client", "method", "host", "uri", "protocol", "status", "bytes_in", "bytes_out", "seconds", "app_seconds",
    "tls", "server_name", "referer", "user_agent",
}  # fmt: skip

ODD = [
    'quote"quote',
    "back\\slash",
    'both\\"ends',
    "tab\there",
    "\xc3\xbcml\xc3\xa4ut",
    "\xff\xfe invalid",
    "cut \xc3",
    "surrogate \xed\xa0\x80",
    "overlong \xc0\xaf",
    "\x7f delete",
    "\x1b[31m red",
    "\x01\x02",
    "{}[],:",
    "</script>",
    "\xe2\x80\xa8 line separator",
    "\xf0\x9f\x98\x80",
    "\\u0000",
    "%s %n ${jndi:ldap://x}",
    "x" * 4000,
]


def _utf8(data: bytes) -> tuple[str, bool]:
    """As much of it as is UTF-8, and whether there is more."""
    try:
        return data.decode(), False
    except UnicodeDecodeError as error:
        return data[: error.start].decode(), True


def _line(stack: Stack, count: int = 1) -> dict[str, Any]:
    """The access log's last line, once there are that many."""
    until(lambda: len(stack.access_log()) >= count, f"{count} lines of the access log")
    found = json.loads(stack.access_log()[-1].decode("utf-8", "strict"))
    assert isinstance(found, dict)
    return found


def test_a_line_tells_who_asked_for_what(pair: Pair, start: Start) -> None:
    stack = start(pair)
    with stack.wire() as wire:
        wire.get("/status/404?a=b", "User-Agent: tester/1.0", "Referer: https://elsewhere.example/")
    line = _line(stack)
    assert set(line) >= FIELDS - ({"app_seconds"} if pair.proxy == "apache" else set())  # Apache does not tell it
    assert (line["client"], line["method"], line["uri"]) == ("127.0.0.1", "GET", "/status/404?a=b")
    assert (line["status"], line["protocol"], line["tls"]) == (404, "HTTP/1.1", "TLSv1.3")
    assert (line["user_agent"], line["referer"]) == ("tester/1.0", "https://elsewhere.example/")
    assert isinstance(line["seconds"], int | float)
    assert isinstance(line["bytes_out"], int)


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text)[:20])
@pytest.mark.parametrize("place", ["user_agent", "referer", "uri", "host", "method"])
def test_every_line_is_json(pair: Pair, stack: Stack, text: str, place: str) -> None:
    before = len(stack.access_log())
    host = "Host: localhost\r\n"
    request = {
        "user_agent": f"GET / HTTP/1.1\r\n{host}User-Agent: {text}\r\n\r\n",
        "referer": f"GET / HTTP/1.1\r\n{host}Referer: {text}\r\n\r\n",
        "uri": f"GET /{text.replace(' ', '+')} HTTP/1.1\r\n{host}\r\n",
        "host": f"GET / HTTP/1.1\r\nHost: {text.replace(' ', '-')}\r\n\r\n",
        "method": f"G{text} / HTTP/1.1\r\n{host}\r\n",
    }
    with stack.wire() as wire:
        wire.send(request[place].encode("latin-1")).try_reply()
    line = _line(stack, before + 1)
    assert isinstance(line["status"], int)
    if place in {"user_agent", "referer"} and line["status"] == 200:
        valid, broken = _utf8(text.encode("latin-1"))
        if pair.proxy == "apache":
            assert valid.startswith(line[place])  # it ends at the first byte that is not plain
        else:
            assert line[place].startswith(valid)
            assert broken or line[place] == valid


def test_app_absent_still_gives_json(pair: Pair, start: Start) -> None:
    stack = start(pair, app_running=False)
    with stack.client() as client:
        client.get("/absent")
    line = _line(stack)
    assert line["status"] in {502, 503}


@pytest.mark.parametrize("kind", ["combined", "off"])
def test_other_formats(pair: Pair, start: Start, kind: str) -> None:
    stack = start(pair, access_log=kind)
    with stack.client() as client:
        client.get("/format", headers={"User-Agent": "tester"})
    stack.proxy.stop()
    text = b"\n".join(stack.access_log())
    assert (b'"GET /format HTTP/1.1" 200' in text) is (kind == "combined")
    assert (text == b"") is (kind == "off")
