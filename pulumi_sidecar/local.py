"""The proxy of a rendered program, on this machine: its files in a folder, its server in front of 127.0.0.1.

The configuration is the one that the pod gets. Only what cannot be the same here is put in its place: the paths of
mounted volumes, and ports.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from subprocess import Popen

from pulumi_sidecar import layout, processes, servers
from pulumi_sidecar.proxies import LOCAL_ADDRESS, Container, LocalError
from pulumi_sidecar.servers import Server

_OURS = "/pulumi-sidecar"
"""Part of every path that is the component's own."""
_LOG_PREFIX = re.compile(r"^\d{4}/\d\d/\d\d [\d:]+ (?=\[)|(?<=\] )\d+#\d+: ")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+@=-]+")


START_SECONDS = 30
"""How long a server may take to have its ports: a fraction of a second, where the machine has nothing else to do."""
NO_COUNTS = (" stub_status;", " return 501;")
"""Before and after, where the server of this machine cannot tell its counts. It does its work all the same."""


@dataclass(frozen=True)
class LocalProxy:
    """A proxy's files in a folder of this machine."""

    container: Container
    server: Server
    folder: Path
    command: tuple[str, ...]
    """Starts the server in the foreground."""
    ports: Mapping[str, int]
    """As Container.ports, as they are here. All are on 127.0.0.1."""
    folders: Mapping[str, Path]
    """Mount path → folder."""
    user: int | None
    """The user to run as, where root must not."""

    @property
    def access_log(self) -> Path:
        """What the server writes to its standard output."""
        return self.folder / "stdout"

    @property
    def error_log(self) -> Path:
        """What the server writes to its standard error."""
        return self.folder / "stderr"

    def message(self, said: str) -> str:
        """What the server said, with the container's paths, each line once and without the time."""
        for path, folder in self.folders.items():
            said = said.replace(str(folder), path)
        lines = [_LOG_PREFIX.sub("", line) for line in said.replace(f"{self.folder}/", "/").splitlines()]
        return "\n".join(dict.fromkeys(line for line in lines if line.strip()))

    @contextmanager
    def started(self) -> Iterator[Popen[bytes]]:
        """The server, which runs within the block. Raises LocalError, with its own words, if it does not start."""
        work = self.folders[layout.WORK_DIR]
        for stale in work.glob("*.pid"):
            stale.unlink()
        with self._run(self.command) as process:
            # Its process id is written once it has its ports: that somebody listens there would prove nothing.
            if not processes.wait_for(lambda: any(work.glob("*.pid")), process, seconds=START_SECONDS):
                said = self.message(self.error_log.read_text(errors="replace"))
                late = "" if process.poll() is not None else f" within {START_SECONDS} s"
                raise LocalError(f"{self.server} does not start{late}:\n{said or '(it said nothing)'}")
            yield process

    def test(self) -> tuple[bool, str]:
        """Whether the server takes its configuration, and what it says."""
        with self._run([*self.command, "-t"]) as process:
            code = process.wait(60)
        said = self.error_log.read_text(errors="replace") + self.access_log.read_text(errors="replace")
        return code == 0, self.message(said)

    @contextmanager
    def _run(self, command: Sequence[str]) -> Iterator[Popen[bytes]]:
        # Files, because the server opens /dev/stdout by name, and somebody else's pipe is closed to it.
        with self.access_log.open("wb") as out, self.error_log.open("wb") as err:
            for log in (out, err):
                _give(Path(log.name), self.user)
            with processes.running(
                command, stdout=out, stderr=err, cwd=self.folder, user=self.user, env=servers.environment()
            ) as process:
                yield process


