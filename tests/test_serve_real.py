"""`pulumi-sidecar serve` as a user runs it, with real servers: requests, logs, changes, and that nothing is left."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pulumi_sidecar import servers
from tests.support.rooms import assert_nothing_left, environment, room, wait_for_its_first_line
from tests.support.servers import REPOSITORY, free_port, need, pyuwsgi_command, until

__all__ = ["room"]

pytestmark = pytest.mark.real

KINDS: list[servers.Kind] = ["nginx", "httpd"]
ARGUMENTS = {"nginx": "nginx", "httpd": "apache"}


def available(kind: servers.Kind) -> None:
    try:
        servers.find(kind)
    except servers.MissingServerError as error:
        if os.environ.get("REQUIRE_REAL") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


def program(room: Path, kind: str = "nginx", more: str = "", app: str = '"port": 8080') -> Path:
    """A project with one component, `web`; `more` are further arguments."""
    folder = room / "program"
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (folder / "__main__.py").write_text(
        "from pulumi_sidecar import SidecarDeployment\n"
        f'SidecarDeployment("web", {{"app": {{"image": "i", {app}}}, "proxy": {{"kind": "{kind}"}}, {more}}})\n'
    )
    return folder


APP = f"{shlex.quote(sys.executable)} {REPOSITORY / 'examples/https_nginx/app.py'}"
"""Listens on $PORT."""


class Serving:
    """The command, as it runs."""

    def __init__(self, room: Path, *arguments: str) -> None:
        self.out, self.err = room / "out", room / "err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pulumi_sidecar", "serve", *arguments],
                cwd=REPOSITORY,
                env=environment(room) | {"XDG_DATA_HOME": str(room / "data")},
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def said(self, text: str, times: int = 1) -> str:
        """Waits until that is in its standard error, and gives all of it."""
        until(
            lambda: self.err.read_text().count(text) >= times or self.process.poll() is not None,
            f"{text!r} in {self.err.read_text()}",
            180,
        )
        found = self.err.read_text()
        assert found.count(text) >= times, found
        return found

    def logged(self, text: str) -> str:
        """Waits until that is in its standard output, and gives all of it."""
        until(lambda: text in self.out.read_text(), f"{text!r} in the log {self.out.read_text()!r}")
        return self.out.read_text()

    def curl(self, *more: str, without: tuple[str, ...] = ()) -> str:
        """What the command that it prints gives, less some options and their values."""
        found = re.findall(r"^  (curl .*)$", self.said("Ctrl-C ends it."), re.MULTILINE)
        words = shlex.split(found[-1])
        for option in without:
            del words[words.index(option) : words.index(option) + 2]
        command = [*words, "--silent", "--show-error", "--noproxy", "*", *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr


@contextmanager
def serving(room: Path, *arguments: str) -> Iterator[Serving]:
    command = Serving(room, *arguments)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            os.killpg(command.process.pid, signal.SIGINT)
        command.process.wait(60)
    assert command.process.returncode == 0, command.err.read_text()
    assert_nothing_left(room)


@pytest.mark.parametrize("kind", KINDS)
def test_requests_and_the_log_and_trust_that_stays(kind: servers.Kind, room: Path) -> None:
    available(kind)
    folder = program(room, ARGUMENTS[kind])
    options = [str(folder), "--port", str(free_port()), "--app", str(free_port()), "--run", APP]
    with serving(room, *options) as command:
        assert "came by https" in command.curl()
        assert re.search(r"200  GET     /  .* · HTTP/2 · TLSv1\.3\n", command.logged("GET"))
        authority = re.search(r"--cacert (\S+)", command.said("curl"))
        assert authority
        before = Path(authority[1]).read_bytes()
        kept = Path(authority[1]).parent
        assert stat.S_IMODE(kept.stat().st_mode) == 0o700
        assert stat.S_IMODE((kept / "tls.json").stat().st_mode) == 0o600
        assert "PRIVATE KEY" not in command.err.read_text() + command.out.read_text()
        assert "\x1b" not in command.err.read_text() + command.out.read_text()
    with serving(room, *options, "--log", "raw") as command:
        assert "came by https" in command.curl()
        assert json.loads(command.logged("GET").splitlines()[-1])["status"] == 200
        assert Path(authority[1]).read_bytes() == before


def test_a_change_is_followed_and_a_broken_program_leaves_what_runs(room: Path) -> None:
    available("nginx")
    folder = program(room)
    main = folder / "__main__.py"
    text = "from pathlib import Path\nPath('../note').read_text()\n" + main.read_text()
    (room / "note").write_text("one")
    main.write_text(text)
    with serving(room, str(folder), "--port", str(free_port()), "--app", str(free_port()), "--run", APP) as command:
        assert "max-age=63072000" in command.curl("-i")
        changed = text.replace('"proxy": {', '"proxy": {"hsts": {"max_age_seconds": 60}, ')
        main.write_text(changed)
        command.said("__main__.py: changed; the proxy runs anew")
        assert "max-age=60\n" in command.curl("-i")
        (room / "note").write_text("two, read by the program and outside of its folder")
        command.said("note: changed; the proxy stays as it is")
        main.write_text(changed + "raise RuntimeError('half-written')\n")
        command.said("the program fails; the proxy from before runs on")
        assert "half-written" in command.err.read_text()
        assert "max-age=60\n" in command.curl("-i")
        main.write_text(text.replace('"proxy": {', '"proxy": {"extra": {"server": "foo on;"}, '))
        said = command.said("the proxy from before runs on", 2)
        assert re.search(r'unknown directive "foo" .*\n(.*\n)*.*> +\d+ \| +foo on;', said)
        assert "max-age=60\n" in command.curl("-i")
        main.write_text(text.replace('"kind": "nginx"', '"kind": "nginx", "hsts": False'))
        command.said("the proxy runs anew", 2)
        assert "max-age" not in command.curl("-i")


def test_an_app_that_is_not_there_until_it_comes(room: Path) -> None:
    available("nginx")
    port = free_port()
    with serving(room, str(program(room)), "--port", str(free_port()), "--app", str(port)) as command:
        command.said(f"no app listens at 127.0.0.1:{port} yet")
        assert "502 Bad Gateway" in command.curl()
        assert "502 Bad Gateway" in command.curl()
        environment_ = os.environ | {"PORT": str(port)}
        with subprocess.Popen([sys.executable, "examples/https_nginx/app.py"], env=environment_, cwd=REPOSITORY) as app:
            said = command.said("the app is there")
            assert "came by https" in command.curl()
            app.terminate()
        assert said.count("no app listens") == 1
        assert "connect() failed" not in command.err.read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_certificate_is_at_hand(kind: servers.Kind, room: Path) -> None:
    available(kind)
    own = '"client_auth": {"ca": {"kind": "own"}}'
    folder = program(room, ARGUMENTS[kind], own)
    with serving(room, str(folder), "--port", str(free_port()), "--app", str(free_port()), "--run", APP) as command:
        assert "came by https" in command.curl()
        assert "came by https" not in command.curl(without=("--cert", "--key"))


@pytest.mark.parametrize(
    "tls",
    ['{"kind": "secret", "name": "bought"}', '{"kind": "cert_manager", "issuer": "x", "dns_names": ["a.example"]}'],
)
def test_certificates_that_are_elsewhere_have_local_ones_in_their_place(tls: str, room: Path) -> None:
    available("nginx")
    folder = program(room, more=f'"tls": {tls}')
    with serving(room, str(folder), "--port", str(free_port()), "--app", str(free_port()), "--run", APP) as command:
        assert "is not part of the program: the certificate is one for this machine" in command.said("Ctrl-C ends it.")
        assert "came by https" in command.curl()


@pytest.mark.parametrize("kind", KINDS)
def test_an_app_in_uwsgi_meets_the_proxy_at_a_socket(kind: servers.Kind, room: Path) -> None:
    available(kind)
    words = [*need(pyuwsgi_command), "--need-app", "-H", sys.prefix, "--pythonpath", str(REPOSITORY)]
    words += ["--module", "tests.support.flask_app:app"]
    folder = program(room, ARGUMENTS[kind], app='"protocol": {"kind": "uwsgi"}, "env": {"TEST_APP_FOLDER": "/tmp"}')
    with serving(room, str(folder), "--port", str(free_port()), "--run", shlex.join(words)) as command:
        command.said("spawned uWSGI worker 1")
        answer = command.curl("-o", "/dev/null", "-w", "%{http_code}")
        assert answer in ("200", "404"), command.err.read_text()  # the app's own, not the proxy's 502


def test_a_workload_of_others(room: Path) -> None:
    available("nginx")
    folder = room / "program"
    shutil.copytree(REPOSITORY / "examples" / "existing_workload", folder)
    with serving(room, str(folder), "--port", str(free_port()), "--app", str(free_port()), "--run", APP) as command:
        assert "came by https" in command.curl()


def test_the_app_ending_ends_it_all(room: Path) -> None:
    available("nginx")
    options = [str(program(room)), "--port", str(free_port()), "--app", str(free_port())]
    command = Serving(room, *options, "--run", f"{shlex.quote(sys.executable)} -c 'raise SystemExit(7)'")
    assert command.process.wait(60) == 1
    assert "the app has ended with 7" in command.err.read_text()
    assert_nothing_left(room)


def test_sigterm_ends_it_all(room: Path) -> None:
    available("nginx")
    command = Serving(room, str(program(room)), "--port", str(free_port()), "--app", str(free_port()), "--run", APP)
    command.said("Ctrl-C ends it.")
    command.process.terminate()
    assert command.process.wait(60) == 128 + signal.SIGTERM
    assert_nothing_left(room)


@pytest.mark.parametrize("seconds", [0, 1, 2.5])
def test_ctrl_c_at_any_time_leaves_nothing(seconds: float, room: Path) -> None:
    available("nginx")
    options = [str(program(room)), "--port", str(free_port()), "--app", str(free_port()), "--run", APP]
    command = Serving(room, *options)
    wait_for_its_first_line(command.process)
    time.sleep(seconds)
    os.killpg(command.process.pid, signal.SIGINT)
    # Before its handlers are there, the signal just ends it, or click says "Aborted!".
    assert command.process.wait(60) in (0, 1, 130, -signal.SIGINT), command.err.read_text()
    assert_nothing_left(room)
