"""The preStop hook of a native proxy: the server lets go of its clients and stays until the app has ended."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_sidecar.ports import listens
from pulumi_sidecar.proxy import drain_script, httpd, nginx
from tests.real.conftest import Start
from tests.real.test_lifecycle import Load
from tests.support import servers
from tests.support.pairs import PAIRS, PROXIES, Pair, Stack
from tests.support.raw_http2 import RawHttp2
from tests.support.servers import Server, until

each_proxy = pytest.mark.parametrize("pair", PROXIES, ids=str)


def drain(stack: Stack) -> Server:
    """Run the hook as the kubelet does, in the proxy's place, without its waits."""
    render = nginx.drain if stack.pair.proxy == "nginx" else httpd.drain
    script = stack.folder / "config" / drain_script.FILE
    script.write_text(render(stack.site, str(stack.folder / "config"), (0, 0)))
    binary = servers.nginx_binary() if stack.pair.proxy == "nginx" else servers.httpd_binary()
    path = f"{Path(binary).parent}:{os.environ['PATH']}"
    return Server(["sh", str(script)], stack.folder, "drain", nobody=True, env={"PATH": path})


def _done(hook: Server) -> None:
    assert hook.process.wait(30) == 0, hook.stderr.read_text()


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_requests_finish_idle_connections_close_and_the_server_stays(pair: Pair, start: Start) -> None:
    stack = start(pair)
    with ThreadPoolExecutor(1) as pool, stack.wire() as busy, stack.wire() as idle:
        assert idle.get("/").status == 200
        waiting = pool.submit(busy.get, "/gate/drain")
        until(stack.gate("drain.arrived").exists, "the request to arrive")
        _done(drain(stack))
        assert idle.closed()
        stack.gate("drain").touch()
        reply = waiting.result(20)
        assert reply.body == b"through the gate"
        assert busy.closed()
    assert stack.proxy.process.poll() is None
    with stack.client() as client:
        assert client.get("/").status_code == 200


@each_proxy
def test_http2_clients_are_told_to_go_away(pair: Pair, start: Start) -> None:
    stack = start(pair)
    with ThreadPoolExecutor(1) as pool, stack.wire_http2() as wire:
        client = RawHttp2(wire)
        client.ask([(":path", "/gate/stream")])
        waiting = pool.submit(client.reply)
        until(stack.gate("stream.arrived").exists, "the request to arrive")
        _done(drain(stack))
        stack.gate("stream").touch()
        reply = waiting.result(20)
        assert reply.body == b"through the gate"
        assert reply.goaway or RawHttp2.reply(client).goaway


@each_proxy
def test_drain_under_load(pair: Pair, start: Start) -> None:
    stack = start(pair)
    with Load(stack) as load:
        load.wait(100)
        _done(drain(stack))
        load.wait(100)
    assert load.failures == []


@each_proxy
def test_a_server_that_would_not_survive_a_reload_is_told_to_stop(pair: Pair, start: Start) -> None:
    """A Secret that is broken in place, and goes on being served from memory, must not end requests at the drain."""
    stack = start(pair)
    with ThreadPoolExecutor(1) as pool, stack.wire() as wire:
        waiting = pool.submit(wire.get, "/gate/broken")
        until(stack.gate("broken.arrived").exists, "the request to arrive")
        if pair.proxy == "apache":
            good = stack.leaf
            stack.tls.write(type(good)(good.certificate, stack.authority.leaf().key, good.serial))
        else:
            with (stack.folder / "config" / nginx.FILE).open("a") as file:
                file.write("nonsense;\n")
        _done(drain(stack))
        until(lambda: not listens(stack.site.https_port), "the proxy to stop listening")
        stack.gate("broken").touch()
        assert waiting.result(20).body == b"through the gate"
    assert stack.proxy.process.wait(20) == 0


@each_proxy
def test_the_script_is_posix_shell(pair: Pair, start: Start) -> None:
    stack = start(pair)
    _done(drain(stack))
    script = stack.folder / "config" / drain_script.FILE
    subprocess.run(["sh", "-n", str(script)], check=True)
