"""The cluster tests' counting client, without a cluster: what it counts as a failure, and what not."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.cluster import table
from tests.cluster.table import Counts, Recovery, Remark
from tests.support.pki import Ca
from tests.support.servers import free_port

HERE = Path(__file__).parent / "cluster"
KINDS = {"kept": 2, "new": 1, "download": 1, "upload": 1, "websocket": 1}


@contextlib.contextmanager
def app(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The app that the cluster tests put behind the proxy."""
    environment = {**os.environ, "NAME": "shop", "VERSION": "1", "PORT": str(port)}
    process = subprocess.Popen([sys.executable, HERE / "apps" / "http_app.py"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Counting:
    """A run of the client."""

    def __init__(self, folder: Path, port: int, **asked: Any) -> None:
        self.stop_file = folder / "stop"
        usual = {"do": "count", "url": f"http://127.0.0.1:{port}", "ca": "", "kinds": KINDS, "transfer_seconds": 0.5}
        self.result_file = folder / "result"
        words = json.dumps({**usual, **asked, "stop": str(self.stop_file), "result": str(self.result_file)})
        self.process = subprocess.Popen([sys.executable, HERE / "client", words], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        assert self.process.stdout.readline() == "steady\n"

    def counts(self) -> Counts:
        """What it saw."""
        self.stop_file.touch()
        words, _ = self.process.communicate(timeout=120)
        assert self.result_file.read_text() == words.strip(), "for kubectl, which may lose what is printed"
        return Counts("case", **json.loads(words))


def test_good_answers_of_every_kind(tmp_path: Path) -> None:
    port = free_port()
    with app(port):
        seen = Counting(tmp_path, port, expect="hello from shop").counts()
    assert seen.none_failed(at_least=30).again == 0
    assert seen.seconds >= 3, "though it was stopped at once"
    assert seen.kinds.keys() == KINDS.keys()
    assert sum(seen.kinds.values()) == seen.requests


def test_content_that_is_not_as_expected(tmp_path: Path) -> None:
    port = free_port()
    with app(port):
        seen = Counting(tmp_path, port, expect="hello from another shop", kinds={"kept": 1, "new": 1}).counts()
    assert seen.failed.keys() == {"kept wrong content", "new wrong content"}
    assert seen.losses == seen.requests


def test_an_app_that_is_gone_for_a_while(tmp_path: Path) -> None:
    port = free_port()
    with app(port) as first:
        counting = Counting(tmp_path, port, transfer_seconds=10)
        time.sleep(5)  # by then a download has begun, and goes on for long
        first.kill()
        first.wait()
    time.sleep(3)
    with app(port):
        time.sleep(2)
        seen = counting.counts()
    assert {"new ConnectionRefusedError", "download IncompleteRead"} <= seen.failed.keys(), seen
    assert any(word.startswith("websocket not open at the first try") for word in seen.failed), seen
    assert seen.again > 0, "the websocket was closed by the server"
    assert seen.outage > 0.5
    assert len(seen.details) > 1
    with pytest.raises(AssertionError):
        seen.none_failed(1)


def test_a_kind_that_was_never_counted_is_no_success() -> None:
    seen = Counts("case", 1000, 0, {}, 5.0, {"kept": 1000, "upload": 0})
    with pytest.raises(AssertionError):
        seen.none_failed()
    assert replace(seen, kinds={"kept": 1000}).none_failed()


def _serve_in_turn(server: socket.socket, contexts: Sequence[ssl.SSLContext]) -> None:
    for context in contexts:
        connection, _ = server.accept()
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(1)


def test_the_serial_numbers_of_new_connections(tmp_path: Path) -> None:
    authority = Ca("test CA")
    old, new = authority.issue(), authority.issue()
    contexts = [each.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) for each in (old, old, new)]
    result = tmp_path / "result"

    def seen(port: int, connections: int) -> set[int | None]:
        asked = {"do": "serials", "url": "https://localhost", "ca": authority.pem, "address": ["127.0.0.1", port]}
        words = json.dumps({**asked, "connections": connections, "result": str(result)})
        subprocess.run([sys.executable, HERE / "client", words], check=True, timeout=60)
        return {int(each, 16) if each else None for each in json.loads(result.read_text())["serials"]}

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve_in_turn, args=(server, contexts), daemon=True).start()
        numbers = [x509.load_pem_x509_certificate(each.cert.encode()).serial_number for each in (old, new)]
        assert seen(server.getsockname()[1], 1) == {numbers[0]}
        assert seen(server.getsockname()[1], 2) == set(numbers)
    assert seen(free_port(), 2) == {None}


def test_the_table() -> None:
    seen = Counts("b: update", 1000, 3, {"new 502": 2, "kept 502": 1}, 5.0, {"kept": 1000})
    none = Counts("a: update", 20, 0, {}, 0.1, {"kept": 20})
    found = [seen, none, Recovery("b: killed", 1.25, 3.0), Remark("policy", "not enforced")]
    properties = json.loads(json.dumps([table.packed(each) for each in found]))
    assert [table.unpacked(*each) for each in properties] == found
    assert table.tables(found) == (
        "| case      | requests | failed | again | per second | kinds of failure        |\n"
        "| --------- | -------: | -----: | ----: | ---------: | ----------------------- |\n"
        "| a: update |       20 |      0 |     0 |        200 |                         |\n"
        "| b: update |     1000 |      3 |     3 |        200 | kept 502: 1, new 502: 2 |\n"
        "\n"
        "| case      | seconds with failures | seconds until Ready |\n"
        "| --------- | --------------------: | ------------------: |\n"
        "| b: killed |                   1.2 |                 3.0 |\n"
        "\n"
        "policy: not enforced\n"
    )
