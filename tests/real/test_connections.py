"""Connections: reused on both sides, many at once, and apps that are slow, absent or restarted."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_sidecar.proxy.site import Timeouts
from tests.real.conftest import Start
from tests.support.pairs import HTTP_PAIRS, PAIRS, Pair, Stack, seen
from tests.support.servers import until

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=str)
http_only = pytest.mark.parametrize("pair", HTTP_PAIRS, ids=str)


@every_pair
def test_many_requests_on_one_client_connection(stack: Stack) -> None:
    with stack.wire() as wire:
        for number in range(200):
            assert seen(wire.get(f"/keep/{number}").body).target == f"/keep/{number}"


@every_pair
def test_pipelined_requests_are_answered_in_order(stack: Stack) -> None:
    with stack.wire() as wire:
        wire.send(b"".join(b"GET /pipe/%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number for number in range(20)))
        assert [seen(wire.reply().body).target for _ in range(20)] == [f"/pipe/{number}" for number in range(20)]


@http_only
def test_app_connections_are_reused(pair: Pair, start: Start) -> None:
    stack = start(pair)
    before = stack.http_app.connections
    for _ in range(5):
        with stack.wire() as wire:
            for _ in range(100):
                assert wire.get("/reuse").status == 200
    assert stack.http_app.targets().count("/reuse") == 500
    assert stack.http_app.connections - before <= 50


@http_only
@pytest.mark.parametrize(("method", "announced"), [("GET", False), ("GET", True), ("POST", True)])
def test_nothing_is_lost_when_the_app_closes_after_each_answer(
    pair: Pair, start: Start, method: str, announced: bool
) -> None:
    """As Node and gunicorn do after a number of requests. A GET survives even a close without a word.

    Apache does not repeat it: it closes the client's connection then, so that the client does.

    A POST does not: nobody can know whether the app got it, so no proxy may repeat it.
    """
    if pair.proxy == "apache" and not announced:
        pytest.skip("Apache leaves the repetition to the client")
    stack = start(pair)
    stack.http_app.one_request_each = True
    stack.http_app.announce_close = announced
    body = b"body" if method == "POST" else None
    with stack.client() as client:
        codes = [client.request(method, f"/lost/{number}", content=body).status_code for number in range(200)]
    assert codes.count(200) == 200
    targets = [target for target in stack.app.targets() if target.startswith("/lost/")]
    assert sorted(targets) == sorted(f"/lost/{number}" for number in range(200)), "each exactly once"


@http_only
def test_no_post_is_lost_when_the_app_closes_idle_connections(pair: Pair, start: Start) -> None:
    """The app closes after 2 s, as the shortest defaults do (gunicorn). Requests come at all distances around that."""
    stack = start(pair, idle_seconds=2.0)
    pauses = [0.0, 0.9, 1.0, 1.1, 1.9, 1.98, 2.0, 2.02, 2.1]

    def client_with(pause: float) -> list[int]:
        with stack.client() as client:
            codes = [client.post("/idle", content=b"body").status_code]
            threading.Event().wait(pause)  # not a wait for something: the distance is what is tested
            return [*codes, client.post("/idle", content=b"body").status_code]

    with ThreadPoolExecutor(len(pauses) * 4) as pool:
        codes = [code for found in pool.map(client_with, pauses * 4) for code in found]
    assert codes == [200] * len(codes)
    assert stack.app.targets().count("/idle") == len(codes)


@http_only
def test_app_connections_are_not_used_again_after_two_seconds(pair: Pair, start: Start) -> None:
    """gunicorn closes idle connections after 2 s, others after 5: a request into a closing one is a lost POST."""
    stack = start(pair)
    with stack.wire() as wire:
        wire.get("/first")
        before = stack.http_app.connections
        threading.Event().wait(1.9)  # not a wait for something: the distance is what is tested
        wire.get("/second")
    assert stack.http_app.connections == before + 1


@every_pair
@pytest.mark.parametrize("http2", [False, True])
def test_100_parallel_clients(stack: Stack, http2: bool) -> None:
    barrier = threading.Barrier(100)

    def one(number: int) -> list[str]:
        barrier.wait()
        with stack.client(http2=http2) as client:
            return [seen(client.get(f"/parallel/{number}/{turn}").content).target for turn in range(3)]

    with ThreadPoolExecutor(100) as pool:
        found = list(pool.map(one, range(100)))
    assert found == [[f"/parallel/{number}/{turn}" for turn in range(3)] for number in range(100)]


@every_pair
def test_100_requests_wait_in_the_app_at_once(pair: Pair, start: Start) -> None:
    """Slow requests do not stop others. uWSGI has 32 threads here."""
    stack = start(pair)
    count = 100 if pair.is_http else 20
    with ThreadPoolExecutor(count) as pool, stack.client() as client:
        waiting = [pool.submit(client.get, f"/gate/{number}") for number in range(count)]
        until(lambda: len(list(stack.folder.glob("*.arrived"))) == count, "all requests to arrive at the app")
        with stack.wire() as wire:
            assert wire.get("/status/200").status == 200
        for number in range(count):
            stack.gate(str(number)).touch()
        assert {future.result().status_code for future in waiting} == {200}


@every_pair
def test_app_absent_then_there_then_restarted(pair: Pair, start: Start) -> None:
    stack = start(pair, app_running=False)
    with stack.client() as client:
        for _ in range(3):
            response = client.get("/", headers={"Accept": "text/html"})
            assert response.status_code in {502, 503}
            assert len(response.content) < 1000
            assert response.headers.get_list("strict-transport-security") == [stack.site.hsts]
        stack.start_app()
        assert client.get("/").status_code == 200, "at the first request after the app came"
        assert client.post("/", content=b"x").status_code == 200
        stack.app.stop()
        assert client.get("/").status_code in {502, 503}
        stack.app.start()
        assert client.post("/", content=b"x").status_code == 200, "at the first request after the restart"


@every_pair
def test_app_slower_than_the_read_timeout(pair: Pair, start: Start) -> None:
    stack = start(pair, timeouts=Timeouts(read_seconds=1))
    with stack.client() as client:
        response = client.get("/gate/never")
        # Apache does not tell why a uWSGI app gave no answer.
        assert response.status_code == (502 if pair.proxy == "apache" and not pair.is_http else 504)
        assert len(response.content) < 1000
        stack.gate("never").touch()
        until(lambda: client.get("/").status_code == 200, "an answer in time")


@http_only
def test_app_that_accepts_and_says_nothing(pair: Pair, start: Start) -> None:
    """A process that hangs: its kernel still accepts."""
    stack = start(pair, app_running=False, timeouts=Timeouts(connect_seconds=1, read_seconds=1))
    address = stack.site.backend.address
    family = socket.AF_UNIX if hasattr(address, "path") else socket.AF_INET
    with socket.socket(family) as deaf, stack.client() as client:
        if family == socket.AF_INET:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        deaf.bind(address.path if hasattr(address, "path") else (address.host, address.port))
        deaf.listen(5)
        if hasattr(address, "path"):
            stack.folder.joinpath("app.sock").chmod(0o666)
        assert client.get("/").status_code == 504


@every_pair
def test_app_that_stops_in_the_middle_of_an_answer(pair: Pair, start: Start) -> None:
    """The client sees a broken answer, not a complete one that lacks its end.

    For uWSGI only where the app tells a length: the protocol's own end of an answer is the end of the connection.
    """
    # Apache ends a broken answer of a uWSGI app with the connection, which it keeps for this long.
    stack = start(pair, timeouts=Timeouts(keepalive_seconds=1))
    path = "/halves/broken" if pair.is_http else "/halves/broken/sized"
    with stack.wire() as wire:
        wire.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        until(stack.gate("broken.arrived").exists, "the request to arrive at the app")
        stack.app.stop()
        reply = wire.try_reply()
        assert reply is None or reply.status in {502, 503}
    stack.app.start()
    with stack.client() as client:
        until(lambda: client.get("/").status_code == 200, "the app to be back")


@every_pair
def test_slow_client_headers_time_out(pair: Pair, start: Start) -> None:
    stack = start(pair, timeouts=Timeouts(client_header_seconds=1))
    with stack.client() as client:
        assert client.get("/").status_code == 200
        with stack.wire() as wire:
            wire.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            assert client.get("/").status_code == 200, "others are served meanwhile"
            reply = wire.try_reply()
            assert reply is None or reply.status == 408
            assert wire.closed()


@every_pair
def test_slow_client_body_times_out(pair: Pair, start: Start) -> None:
    stack = start(pair, timeouts=Timeouts(client_body_seconds=1))
    with stack.wire() as wire:
        wire.send(b"POST /slow-body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nx")
        reply = wire.try_reply()
        # Apache takes whatever goes wrong between client and uWSGI app for the app's fault.
        refusals = {502} if pair.proxy == "apache" and not pair.is_http else {408, 400}
        assert reply is None or reply.status in refusals
        assert wire.closed()


@every_pair
def test_idle_client_connections_are_closed(pair: Pair, start: Start) -> None:
    stack = start(pair, timeouts=Timeouts(keepalive_seconds=1))
    with stack.wire() as wire:
        assert wire.get("/").status == 200
        assert wire.closed()


@every_pair
def test_client_that_goes_away_does_no_harm(stack: Stack) -> None:
    for _ in range(20):
        with stack.wire() as wire:
            wire.send(b"GET /bytes/10000000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with stack.wire() as wire:
            wire.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")
    with stack.client() as client:
        assert client.get("/status/200").status_code == 200
