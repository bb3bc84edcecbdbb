"""What the app is told where a trusted proxy is in front, and where somebody else claims the same."""

from __future__ import annotations

import pytest

from tests.real.conftest import Start
from tests.support.pairs import HTTP_PAIRS, PAIRS, Pair, Seen, Stack, seen
from tests.support.wire import Wire

TRUSTED = ("127.0.0.0/8", "10.0.0.0/8")
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=str)


def _told(stack: Stack, *lines: str) -> Seen:
    with stack.wire() as wire:
        reply = wire.get("/", "Host: shop.example.com", *lines)
    assert reply.status == 200, reply
    return seen(reply.body)


PORTS = {
    "nothing": ([], "8443", "https"),
    "scheme": (["X-Forwarded-Proto: https"], "443", "https"),
    "other scheme": (["X-Forwarded-Proto: http"], "80", "http"),
    "upper case": (["X-Forwarded-Proto: HTTP"], "80", "http"),
    "upper case, too": (["X-Forwarded-Proto: HTTPS"], "443", "https"),
    "port": (["X-Forwarded-Port: 4443"], "4443", "https"),
    "both": (["X-Forwarded-Proto: http", "X-Forwarded-Port: 8080"], "8080", "http"),
    "no scheme": (["X-Forwarded-Proto: gopher"], "8443", "https"),
    "no port": (["X-Forwarded-Proto: https", "X-Forwarded-Port: x1"], "443", "https"),
    "zero": (["X-Forwarded-Port: 0"], "8443", "https"),
    "the highest": (["X-Forwarded-Port: 65535"], "65535", "https"),
    "too high": (["X-Forwarded-Port: 65536"], "8443", "https"),
    "six digits": (["X-Forwarded-Port: 123456"], "8443", "https"),
    "two": (["X-Forwarded-Port: 1, 2"], "8443", "https"),
    "two lines": (["X-Forwarded-Port: 1", "X-Forwarded-Port: 2"], "8443", "https"),
}


@every_pair
def test_scheme_and_port_of_a_trusted_peer_go_together(pair: Pair, start: Start) -> None:
    stack = start(pair, trusted_proxies=TRUSTED, public_port=8443)
    for lines, port, scheme in PORTS.values():
        got = _told(stack, *lines)
        assert got.scheme == scheme, lines
        if pair.is_http:
            assert got.all("X-Forwarded-Port") == [port], lines
        elif pair.proxy == "nginx":
            environ = got.environ
            assert (environ["SERVER_PORT"], environ["REQUEST_SCHEME"]) == (port, scheme), lines
            assert environ.get("HTTPS") == ("on" if scheme == "https" else None), lines


@every_pair
def test_nobody_else_is_believed(pair: Pair, start: Start) -> None:
    stack = start(pair, trusted_proxies=("192.0.2.0/24",), public_port=8443)
    claims = ["Proto: http", "Port: 666", "Host: evil.example", "For: 198.51.100.66:1"]
    got = _told(stack, *(f"X-Forwarded-{claim}" for claim in claims))
    assert (got.scheme, got.client) == ("https", "127.0.0.1")
    if pair.is_http:
        assert (got.all("X-Forwarded-Port"), got.all("X-Forwarded-Host")) == (["8443"], ["shop.example.com"])
    else:
        assert got.environ["SERVER_PORT"] == "8443"


def _in_clear(stack: Stack, *lines: str, before: str = "") -> Seen:
    request = "\r\n".join(["GET / HTTP/1.1", "Host: localhost", *lines, "", ""])
    with Wire(stack.site.https_port) as wire:
        return seen(wire.send(f"{before}{request}".encode()).reply().body)


@every_pair
def test_behind_the_proxy_protocol_headers_are_the_clients_own(pair: Pair, start: Start) -> None:
    stack = start(pair, tls=None, hsts=None, public_port=80, trusted_proxies=TRUSTED, proxy_protocol=True)
    claims = ["X-Forwarded-Proto: https", "X-Forwarded-Port: 666", "X-Forwarded-For: 198.51.100.66"]
    got = _in_clear(stack, *claims, before="PROXY TCP4 198.51.100.7 192.0.2.1 4711 443\r\n")
    assert (got.scheme, got.client) == ("http", "198.51.100.7")
    assert "666" not in got.all("X-Forwarded-Port")
    assert pair.is_http or got.environ["SERVER_PORT"] == "80"


@pytest.mark.parametrize("pair", HTTP_PAIRS, ids=str)
def test_in_clear_behind_a_proxy_that_ends_tls(pair: Pair, start: Start) -> None:
    """As in examples/tls_off."""
    stack = start(pair, tls=None, hsts=None, public_port=80, trusted_proxies=TRUSTED)
    lines = ["X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example.com", "X-Forwarded-For: 198.51.100.7"]
    got = _in_clear(stack, *lines)
    assert (got.scheme, got.client) == ("https", "198.51.100.7")
    assert (got.all("X-Forwarded-Host"), got.all("X-Forwarded-Port")) == (["shop.example.com"], ["443"])
    got = _in_clear(stack)
    assert (got.scheme, got.all("X-Forwarded-Port")) == ("http", ["80"])


@every_pair
def test_addresses_as_proxies_write_them(pair: Pair, start: Start) -> None:
    stack = start(pair, trusted_proxies=TRUSTED)
    for said, client in {
        "198.51.100.7": "198.51.100.7",
        "198.51.100.7:4711": "198.51.100.7",
        "6.6.6.6:1, 198.51.100.7:4711, 10.0.0.3": "198.51.100.7",
        "6.6.6.6,198.51.100.7:4711 ,10.0.0.3:77,10.0.0.4:1, 10.0.0.9": "198.51.100.7",
        "2001:db8::7": "2001:db8::7",
        "[2001:db8::7]:4711": "2001:db8::7",
        "[2001:db8::7], 10.0.0.3:1": "2001:db8::7",
        "1.2.3:4": "127.0.0.1",
        "unknown": "127.0.0.1",
        "1.1.1.1:1," * 1400 + "198.51.100.7:4711": "198.51.100.7",
    }.items():
        assert _told(stack, f"X-Forwarded-For: {said}").client == client, said[:80]