def materialise(
    container: Container, server: Server, folder: Path, ports: Mapping[str, int] | None = None
) -> LocalProxy:
    """Write the proxy's files below `folder`, for the server that was found here.

    `ports` gives other ports than the container's, by name. Raises LocalError for a folder whose path the servers'
    configuration cannot hold.
    """
    if not _PLAIN_PATH.fullmatch(str(folder)):
        raise LocalError(f"{folder}: this path cannot stand in a configuration; set TMPDIR to a plainer one")
    user = unprivileged()
    if user is not None and not _open_to_all(folder.parent):
        raise LocalError(f"{folder}: closed to the user nobody, as whom the server runs; set TMPDIR to an open one")
    folders = {path: folder / PurePosixPath(path).relative_to("/") for path in container.volumes}
    here = {**container.ports, **{name: port for name, port in (ports or {}).items() if name in container.ports}}
    _give(folder, user)
    for path, files in container.volumes.items():
        _make(folder, folders[path], user)
        for name, data in (files or {}).items():
            if path == layout.CONFIG_DIR:
                text = _localised(data.decode(), container, folders, here)
                data = (text if server.counts else text.replace(NO_COUNTS[0], NO_COUNTS[1])).encode()
            file = folders[path] / name
            file.touch(mode=0o600 if path in container.secrets else 0o644)
            file.write_bytes(data)
            _give(file, user)
    binary = _reachable(server.binary, folder, user)
    command = servers.command(server, binary, folders[layout.CONFIG_DIR] / container.file)
    return LocalProxy(container, server, folder, command, here, folders, user)


def _make(root: Path, folder: Path, user: int | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for each in (folder, *folder.parents):
        if each == root:
            break
        _give(each, user)


def _localised(text: str, container: Container, folders: Mapping[str, Path], ports: Mapping[str, int]) -> str:
    """The configuration text with this machine's paths and ports. Lines keep their numbers."""
    for path in sorted(folders, key=len, reverse=True):
        # A folder of the user's choice may be named as a URL path is: there, only a socket's address is meant.
        before = "(?<![A-Za-z0-9_./-])" if _OURS in path else "(?<=unix:)"
        text = re.sub(rf"{before}{re.escape(path)}(?![A-Za-z0-9_.-])", str(folders[path]), text)
    moved = {number: ports[name] for name, number in container.ports.items()}

    ipv6 = _has_ipv6()

    def listen(found: re.Match[str]) -> str:
        host = "[::1]" if found["host"] and found["host"].startswith("[") else "127.0.0.1"
        absent = "# no IPv6 here: " if host == "[::1]" and not ipv6 else ""
        return f"{absent}{found['head']}{host}:{moved.get(int(found['port']), int(found['port']))}"

    def virtual_host(found: re.Match[str]) -> str:
        return f"{found[1]}{moved.get(int(found[2]), int(found[2]))}>"

    def local(found: re.Match[str]) -> str:
        return f"127.0.0.1:{moved.get(int(found[1]), int(found[1]))}"

    # First what leads elsewhere: what listens is given 127.0.0.1 only afterwards.
    text = LOCAL_ADDRESS.sub(local, text)
    text = re.sub(
        r"(?m)^(?P<head>\s*(?:listen|Listen)\s+)(?P<host>[^\s:;]*:|\[[^\]\s]*\]:)?(?P<port>\d+)\b(?![.:])", listen, text
    )
    return re.sub(r"(?m)^(\s*<VirtualHost\s+\S*:)(\d+)>", virtual_host, text)


def unprivileged() -> int | None:
    """As whom to run where we are root: nobody. httpd refuses root, and the pod has none either."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _give(path: Path, user: int | None) -> None:
    if user is not None:
        os.chown(path, user, user)


def _reachable(binary: Path, folder: Path, user: int | None) -> Path:
    """The binary, or a copy that the user can reach: a virtual environment may lie in a closed home."""
    if user is None or _open_to_all(binary):
        return binary
    copy = folder / binary.name
    shutil.copy(binary, copy)
    copy.chmod(0o755)
    return copy


def _open_to_all(path: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


def _has_ipv6() -> bool:
    """Whether a server can listen on ::1 here."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
