"""What passes between client and app: status, method, target, headers."""

from __future__ import annotations

import pytest

from tests.real.conftest import Start
from tests.support.pairs import HSTS, PAIRS, Pair, Stack, seen

pytestmark = pytest.mark.parametrize("pair", PAIRS, ids=str)


@pytest.mark.parametrize(
    "status", [200, 201, 204, 206, 304, 400, 401, 403, 404, 405, 409, 418, 429, 500, 502, 503, 504]
)
def test_status_codes_pass(stack: Stack, status: int) -> None:
    for http2 in (False, True):
        with stack.client(http2=http2) as client:
            response = client.get(f"/status/{status}")
            assert response.status_code == status
            assert response.text == ("" if status in {204, 304} else f"status {status}")


def test_redirects_of_the_app_pass_unchanged(stack: Stack) -> None:
    with stack.client() as client:
        response = client.get("/redirect")
    assert response.status_code == 302
    assert response.headers["location"] in {"/elsewhere?a=b", stack.url("/elsewhere?a=b")}


def test_every_cookie_passes(stack: Stack) -> None:
    with stack.client() as client:
        assert client.get("/cookies").headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_methods_pass(stack: Stack, method: str) -> None:
    with stack.client() as client:
        response = client.request(method, "/method", content=b"body" if method in {"POST", "PUT", "PATCH"} else None)
        assert response.status_code == 200
        if method == "HEAD":
            assert response.content == b""
            assert int(response.headers["content-length"]) > 0
        else:
            assert seen(response.content).method == method


