"""Directives of the user's own, and applications below a path."""

from __future__ import annotations

import re

import pytest

from pulumi_sidecar.proxy.site import Backend, Extra, FastCgi, Grpc, Http, Tcp, Uwsgi
from tests.real.conftest import Start
from tests.support import servers
from tests.support.app import HttpApp
from tests.support.pairs import HSTS, HTTP_PAIRS, NGINX_PAIRS, PAIRS, PROXIES, Pair, Seen, Stack, seen

nginx_only = pytest.mark.parametrize("pair", NGINX_PAIRS[:1], ids=str)


def _shop() -> Backend:
    return Uwsgi(Tcp(servers.free_port()), "/shop")


# --- HSTS -------------------------------------------------------------------------------------------------------------

OWN = {"nginx": "add_header X-Own yes always;", "apache": "Header always set X-Own yes"}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_header_of_ones_own_takes_no_other_away(pair: Pair, start: Start) -> None:
    stack = start(pair, extra=Extra(location=OWN[pair.proxy]))
    with stack.wire() as wire:
        for path in ("/", "/own-hsts", "/status/404", "/status/500"):
            reply = wire.get(path)
            assert (reply.all("X-Own"), reply.all("Strict-Transport-Security")) == (["yes"], [HSTS]), path


@nginx_only
@pytest.mark.parametrize("backend", [Http, Uwsgi, FastCgi, Grpc])
def test_hsts_for_every_protocol(pair: Pair, start: Start, backend: type[Backend]) -> None:
    """The app is not there: the answer is the proxy's own."""
    made = backend(Tcp(servers.free_port()))
    stack = start(pair, app_running=False, backend=made, extra=Extra(location=OWN["nginx"]))
    with stack.wire() as wire:
        assert wire.get("/").all("Strict-Transport-Security") == [HSTS]


@nginx_only
@pytest.mark.parametrize(
    ("extra", "hsts"),
    [
        (Extra("add_header X-Server 1;", "# add_header X 1"), [HSTS]),
        (Extra("add_header X-Server 1;", "client_max_body_size 1m;"), [HSTS]),
        (Extra("add_header X-Server 1;", 'add_header Strict-Transport-Security "max-age=7";'), ["max-age=7"]),
        (Extra("", "add_header X-Own 1; # Strict-Transport-Security is the argument hsts"), [HSTS]),
        (Extra("", "add_header X-Own 1; proxy_hide_header Strict-Transport-Security;"), [HSTS]),
        (Extra("", '"add_header" X-Own "#";'), [HSTS]),
        (Extra("", "add_header X 1; if ($request_method = PUT) { add_header Strict-Transport-Security a; }"), [HSTS]),
        (Extra("", "if ($request_method = PUT) { add_header_inherit on; } add_header X 1;"), [HSTS]),
        (Extra("", """add_header X "'#"; 'add_header' "strict-transport-security" max-age=7;"""), ["max-age=7"]),
    ],
)
def test_hsts_is_not_said_twice(pair: Pair, start: Start, extra: Extra, hsts: list[str]) -> None:
    stack = start(pair, extra=extra)
    with stack.wire() as wire:
        assert wire.get("/").all("Strict-Transport-Security") == hsts


@nginx_only
def test_headers_of_the_server_stay_where_the_location_has_none(pair: Pair, start: Start) -> None:
    stack = start(pair, extra=Extra("add_header X-Server 1;", "client_max_body_size 1m;"))
    with stack.wire() as wire:
        assert wire.get("/").all("X-Server") == ["1"]


# --- redirects --------------------------------------------------------------------------------------------------------

MOVED = {
    "nginx": Extra(server="location = /old { return 301 /new; }"),
    "apache": Extra(server='RewriteEngine On\nRewriteRule "^/old$" /new [R=301,L]'),
}


@pytest.mark.parametrize("pair", PROXIES, ids=str)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_redirects_of_ones_own_name_no_port_of_the_container(pair: Pair, start: Start, version: str) -> None:
    stack = start(pair, public_port=4443, extra=MOVED[pair.proxy])
    with stack.wire() as wire:
        reply = wire.send(f"GET /old HTTP/{version}\r\nHost: shop.example.com\r\n\r\n".encode()).reply()
    assert reply.status == 301
    assert reply.get("Location") in {"/new", "https://shop.example.com:4443/new"}


# --- an application below a path --------------------------------------------------------------------------------------

WSGI_PAIRS = tuple(pair for pair in PAIRS if pair.protocol == "uwsgi-tcp")


