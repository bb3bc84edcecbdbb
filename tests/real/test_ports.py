"""The status port that the kubelet asks, and the port that redirects plain HTTP."""

from __future__ import annotations

import ssl
import threading

import pytest

from pulumi_sidecar.proxy.site import ALIVE_PATH, READY_PATH, Health
from tests.real.conftest import Start
from tests.support.pairs import HTTP_PAIRS, PAIRS, PROXIES, Pair, Stack
from tests.support.wire import Reply, Wire

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=str)
each_proxy = pytest.mark.parametrize("pair", PROXIES, ids=str)


def _probe(stack: Stack, path: str) -> Reply:
    """As the kubelet asks: nothing verified, no SNI, an IP address for a host."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with Wire(stack.site.status_port, context, server_name=None) as wire:
        lines = [f"Host: 127.0.0.1:{stack.site.status_port}", "User-Agent: kube-probe/1.34", "Accept: */*"]
        return wire.get(path, *lines, "Connection: close")


def _asked(pair: Pair, target: str) -> list[str]:
    """The request targets that the app saw. Apache leaves REQUEST_URI as it was asked; the app goes by PATH_INFO."""
    return [READY_PATH] if pair.proxy == "apache" and not pair.is_http else [target]


@every_pair
def test_alive_without_an_app(pair: Pair, start: Start) -> None:
    stack = start(pair, app_running=False)
    assert _probe(stack, ALIVE_PATH).status == 200
    assert not 200 <= _probe(stack, READY_PATH).status < 400
    stack.start_app()
    assert _probe(stack, READY_PATH).status == 200
    stack.app.stop()
    assert not 200 <= _probe(stack, READY_PATH).status < 400
    assert _probe(stack, ALIVE_PATH).status == 200
    stack.app.start()
    assert _probe(stack, READY_PATH).status == 200


@every_pair
@pytest.mark.parametrize("answer", ["200", "204", "302", "400", "401", "403", "404", "405", "429", "451"])
def test_any_answer_below_500_is_ready(pair: Pair, start: Start, answer: str) -> None:
    stack = start(pair, health=Health(f"/status/{answer}"))
    assert 200 <= _probe(stack, READY_PATH).status < 400
    assert stack.app.targets() == _asked(pair, f"/status/{answer}")


@every_pair
@pytest.mark.parametrize("answer", ["500", "502", "503", "504", "599"])
def test_no_answer_from_500_on_is_ready(pair: Pair, start: Start, answer: str) -> None:
    for any_below_500 in (True, False):
        stack = start(pair, health=Health(f"/status/{answer}", any_below_500=any_below_500))
        assert _probe(stack, READY_PATH).status >= 400


@every_pair
@pytest.mark.parametrize(
    ("answer", "ready"), [("200", True), ("302", True), ("401", False), ("404", False), ("451", False)]
)
def test_a_health_path_must_answer_below_400(pair: Pair, start: Start, answer: str, ready: bool) -> None:
    stack = start(pair, health=Health(f"/status/{answer}", any_below_500=False))
    assert (200 <= _probe(stack, READY_PATH).status < 400) is ready


@every_pair
def test_the_app_is_asked_under_its_own_name(pair: Pair, start: Start) -> None:
    """Frameworks refuse hosts that they do not know, and redirect to https where they think to be asked without."""
    stack = start(pair, health=Health("/healthz?full=1", host="web"))
    reply = _probe(stack, READY_PATH)
    assert reply.status == 200
    assert stack.app.targets() == _asked(pair, "/healthz?full=1")
    if pair.is_http:
        head = stack.http_app.heads[0].lower()
        assert b"\r\nhost: web\r\n" in head
        assert b"\r\nx-forwarded-proto: https\r\n" in head


@pytest.mark.parametrize("pair", HTTP_PAIRS, ids=str)
@pytest.mark.parametrize(
    "path", ["/a%2Fb", "//x", "/a%3Fb%25?x=%20y&z=//", "/caf%C3%A9", "/a/../b", "/a?b=//c", "/(a)~!*,=:@"]
)
def test_an_http_app_is_asked_as_written(pair: Pair, start: Start, path: str) -> None:
    stack = start(pair, health=Health(path))
    assert _probe(stack, READY_PATH).status == 200
    assert stack.app.targets() == [path]
    stack.app.stop()
    assert _probe(stack, READY_PATH).status == 502


@each_proxy
@pytest.mark.parametrize(("code", "ready"), [("302", True), ("404", True), ("503", False)])
def test_what_an_encoded_path_answers_counts(pair: Pair, start: Start, code: str, ready: bool) -> None:
    stack = start(pair, health=Health(f"/%73tatus/{code}"))
    assert (_probe(stack, READY_PATH).status < 400) is ready


@each_proxy
def test_status_port_serves_nothing_else_and_logs_nothing(pair: Pair, start: Start) -> None:
    stack = start(pair)
    for path in ("/", "/alive/x", "/ready/x", "/status/200", "/server-status", "/nginx_status"):
        assert _probe(stack, path).status == 404
    assert stack.app.targets() == []
    _probe(stack, READY_PATH)
    _probe(stack, ALIVE_PATH)
    assert stack.access_log() == []


@each_proxy
def test_alive_while_the_app_is_busy(pair: Pair, start: Start) -> None:
    stack = start(pair)
    threads = [threading.Thread(target=stack.wire().get, args=("/gate/busy",), daemon=True) for _ in range(50)]
    for thread in threads:
        thread.start()
    assert _probe(stack, ALIVE_PATH).status == 200
    stack.gate("busy").touch()
    for thread in threads:
        thread.join(20)


# --- plain HTTP -------------------------------------------------------------------------------------------------------


def _plain(stack: Stack, target: str, *lines: str) -> Reply:
    assert stack.site.redirect_port is not None
    with Wire(stack.site.redirect_port) as wire:
        return wire.get(target, *lines)


@each_proxy
@pytest.mark.parametrize("target", ["/", "/a/b?x=y&z=1", "/a%2Fb//c", "/caf%C3%A9?q=%20", "/a/../b", "/a?b=http://c/d"])
def test_redirect_keeps_path_and_query(stack: Stack, target: str) -> None:
    reply = _plain(stack, target, "Host: web.example:8080")
    assert reply.status == 308
    assert reply.get("Location") == f"https://web.example{target}"
    assert not reply.all("Strict-Transport-Security"), "RFC 6797, section 7.2: never over plain HTTP"


@each_proxy
def test_redirect_names_a_port_that_is_not_443(pair: Pair, start: Start) -> None:
    stack = start(pair, public_port=8443)
    assert _plain(stack, "/x", "Host: web.example").get("Location") == "https://web.example:8443/x"
    assert _plain(stack, "/x", "Host: [::1]:80").get("Location") == "https://[::1]:8443/x"


@each_proxy
def test_redirect_keeps_the_method(stack: Stack) -> None:
    assert stack.site.redirect_port is not None
    with Wire(stack.site.redirect_port) as wire:
        wire.send(b"POST /form HTTP/1.1\r\nHost: web.example\r\nContent-Length: 4\r\n\r\nbody")
        reply = wire.reply()
    assert (reply.status, reply.get("Location")) == (308, "https://web.example/form")


@each_proxy
@pytest.mark.parametrize("host", ["evil.example/x", "a b", 'a"b', "a\\b", "a@b/c"])
def test_redirect_does_not_carry_a_malformed_host(stack: Stack, host: str) -> None:
    reply = _plain(stack, "/x", f"Host: {host}")
    assert reply.status == 400 or "evil" not in "".join(reply.all("Location"))


@each_proxy
@pytest.mark.parametrize("target", ["/a%0d%0aX-Injected:%20yes", "/?a=%0d%0aX-Injected:%20yes", "//evil.example/"])
def test_redirect_cannot_be_split_or_led_away(stack: Stack, target: str) -> None:
    reply = _plain(stack, target, "Host: web.example")
    assert not reply.all("X-Injected")
    if reply.status == 308:
        assert reply.get("Location") == f"https://web.example{target}"


@each_proxy
def test_plain_http_on_the_https_port_is_refused(stack: Stack) -> None:
    with Wire(stack.site.https_port) as wire:
        reply = wire.send(b"GET /in-clear HTTP/1.1\r\nHost: localhost\r\n\r\n").try_reply()
    assert reply is None or reply.status == 400
    assert "/in-clear" not in stack.app.targets()
