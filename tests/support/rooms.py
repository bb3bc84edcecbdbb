"""A home, a folder for temporary files and a PATH of a test's own: what a command leaves behind shows in there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_sidecar import processes


@pytest.fixture
def room() -> Iterator[Path]:
    """An empty home, a folder for temporary files, and one on the PATH. Not in tmp_path, which is closed to nobody."""
    with processes.temporary_folder("pulumi-sidecar-test-") as folder:
        folder.chmod(0o755)
        for name in ("home", "tmp", "bin"):
            (folder / name).mkdir()
        yield folder


def environment(room: Path) -> dict[str, str]:
    """No pulumi but one in the room's own bin; whatever is left behind shows in the room."""
    path = [str(room / "bin")]
    path += [each for each in os.environ["PATH"].split(":") if not shutil.which("pulumi", path=each)]
    return {"PATH": ":".join(path), "HOME": str(room / "home"), "TMPDIR": str(room / "tmp"), "KUBECONFIG": "/nowhere"}


def wait_for_its_first_line(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """Until Python has started, and what it runs has taken SIGINT over from it.

    Before that, a signal ends nothing of ours, and what Python says then depends on where in its own start it is.
    """
    by_python = False
    while process.poll() is None:
        caught = _caught(process.pid)
        if signal.SIGTERM in caught or (by_python and signal.SIGINT not in caught):
            return
        by_python = signal.SIGINT in caught
        time.sleep(0.001)
    pytest.fail("it ended before its first line")


def _caught(pid: int) -> set[signal.Signals]:
    """The signals that a process has handlers for, as the kernel knows them."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    bits = int(lines.get("SigCgt", "0"), 16)
    return {each for each in (signal.SIGINT, signal.SIGTERM) if bits >> (each - 1) & 1}


def assert_nothing_left(room: Path) -> None:
    assert list((room / "tmp").iterdir()) == []
    assert list((room / "home").iterdir()) == []
    marked = f"TMPDIR={room / 'tmp'}".encode()
    for _ in range(50):
        left = [each for each in Path("/proc").glob("[0-9]*") if _has(each, marked)]
        if not left:
            return
        time.sleep(0.1)
    pytest.fail(f"still running: {[(each / 'cmdline').read_bytes() for each in left]}")


def _has(process: Path, marked: bytes) -> bool:
    """Whether the process is one of the demo's: by its environment, or by a file of the room in its command."""
    try:
        command, variables = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
    except OSError:
        return False
    return bool(command) and (marked in variables or marked.partition(b"=")[2] in command)
