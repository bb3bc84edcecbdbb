"""A home, a folder for temporary files and a PATH of a test's own: what a command leaves behind shows in there."""

from __future__ import annotations

import os
import shutil
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
