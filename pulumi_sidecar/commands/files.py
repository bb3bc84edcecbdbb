"""Writing a command's output to a file."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from pulumi_sidecar.commands.program import USAGE, fail


def write(file: Path, text: str, *, private: bool = False) -> None:
    """Replace the file as a whole, or leave it as it was. One that is there keeps its mode; a private one is readable
    by its owner only.

    A link goes on leading to the file. What is no file (/dev/null, /dev/stdout, a pipe) is written to, not replaced.
    """
    try:
        if file.exists() and not file.is_file():
            file.write_text(text, encoding="utf-8")
            return
        file = file.resolve()
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        fail(f"{file}: {error.strerror}", USAGE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).chmod(_mode(file, private=private))
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(file: Path, *, private: bool) -> int:
    """That of the file that is there; for a new one what this process makes files with."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    return mode & 0o600 if private else mode
