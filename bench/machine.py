"""This machine, and what a group of processes takes of it. Linux only: everything is read from /proc."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self

from pulumi_sidecar import servers

_TICKS = os.sysconf("SC_CLK_TCK")
_SECONDS_BETWEEN_LOOKS = 0.2
_PROGRAM = ("import", "components", "render", "cluster")
_COMMANDS = {
    "HAProxy": ("haproxy", "-v"),
    "Caddy": ("caddy", "version"),
    "Envoy": ("envoy", "--version"),
    "Traefik": ("traefik", "version"),
    "wrk": ("wrk", "-v"),
    "h2load": ("h2load", "--version"),
    "OpenSSL": ("openssl", "version"),
}


def describe() -> str:
    """Processor, cores, memory, kernel and Python, and nothing that names this very machine."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", info)
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    gib = f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "memory unknown"
    kernel = re.match(r"[\d.]+", platform.release())
    return ", ".join(
        [
            model[1] if model else platform.machine(),
            f"{len(os.sched_getaffinity(0))} cores",
            gib,
            f"Linux {kernel[0] if kernel else '?'}",
            f"Python {platform.python_version()}",
        ]
    )


def said(*command: str, pattern: str = r"(\d+(?:\.\d+)+)") -> str:
    """The version that a command tells of; "?" where it tells none."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else "?"


def versions(part: str) -> str:
    """Of the servers and tools, or the packages, that the part is about."""
    python = str(Path(sys.executable).parent)
    if part in _PROGRAM:
        names = ("pulumi", "pulumi_kubernetes", "pulumi_tls", "pydantic")
        return ", ".join(f"{name} {package(name)}" for name in names) + "."
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:{python}"
    found = []
    for title, (name, flag) in _COMMANDS.items():
        if binary := shutil.which(name, path=path):
            found.append(f"{title} {said(binary, flag)}")
    kinds: tuple[servers.Kind, ...] = ("nginx", "httpd")
    for kind in kinds:
        with contextlib.suppress(servers.MissingServerError):
            server = servers.find(kind)
            tls = said(str(server.binary), "-V", pattern=r"built with ((?:Open|Boring)SSL [\d.]+)")
            found.append(f"{server}" + (f" with {tls}" if tls != "?" else ""))
    return ", ".join(found) + "."


def package(name: str) -> str:
    """The version of a Python package, or "-"."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def processes(group: int) -> list[int]:
    """The processes of a group that are there now."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            with contextlib.suppress(OSError):
                if int(_stat(int(each.name))[2]) == group:
                    found.append(int(each.name))
    return found


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; the second may hold anything."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def cpu_seconds(group: int) -> float:
    """What the group's processes have used of the processors, with that of their children that ended."""
    total = 0
    for process in processes(group):
        with contextlib.suppress(OSError):
            total += sum(map(int, _stat(process)[11:15]))
    return total / _TICKS


def memory_bytes(group: int) -> int:
    """PSS of the group: pages of several processes are shared out among them, so the sum counts none twice."""
    total = 0
    for process in processes(group):
        with contextlib.suppress(OSError):
            found = re.search(r"(?m)^Pss:\s+(\d+)", Path(f"/proc/{process}/smaps_rollup").read_text())
            total += int(found[1]) * 1024 if found else 0
    return total


class Watch:
    """What a group uses within a block: `cpu` in seconds, and the peak of its memory in bytes."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.cpu = 0.0
        self.peak = 0

    def _look(self) -> None:
        while not self._end.wait(_SECONDS_BETWEEN_LOOKS):
            self.peak = max(self.peak, memory_bytes(self._group))

    def __enter__(self) -> Self:
        self._before = cpu_seconds(self._group)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        self.cpu = cpu_seconds(self._group) - self._before


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Processes started within the block run on that core alone, if there are several."""
    before = os.sched_getaffinity(0)
    cores = sorted(before)
    os.sched_setaffinity(0, {cores[core % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