def _mounted(stack: Stack, target: str) -> Seen | int:
    with stack.wire() as wire:
        reply = wire.get(target, "Host: shop.example.com")
    return seen(reply.body) if reply.status == 200 else reply.status


@pytest.mark.parametrize("pair", WSGI_PAIRS, ids=str)
def test_an_application_below_a_path(pair: Pair, start: Start) -> None:
    stack = start(pair, backend=_shop())
    for target, path in {
        "/shop": "",
        "/shop/": "/",
        "/shop/x": "/x",
        "/shop//": "//",
        "/shop//x": "//x",
        "/shop///x//y?a=//b": "///x//y",
        "/shop//a%20b%25%5C$1": "//a b%\\$1",
        "/shop/a%3Fb": "/a?b",
    }.items():
        got = _mounted(stack, target)
        assert isinstance(got, Seen), (target, got)
        # Apache makes one slash of those at the beginning of PATH_INFO.
        told = path if pair.proxy == "nginx" else "/" + path.lstrip("/")
        assert (got.environ["SCRIPT_NAME"], got.environ["PATH_INFO"]) == ("/shop", told), target
        assert got.environ["REQUEST_URI"] == target
    for target in ("/", "/shopping", "/shop%0A", "/shop.x/y", "/Shop/", "/x/shop/"):
        assert _mounted(stack, target) == 404, target


@pytest.mark.parametrize("pair", WSGI_PAIRS, ids=str)
def test_the_port_is_the_one_that_clients_use(pair: Pair, start: Start) -> None:
    for port in (443, 8443):
        stack = start(pair, public_port=port)
        got = _mounted(stack, "/x")
        assert isinstance(got, Seen)
        assert (got.environ["SERVER_NAME"], got.environ["SERVER_PORT"]) == ("shop.example.com", str(port))


@pytest.mark.parametrize("pair", WSGI_PAIRS[:1], ids=str)
def test_locations_of_ones_own_below_a_path(pair: Pair, start: Start) -> None:
    """And what is said of the place holds for the mount point as well as for what is below it."""
    text = "location /shop/api/ { return 418; } location ~ [.]php$ { return 403; } if ($arg_no) { return 402; }"
    stack = start(pair, backend=_shop(), extra=Extra(location=text))
    for target, status in {"/shop/api/x": 418, "/shop/a.php": 403, "/shop/x?no=1": 402, "/shop?no=1": 402}.items():
        assert _mounted(stack, target) == status, target
    assert [isinstance(_mounted(stack, target), Seen) for target in ("/shop", "/shop/", "/shop/x")] == [True] * 3
    assert [_mounted(stack, target) for target in ("/shopping", "/shop.php", "/")] == [404] * 3


@pytest.mark.parametrize("pair", HTTP_PAIRS[:1], ids=str)
def test_locations_of_ones_own(pair: Pair, start: Start) -> None:
    stack = start(pair, extra=Extra(location="location /api/ { return 418; }"))
    with stack.wire() as wire:
        assert [wire.get(path).status for path in ("/api/x", "/x")] == [418, 200]


TEXT = {"nginx": "return 200 'a\n  b\n';", "apache": 'Header always set X-Text "a\\\n  b"'}


@pytest.mark.parametrize("pair", PROXIES, ids=str)
def test_values_of_several_lines_are_as_they_were_written(pair: Pair, start: Start) -> None:
    stack = start(pair, extra=Extra(location=TEXT[pair.proxy]))
    with stack.wire() as wire:
        reply = wire.get("/")
    assert (reply.body if pair.proxy == "nginx" else reply.get("X-Text")) in (b"a\n  b\n", "a  b")


@pytest.mark.parametrize("pair", HTTP_PAIRS, ids=str)
def test_other_spellings_of_our_headers_never_pass(pair: Pair, start: Start) -> None:
    """nginx lets names with underscores through where it is told to; Apache always does."""
    text = "underscores_in_headers on;" if pair.proxy == "nginx" else ""
    stack = start(pair, extra=Extra(server=text))
    claims = ("X_Forwarded_For", "X-Forwarded_Proto", "X_Real-IP", "Content_Length", "X_Api_Key")
    lines = "".join(f"{name}: 1\r\n" for name in claims)
    with stack.wire() as wire:
        reply = wire.send(f"GET / HTTP/1.1\r\nHost: shop.example.com\r\n{lines}\r\n".encode()).reply()
    assert reply.status == 200
    assert isinstance(stack.app, HttpApp)
    (head,) = stack.app.heads
    assert re.findall(rb"(?m)^(\S*_\S*): 1\r$", head) == [b"X_Api_Key"]
