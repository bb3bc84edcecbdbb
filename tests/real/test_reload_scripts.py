"""The scripts that run a server and reload it: how they end, and that they leave nothing behind."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pulumi_sidecar.proxy import httpd, watch
from pulumi_sidecar.proxy.site import Http, Site, Tcp, TlsFiles
from tests.support import servers
from tests.support.client_auth import Set
from tests.support.pairs import ProxyKind
from tests.support.servers import until

PROXIES: tuple[ProxyKind, ...] = ("nginx", "apache")


def _below(process: int) -> set[int]:
    """The processes that this one started, and theirs."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if stat[0] != "Z":
                parents[int(folder.name)] = int(stat[1])
    found, more = set[int](), {process}
    while more:
        more = {child for child, parent in parents.items() if parent in more}
        found |= more
    return found


def _alive(processes: set[int]) -> set[int]:
    alive = set()
    for number in processes:
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                alive.add(number)
        except OSError:
            continue
    return alive


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGTERM, signal.SIGWINCH, signal.SIGINT])
def test_the_script_ends_with_its_server_and_leaves_nothing(proxy: ProxyKind, number: signal.Signals) -> None:
    if proxy == "nginx" and number == signal.SIGWINCH:
        pytest.skip("no signal of nginx in the foreground")
    made = Set(proxy, "required")
    try:
        process = made.proxy.server.process
        # A server that listens may not heed signals yet; one that answers does.
        until(lambda: made.proxy.word(made.context("right")) == "200", "an answer")
        assert Path(f"/proc/{process.pid}/exe").resolve().name in ("dash", "sh", "bash", "busybox")
        started = _below(process.pid)
        assert len(started) >= 3, "server, workers, watcher"
        process.send_signal(number)
        code = process.wait(20)
        assert code == 0, code
        until(lambda: not _alive(started), f"all to be gone: {_alive(started)}", 5)
    finally:
        made.proxy.stop()


def _hardly_looking(script: str) -> str:
    """Looks once an hour: what the script notices before, it notices without looking."""
    changed = script.replace(f"sleep {watch.INTERVAL_SECONDS} ", "sleep 3600 ")
    assert changed != script
    return changed


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize(("server", "code"), [("exit 7", 7), ("kill -9 $$", 137), ("sleep 0.2; exit 3", 3)])
def test_the_exit_code_is_the_servers(shell: str, server: str, code: int, tmp_path: Path) -> None:
    script = tmp_path / "watch.sh"
    script.write_text(_hardly_looking(watch.script(("sh", "-c", server), "HUP", (str(tmp_path),))))
    assert subprocess.run([shell, script], timeout=60, check=False).returncode == code


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("name", ["TERM", "QUIT", "INT", "WINCH"])
def test_a_signal_is_passed_on_and_a_slow_server_is_waited_for(shell: str, name: str, tmp_path: Path) -> None:
    server = (
        "import signal, sys, time, pathlib\n"
        # Python, unlike nginx, no longer heeds its handlers while it ends.
        f"def end(*_): signal.signal(signal.SIG{name}, signal.SIG_IGN); time.sleep(1.5); sys.exit(5)\n"
        f"signal.signal(signal.SIG{name}, end)\n"
        f"pathlib.Path({str(tmp_path)!r}, 'up').touch()\n"
        "while True: time.sleep(60)"
    )
    script = tmp_path / "watch.sh"
    script.write_text(watch.script((sys.executable, "-c", server), "HUP", (str(tmp_path),)))
    process = subprocess.Popen([shell, script])
    try:
        until((tmp_path / "up").exists, "the server")
        time.sleep(0.2)
        started = _below(process.pid)
        process.send_signal(getattr(signal, f"SIG{name}"))
        time.sleep(0.3)
        process.send_signal(getattr(signal, f"SIG{name}"))  # impatience changes nothing
        assert process.wait(20) == 5
        until(lambda: not _alive(started), "all to be gone", 5)
    finally:
        if process.poll() is None:
            process.kill()


def test_a_server_that_does_not_start_ends_the_container_at_once(tmp_path: Path) -> None:
    binary = servers.need(servers.nginx_binary)
    config = tmp_path / "nginx.conf"
    config.write_text("nonsense on;")
    script = tmp_path / "watch.sh"
    text = watch.script((binary, "-c", str(config), "-g", "daemon off;"), "HUP", (str(tmp_path),))
    script.write_text(_hardly_looking(text))
    assert subprocess.run(["dash", script], capture_output=True, timeout=60, check=False).returncode == 1


AT_THE_WORST_MOMENT = """\
set -T
told=''
meddle() {
    [ -z "${server:-}" ] || [ "$BASHPID" = "$$" ] || [ "$!" = "$server" ] || [ -n "$told" ] || {
        told=yes
        kill -TERM "$BASHPID"
    }
}
trap meddle DEBUG
"""
"""For bash: a subshell gets TERM right after it has started a process, before any variable can name that."""