def test_head_leaves_the_connection_usable(stack: Stack) -> None:
    with stack.wire() as wire:
        wire.send(b"HEAD /bytes/100 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        reply = wire.reply("HEAD")
        assert (reply.status, reply.get("Content-Length")) == (200, "100")
        assert wire.get("/status/201").status == 201


TARGETS = [
    "/",
    "/plain",
    "/a%2Fb",
    "//double//slashes//",
    "/a/../b",
    "/a/./b/",
    "/a/%2e%2e/c",
    "/a;p=1/b;q",
    "/caf%C3%A9/%E6%97%A5",
    "/q?a=b&c",
    "/q?",
    "/q?x=%20+%26&y=a/b?c",
    "/with%20space",
    "/percent%25",
    "/%41%7e",
    "/plus+and:colon@at!$'()*,=~-_.",
    "/quote%22%27%3C%3E",
    "/raw|pipe\\back^[x]{y}",
    '/raw"quote',
    "/caf\xc3\xa9",
]


@pytest.mark.parametrize("target", TARGETS)
def test_target_arrives_unchanged(stack: Stack, target: str) -> None:
    with stack.wire() as wire:
        reply = wire.get(target)
    assert reply.status == 200, reply
    got = seen(reply.body)
    assert got.target == target
    if not stack.pair.is_http:
        assert got.environ["QUERY_STRING"] == target.partition("?")[2]


@pytest.mark.parametrize("target", [target for target in TARGETS if target.isascii()])
def test_target_arrives_unchanged_from_http2(stack: Stack, target: str) -> None:
    with stack.client(http2=True) as client:
        response = client.get("/", extensions={"target": target.encode()})
    assert response.http_version == "HTTP/2"
    assert seen(response.content).target == target


@pytest.mark.parametrize("target", ["/..", "/../etc/passwd", "/%2e%2e/c", "/a/..%2f../../b"])
def test_targets_above_the_root_are_refused_or_arrive_unchanged(stack: Stack, target: str) -> None:
    with stack.wire() as wire:
        reply = wire.get(target)
    assert reply.status == 400 or seen(reply.body).target == target


def _same_host_port(stack: Stack) -> str:
    return f"localhost:{stack.site.https_port}"


@pytest.mark.parametrize("http2", [False, True])
def test_app_sees_scheme_host_and_client(stack: Stack, http2: bool) -> None:
    with stack.client(http2=http2) as client:
        got = seen(client.get("/").content)
    assert got.scheme == "https"
    assert got.client == "127.0.0.1"
    assert got.all("Host") == [_same_host_port(stack)]
    if stack.pair.is_http:
        assert got.all("X-Forwarded-Host") == [_same_host_port(stack)]
        assert got.all("X-Forwarded-Port") == ["443"]
        assert got.all("X-Real-IP") == ["127.0.0.1"]


def test_forwarded_port_is_the_one_that_clients_use(pair: Pair, start: Start) -> None:
    stack = start(pair, public_port=8443)
    with stack.client() as client:
        assert seen(client.get("/").content).all("X-Forwarded-Port") in (["8443"], [] if not pair.is_http else ["8443"])


SPOOFED = {
    "X-Forwarded-For": "198.51.100.66",
    "X-Forwarded-Proto": "spoofed",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "65535",  # no port of the test is so high
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "198.51.100.66",
    "Forwarded": "for=198.51.100.66;host=evil.example",
    "Proxy": "http://evil.example:3128",
    "X_Forwarded_For": "198.51.100.66",
    "X_Forwarded_Proto": "spoofed",
    "X_Real_IP": "198.51.100.66",
    "X-Forwarded_For": "198.51.100.66",
}


@pytest.mark.parametrize("http2", [False, True])
@pytest.mark.parametrize("name", SPOOFED)
def test_clients_cannot_claim_to_be_somebody_else(stack: Stack, name: str, http2: bool) -> None:
    with stack.client(http2=http2) as client:
        response = client.get("/", headers={name: SPOOFED[name]})
    got = seen(response.content)
    values = [value for key, value in got.echo["headers"] if key.lower() not in {"user-agent"}]
    assert SPOOFED[name] not in " ".join(values)
    assert "_" not in "".join(got.names)
    assert not got.all("Proxy")
    assert not got.all("Forwarded")
    assert (got.scheme, got.client) == ("https", "127.0.0.1")


def test_a_spoofed_header_sent_twice_is_dropped_twice(stack: Stack) -> None:
    with stack.wire() as wire:
        reply = wire.get("/", "X-Forwarded-For: 198.51.100.66", "X-Forwarded-For: 198.51.100.67")
    assert seen(reply.body).client == "127.0.0.1"
    assert b"198.51.100" not in reply.body


def test_other_headers_arrive(stack: Stack) -> None:
    sent = [
        "Authorization: Bearer abc.def",
        "Cookie: a=1; b=2",
        "Accept-Language: de",
        "X-Custom: \xc3\xbc \xff",
        'If-None-Match: "x"',
    ]
    with stack.wire() as wire:
        got = seen(wire.get("/", *sent).body)
    assert got.all("Authorization") == ["Bearer abc.def"]
    assert got.all("Cookie") == ["a=1; b=2"]
    assert got.all("Accept-Language") == ["de"]
    assert got.all("X-Custom") == ["\xc3\xbc \xff"]
    assert got.all("If-None-Match") == ['"x"']


def test_ranges_reach_the_app(pair: Pair, start: Start) -> None:
    """What the app answers with is its own business; Apache cuts a range out of a whole answer by itself."""
    stack = start(pair)
    with stack.client() as client:
        response = client.get("/bytes/100", headers={"Range": "bytes=0-9"})
    assert response.status_code in {200, 206}
    assert len(response.content) == (100 if response.status_code == 200 else 10)
    if pair.is_http:
        assert b"range: bytes=0-9\r\n" in stack.http_app.heads[0].lower()


def test_hop_by_hop_headers_stay_on_their_hop(stack: Stack) -> None:
    with stack.wire() as wire:
        got = seen(wire.get("/", "Connection: keep-alive", "Keep-Alive: timeout=5", "TE: gzip").body)
    assert "te" not in got.names or not stack.pair.is_http  # CGI variables are no hop
    assert not got.all("Connection") or got.all("Connection") in (["close"], ["keep-alive"], ["Keep-Alive"])


def test_no_host_in_http_1_0(stack: Stack) -> None:
    with stack.wire() as wire:
        reply = wire.send(b"GET /status/200 HTTP/1.0\r\n\r\n").reply()
    assert reply.status == (200 if stack.pair.proxy == "nginx" else 400)  # Apache's StrictHostCheck


@pytest.mark.parametrize("http2", [False, True])
def test_large_request_headers(stack: Stack, http2: bool) -> None:
    cookie = "c=" + "x" * 12 * 1024
    with stack.client(http2=http2) as client:
        response = client.get("/", headers={"Cookie": cookie})
    assert response.status_code == 200
    assert seen(response.content).all("Cookie") == [cookie]


@pytest.mark.parametrize("size", [4000, 12 * 1024])
def test_large_response_headers(stack: Stack, size: int) -> None:
    with stack.client() as client:
        response = client.get(f"/large-header/{size}")
    if size > 8192 and stack.pair.proxy == "apache" and not stack.pair.is_http:
        assert response.status_code == 502, "mod_proxy_uwsgi has 8 KiB for a header"
        return
    assert response.status_code == 200
    assert len(response.headers["x-large"]) == size


def test_too_large_request_headers_are_refused_with_a_short_page(stack: Stack) -> None:
    with stack.wire() as wire:
        reply = wire.get("/", "Cookie: " + "x" * 100_000)
    assert reply.status in {400, 414, 431}
    assert len(reply.body) < 1000


@pytest.mark.parametrize("path", ["/", "/own-hsts", "/status/404", "/status/500", "/status/204"])
@pytest.mark.parametrize("http2", [False, True])
def test_hsts_exactly_once(stack: Stack, path: str, http2: bool) -> None:
    with stack.client(http2=http2) as client:
        assert client.get(path).headers.get_list("strict-transport-security") == [HSTS]


def test_hsts_of_the_app_passes_where_the_proxy_sends_none(pair: Pair, start: Start) -> None:
    stack = start(pair, hsts=None)
    with stack.client() as client:
        assert client.get("/own-hsts").headers.get_list("strict-transport-security") == ["max-age=1"]
        assert "strict-transport-security" not in client.get("/").headers


def test_server_header_tells_no_version(stack: Stack) -> None:
    with stack.client() as client:
        for path in ("/", "/status/404"):
            assert not any(character.isdigit() for character in client.get(path).headers.get("server", ""))
