"""Child processes and folders that end with this process, also when a signal comes at the worst moment."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal asked this process to stop. Not an Exception: nothing on the way may take it for an error."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number
        """What a shell shows for a process that the signal ended."""


@contextmanager
def stoppable() -> Iterator[None]:
    """The first SIGINT, SIGTERM or SIGHUP raises Stopped, later ones are ignored: the way out is not disturbed.

    Only in the main thread; elsewhere it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    came: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if not came:
            came.append(number)
            raise Stopped(number)

    def once_more(_number: int, _frame: FrameType | None) -> None:
        if came:
            signal.raise_signal(came.pop())

    handlers = dict.fromkeys(_STOPPING, stop) | {signal.SIGALRM: once_more}
    before = {each: signal.signal(each, handler) for each, handler in handlers.items()}
    try:
        with _alarm_where_swallowed():
            yield
            if came and signal.getitimer(signal.ITIMER_REAL)[0]:
                raise Stopped(came[0])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for each, former in before.items():
            signal.signal(each, former)


@contextmanager
def _alarm_where_swallowed() -> Iterator[None]:
    """SIGALRM comes a moment after Python swallowed a Stopped, as it does with all that is raised in a __del__ or in a
    weakref's callback: imports have those."""
    former = sys.unraisablehook

    def look(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, Stopped):
            signal.setitimer(signal.ITIMER_REAL, 0.05)  # no thread: whoever is interrupted here may hold any lock
        else:
            former(unraisable)

    sys.unraisablehook = look
    try:
        yield
    finally:
        sys.unraisablehook = former


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that come within the block are handled at its end: what is made is known to who cleans up, and who cleans
    up gets to the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {each: signal.getsignal(each) for each in _STOPPING}
    for each in _STOPPING:
        if before[each] is not signal.SIG_IGN:
            signal.signal(each, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in came[:1]:
            signal.raise_signal(number)


@contextmanager
def temporary_folder(prefix: str = "pulumi-sidecar-") -> Iterator[Path]:
    """A folder of this process's own, which is gone afterwards."""
    with contextlib.ExitStack() as stack:
        with _undisturbed():
            folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
            stack.callback(_remove, folder)
        yield folder


def _remove(folder: Path) -> None:
    with _undisturbed():
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    command: Sequence[str],
    *,
    stdout: IO[bytes] | int = subprocess.DEVNULL,
    stderr: IO[bytes] | int = subprocess.DEVNULL,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
    stop_with: signal.Signals = signal.SIGTERM,
    stop_seconds: float = 10,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, stopped at the end; what it leaves behind in its process group is killed.

    A terminal's Ctrl-C does not reach it, so the order of stopping is ours. `user` is a uid and gid.
    """
    with contextlib.ExitStack() as stack:
        with _undisturbed():
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=cwd,
                env=env,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                start_new_session=True,
            )
            stack.callback(_end, process, stop_with, stop_seconds)
        yield process


def _end(process: subprocess.Popen[bytes], stop_with: signal.Signals, seconds: float) -> None:
    with _undisturbed():
        if process.poll() is None:
            process.send_signal(stop_with)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # children that outlived it
        process.wait()


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the condition came true before the process ended or the time was up."""
    for _ in range(int(seconds * 50)):
        if condition():
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            return condition()
    return False