def test_the_watcher_takes_its_nap_along(tmp_path: Path) -> None:
    text = watch.script(("sh", "-c", "sleep 1; exit 3"), "HUP", (str(tmp_path),), AT_THE_WORST_MOMENT)
    assert _without_leftovers(_hardly_looking(text), tmp_path) == 3


@pytest.mark.parametrize("stopped", [False, True])
def test_the_watcher_of_httpd_takes_its_nap_along(stopped: bool, tmp_path: Path) -> None:
    """The second one waits for an httpd that does not stop."""
    goes_on = "for _ in $(seq 300); do sleep 0.1; done"
    server = f"trap 'sleep 1; exit 3' WINCH; kill -TERM $PPID; {goes_on}" if stopped else "sleep 1; exit 3"
    (tmp_path / "httpd").write_text(f"#!/bin/sh\n{server}\n")
    (tmp_path / "httpd").chmod(0o700)
    site = Site(Http(Tcp(8080)), TlsFiles("/tls/tls.crt", "/tls/tls.key"), str(tmp_path), drain_seconds=3600)
    text = httpd.render(site, "/config")["httpd.sh"].replace("set -u\n", f"set -u\n{AT_THE_WORST_MOMENT}", 1)
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PULUMI_SIDECAR_RELOAD_SECONDS": "3600"}
    assert _without_leftovers(text, tmp_path, variables) == 3


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_a_signal_before_httpd_is_watched(shell: str, tmp_path: Path) -> None:
    """What waits for the end of a stopping server is not taken for the watcher."""
    up = shlex.quote(str(tmp_path / "up"))
    (tmp_path / "httpd").write_text(f"#!/bin/sh\ntrap 'exit 3' WINCH\ntouch {up}\nwhile :; do sleep 0.1; done\n")
    (tmp_path / "httpd").chmod(0o700)
    site = Site(Http(Tcp(8080)), TlsFiles("/tls/tls.crt", "/tls/tls.key"), str(tmp_path), drain_seconds=3600)
    signalled = f"watch &\nwhile [ ! -e {up} ]; do sleep 0.1; done\nkill -WINCH $$\n"
    text = _with(httpd.render(site, "/config")["httpd.sh"], "watch &\n", signalled)
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PULUMI_SIDECAR_RELOAD_SECONDS": "3600"}
    assert _without_leftovers(text, tmp_path, variables, shell) == 3


def _with(script: str, old: str, new: str) -> str:
    assert script.count(old) == 1
    return script.replace(old, new)


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("name", ["TERM", "QUIT", "INT"])
def test_a_signal_before_the_server(name: str, shell: str, tmp_path: Path) -> None:
    text = watch.script(("touch", str(tmp_path / "begun")), "HUP", (str(tmp_path),))
    early = _with(text, "seen=$(state)\n[ -z", f"kill -{name} $$\nseen=$(state)\n[ -z")
    assert _without_leftovers(early, tmp_path, shell=shell) == 0
    assert not (tmp_path / "begun").exists()


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("place", ["touch begun &\n", "server=$!\n", "watch &\n", "watcher=$!\n"])
@pytest.mark.parametrize("name", ["TERM", "QUIT", "INT", "WINCH"])
def test_a_signal_that_a_server_loses_while_it_begins(name: str, place: str, shell: str, tmp_path: Path) -> None:
    server = (  # no shell: one cannot trap what it was told to ignore, as QUIT and INT are told in the background
        "import signal, sys, time\n"
        f"signal.signal(signal.SIG{name}, signal.SIG_IGN)\n"
        "time.sleep(0.5)\n"
        f"signal.signal(signal.SIG{name}, lambda *_: sys.exit(5))\n"
        "time.sleep(50)"
    )
    text = watch.script(("touch", "begun"), "HUP", (str(tmp_path),))
    early = _hardly_looking(_with(text, place, f"{place}kill -{name} $$\n"))
    early = early.replace("touch begun &", f"{shlex.join((sys.executable, '-c', server))} &")
    # By the signal itself where that came even before it was ignored.
    assert _without_leftovers(early, tmp_path, shell=shell) in (5, 128 + getattr(signal, f"SIG{name}"))


def _without_leftovers(script: str, folder: Path, variables: dict[str, str] | None = None, shell: str = "bash") -> int:
    """The script's exit code, once nothing holds its output any more. TimeoutExpired where something goes on."""
    file = folder / "script.sh"
    file.write_text(script)
    run = subprocess.run([shell, file, "c", "t"], env=variables, capture_output=True, timeout=60, check=False)
    return run.returncode
