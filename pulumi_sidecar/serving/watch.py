"""Whether a program's files have changed since it ran."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SKIPPED = {"__pycache__", "node_modules", "site-packages"}

_readers: set[Watch] = set()


class Watch:
    """The files that the program read while `reading` was open, and every Python file and stack file in its folder.

    What an app writes beside its program changes nothing, unless the program reads it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._read: set[str] = set()
        self._seen: dict[str, tuple[int, int]] = {}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The program runs within the block, on whichever thread."""
        _listen()
        # Taken before the program reads: a file that changes meanwhile counts as changed.
        self._seen = self._state()
        _readers.add(self)
        try:
            yield
        finally:
            _readers.discard(self)
            before = self._seen
            self._seen = {**self._state(), **before}

    def note(self, path: str) -> None:
        """Remember a file that is opened for reading."""
        own = path.startswith(f"{self._folder}/") and not _SKIPPED & set(path.split("/"))
        if own or not path.startswith(_NOT_OURS):
            self._read.add(path)

    def changed(self) -> list[str]:
        """The names of the files that are other ones now, or new, or gone."""
        now = self._state()
        names = [name for name in {**self._seen, **now} if self._seen.get(name) != now.get(name)]
        return sorted(Path(name).name for name in names)

    def _state(self) -> dict[str, tuple[int, int]]:
        state = {}
        for name in self._read | set(self._sources()):
            with contextlib.suppress(OSError):
                found = Path(name).stat()
                state[name] = (found.st_mtime_ns, found.st_size)
        return state

    def _sources(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self._folder):
            folders[:] = [
                each
                for each in folders
                if not each.startswith(".") and each not in _SKIPPED and not Path(folder, each, "pyvenv.cfg").exists()
            ]
            for file in files:
                if file.endswith(".py") or (file.startswith("Pulumi.") and file.endswith((".yaml", ".yml", ".json"))):
                    yield str(Path(folder, file))


_NOT_OURS = tuple({f"{each}/" for each in (sys.prefix, sys.base_prefix, "/proc", "/dev", "/sys")})
_hook = threading.Lock()


def _listen() -> None:
    """Hear of every file that this process opens. Python has no way to take such a hook back: it is added once."""
    if _hook.acquire(blocking=False):
        sys.addaudithook(_opened)


def _opened(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not _readers:
        return
    name, _, flags = arguments
    if isinstance(name, str) and isinstance(flags, int) and flags & os.O_ACCMODE == os.O_RDONLY:
        path = os.path.abspath(name)  # noqa: PTH100 - no system call in here, and no link followed
        for each in tuple(_readers):
            each.note(path)
