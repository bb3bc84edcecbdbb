"""Renewed certificates, reloads and stops under load: no request is lost."""

from __future__ import annotations

import asyncio
import functools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography import x509
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from pulumi_sidecar.ports import listens
from tests.real.conftest import Start
from tests.support.pairs import HTTP_PAIRS, PAIRS, PROXIES, Pair, Stack
from tests.support.raw_http2 import RawHttp2
from tests.support.servers import until
from tests.support.wire import Wire

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=str)
each_proxy = pytest.mark.parametrize("pair", PROXIES, ids=str)


class Load:
    """Clients that ask all the time, some on new connections, some on kept ones; what went wrong is in `failures`."""

    def __init__(self, stack: Stack, *, fresh: int = 3, kept: int = 3) -> None:
        self._stack = stack
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.count = 0
        self.serials: list[int] = []
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._fresh, daemon=True) for _ in range(fresh)]
        self._threads += [threading.Thread(target=self._kept, daemon=True) for _ in range(kept)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *what: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def wait(self, more: int) -> None:
        """Until so many more requests were answered."""
        goal = self.count + more
        until(lambda: self.count >= goal or bool(self.failures), f"{more} more requests", 60)

    def ended_with(self, serials: list[int]) -> bool:
        """Whether the last new connections saw these certificates, or something failed."""
        return self.serials[-len(serials) :] == serials or bool(self.failures)

    def _done(self, wire: Wire, status: int, serial: bool = False) -> None:
        with self._lock:
            self.count += 1
            if serial:
                der = wire.tls.getpeercert(binary_form=True)
                assert der is not None
                self.serials.append(x509.load_der_x509_certificate(der).serial_number)
            if status != 200:
                self.failures.append(f"status {status}")

    def _fresh(self) -> None:
        while not self._stop.is_set():
            try:
                with self._stack.wire() as wire:
                    self._done(wire, wire.get("/load", "Connection: close").status, serial=True)
            except (OSError, EOFError) as error:
                self.failures.append(f"new connection: {error!r}")
                return

    def _kept(self) -> None:
        while not self._stop.is_set():
            try:
                with self._stack.wire() as wire:
                    self._done(wire, wire.get("/load").status)
                    while not self._stop.is_set():
                        # Like every client: an idle connection may be closed, then the request goes out again.
                        reply = wire.send(b"GET /load HTTP/1.1\r\nHost: localhost\r\n\r\n").try_reply()
                        if reply is None:
                            break
                        self._done(wire, reply.status)
            except (OSError, EOFError) as error:
                self.failures.append(f"kept connection, first request: {error!r}")
                return


def _cache_for_a_second(text: str) -> str:
    """The file says 60 s, which a test need not wait for."""
    return text.replace("valid=60s", "valid=1s")


@each_proxy
def test_certificate_swapped_under_load(pair: Pair, start: Start) -> None:
    stack = start(pair, edit=_cache_for_a_second)
    if pair.proxy == "nginx":
        assert "valid=1s" in (stack.folder / "config" / "nginx.conf").read_text()
    with Load(stack) as load:
        load.wait(50)
        assert set(load.serials) == {stack.leaf.serial}
        for _ in range(3):
            renewed = stack.new_leaf()
            if pair.proxy == "apache":
                stack.reload()  # in the pod a watcher of ..data does this
            until(functools.partial(load.ended_with, [renewed.serial] * 3), "the new certificate")
    assert load.failures == []


@each_proxy
def test_a_certificate_that_cannot_be_read_leaves_the_old_one_or_recovers(pair: Pair, start: Start) -> None:
    """Half a Secret is bad luck; once it is whole again, so is the site, without a restart."""
    stack = start(pair, edit=_cache_for_a_second)
    good = stack.authority.leaf()
    other = stack.authority.leaf()
    stack.tls.write(type(good)(good.certificate, other.key, good.serial))  # a pair that does not match
    if pair.proxy == "apache":
        pytest.skip("the watcher asks `httpd -t` first")
    with Load(stack, fresh=1, kept=0) as load:
        until(lambda: bool(load.failures), "the broken pair to be noticed")
    renewed = stack.new_leaf()

    def served() -> bool:
        try:
            with stack.wire() as wire:
                der = wire.tls.getpeercert(binary_form=True)
        except OSError:
            return False
        return der is not None and x509.load_der_x509_certificate(der).serial_number == renewed.serial

    until(served, "the whole pair")


@each_proxy
def test_reload_under_load(pair: Pair, start: Start) -> None:
    stack = start(pair)
    with Load(stack) as load:
        for _ in range(5):
            load.wait(100)
            stack.reload()
        load.wait(100)
    assert load.failures == []
    assert stack.proxy.process.poll() is None


@every_pair
def test_reload_lets_requests_finish(pair: Pair, start: Start) -> None:
    stack = start(pair)
    with ThreadPoolExecutor(1) as pool, stack.wire() as wire:
        waiting = pool.submit(wire.get, "/gate/reload")
        until(stack.gate("reload.arrived").exists, "the request to arrive")
        stack.reload()
        with stack.client() as client:
            assert client.get("/").status_code == 200
        stack.gate("reload").touch()
        assert waiting.result(20).body == b"through the gate"


@every_pair
def test_stop_lets_requests_finish(pair: Pair, start: Start) -> None:
    stack = start(pair)
    with ThreadPoolExecutor(2) as pool, stack.wire() as one, stack.wire() as two:
        waiting = pool.submit(one.get, "/gate/stop")
        halves = pool.submit(two.get, "/halves/half")
        _stop_under_way(stack, "stop", "half")
        assert waiting.result(20).body == b"through the gate"
        assert halves.result(20).body == b"first half, second half"
    assert stack.proxy.process.wait(20) == 0


@every_pair
def test_stop_lets_http2_streams_finish(pair: Pair, start: Start) -> None:
    stack = start(pair)
    with ThreadPoolExecutor(1) as pool, stack.wire_http2() as wire:
        client = RawHttp2(wire)
        client.ask([(":path", "/halves/stream")])
        halves = pool.submit(client.reply)
        _stop_under_way(stack, "stream")
        assert halves.result(20).body == b"first half, second half"
    assert stack.proxy.process.wait(20) == 0


def _stop_under_way(stack: Stack, *gates: str) -> None:
    """Ask the proxy to stop while requests wait at those gates; they go on once it no longer listens."""
    for gate in gates:
        until(stack.gate(f"{gate}.arrived").exists, "the request to arrive")
    stack.quit()
    until(lambda: not listens(stack.site.https_port), "the proxy to stop listening")
    for gate in gates:
        stack.gate(gate).touch()


@each_proxy
def test_stop_does_not_wait_for_what_hangs(pair: Pair, start: Start) -> None:
    stack = start(pair, drain_seconds=1)
    with stack.wire() as wire:
        wire.send(b"GET /gate/hangs HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until(stack.gate("hangs.arrived").exists, "the request to arrive")
        stack.quit()
        assert stack.proxy.process.wait(20) == 0
    stack.gate("hangs").touch()


@pytest.mark.parametrize("pair", HTTP_PAIRS, ids=str)
def test_stop_does_not_wait_for_websockets(pair: Pair, start: Start) -> None:
    stack = start(pair, drain_seconds=1)

    async def held() -> None:
        context = stack.authority.context(alpn=("http/1.1",))
        url = stack.url("/socket").replace("https", "wss")
        async with connect(url, ssl=context, compression=None, proxy=None, ping_interval=None) as socket:
            await socket.send("before")
            assert await socket.recv() == "before"
            stack.quit()
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 20)

    asyncio.run(held())
    assert stack.proxy.process.wait(20) == 0
