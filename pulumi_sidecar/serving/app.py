"""The app in front of which the proxy stands on this machine: one that runs already, or a command of the user's."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from pulumi_sidecar import local, ports, processes, proxies
from pulumi_sidecar.proxies import Container


class AppError(Exception):
    """The app cannot be where the proxy would look for it. The text gives reason and remedy."""


@dataclass(frozen=True)
class Place:
    """Where the app listens on this machine: a port of 127.0.0.1, or a unix socket."""

    port: int | None = None
    socket: Path | None = None

    def __str__(self) -> str:
        return f"unix:{self.socket}" if self.socket else f"127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether somebody accepts connections there."""
        if self.socket is None:
            return ports.listens(self.port or 0)
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            return probe.connect_ex(str(self.socket)) == 0

    def hint(self) -> str:
        """Why it may not answer though it runs; "" where nothing is known."""
        if self.port is not None:
            with contextlib.suppress(OSError):
                socket.create_connection(("::1", self.port), 1).close()
                return f"; somebody listens at [::1]:{self.port} only: let it listen on 127.0.0.1"
        elif self.socket and self.socket.exists() and not self.socket.is_socket():
            return "; what is there is no socket"
        return ""


def parse_place(text: str) -> Place:
    """A port ("8080", "127.0.0.1:8080") or the path of a unix socket. Raises AppError."""
    if "/" in text:
        return Place(socket=Path(text.removeprefix("unix:")).absolute())
    host, _, port = text.rpartition(":")
    if host not in ("", "127.0.0.1", "localhost"):
        raise AppError(f"--app {text}: the app has to be on this machine; give a port of 127.0.0.1")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise AppError(f"--app {text}: give a port, as 8080, or the path of a unix socket")
    return Place(port=int(port))


def place(container: Container, asked: Place | None, started: bool, folder: Path) -> Place:
    """Where the app of that program is on this machine, `asked` for or as the program says. `started`: we start it.

    Raises AppError where it can be in no such place.
    """
    path, port = container.socket, container.ports.get(proxies.APP)
    if path is None:
        if asked and asked.port is None:
            raise AppError(f"--app {asked.socket}: the program's app listens on port {port}; give a port")
        return asked or Place(port=port)
    if asked and asked.socket is None:
        raise AppError(f"--app {asked.port}: the program's app listens on the unix socket {path}; give a socket's path")
    if asked:
        return asked
    if started:
        return Place(socket=folder / path.name)
    if Path(path).exists():
        return Place(socket=Path(path))
    raise AppError(
        f"the program's app listens on the unix socket {path}, which is not on this machine; say where it is with "
        "--app PATH, or let it be started with --run COMMAND"
    )


def socket_folder(folder: Path) -> Path:
    """A folder in which app and proxy meet, though they may be different users: as in the pod, they share a group."""
    made = folder / "app"
    made.mkdir()
    if (user := local.unprivileged()) is not None:
        os.chown(made, 0, user)
        made.chmod(0o2750)
    return made


@contextmanager
def running(command: str, at: Place, container: Container) -> Iterator[Popen[bytes]]:
    """The user's command, with the environment of the app's container as far as it is plain.

    In the command {port} and {socket} stand for the place; PORT is in the environment. Its output goes to our standard
    error. Raises AppError when it cannot be started.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise AppError(f"--run {command}: {error}") from None
    words = [word.replace("{port}", str(at.port or "")).replace("{socket}", str(at.socket or "")) for word in words]
    if not words or shutil.which(words[0]) is None:
        raise AppError(f"--run {command}: there is no command {words[0] if words else ''!r}")
    if at.port and not ports.is_free(at.port):
        raise AppError(
            f"--run {command}: port {at.port}, on which the app is to listen, is taken{ports.by_whom(at.port)}; give "
            "another with --app PORT, which the command gets as {port} and in the environment variable PORT"
        )
    try:
        with processes.running(words, stdout=2, stderr=2, env=_environment(at, container)) as process:
            yield process
    except OSError as error:
        raise AppError(f"--run {command}: {error.strerror}") from error


def _environment(at: Place, container: Container) -> dict[str, str]:
    """What the user's shell says goes over what the pod would say. Addresses are those of this machine."""
    moved = {str(container.socket): str(at.socket)} if container.socket and at.socket else {}
    if at.port and (there := container.ports.get(proxies.APP)):
        moved[f"127.0.0.1:{there}"] = f"127.0.0.1:{at.port}"
    theirs = {name: _moved(value, moved) for name, value in container.app_env.items()}
    return {**theirs, **os.environ, **({"PORT": str(at.port)} if at.port else {})}


def _moved(value: str, places: Mapping[str, str]) -> str:
    for there, here in places.items():
        value = value.replace(there, here)
    return value
