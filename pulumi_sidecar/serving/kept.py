"""What one run of `serve` leaves for the next: keys and certificates, so that what trusts them goes on doing so."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pulumi_sidecar.runtime import local_tls

_FILE = "tls.json"


class KeptError(Exception):
    """The folder cannot be used. The text gives reason and remedy."""


class Kept:
    """A folder of one program and stack, closed to others, with the resources of pulumi-tls in it.

    They are kept as the engine's state keeps them: a resource with the same inputs stays what it is, one with others
    is made anew, and so is a certificate that would be renewed.
    """

    def __init__(self, program: Path, stack: str) -> None:
        """Nothing is made yet."""
        program = program.resolve()
        plain = re.sub(r"[^A-Za-z0-9_.-]", "-", program.name) or "program"
        digest = hashlib.sha256(f"{program}\0{stack}".encode()).hexdigest()[:8]
        self.folder = _data_folder() / f"{plain}-{digest}"
        self._before: dict[str, Any] = {}
        self._used: dict[str, Any] = {}

    def __enter__(self) -> Kept:
        """Makes the folder, closed to others, and reads what is there. Raises KeptError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700)
        except OSError as error:
            raise KeptError(
                f"{self.folder}: keys and certificates cannot be kept there ({error.strerror}); set XDG_DATA_HOME to a "
                "folder of yours"
            ) from error
        with contextlib.suppress(OSError, ValueError):  # whatever is wrong with it, all is made anew
            found = json.loads((self.folder / _FILE).read_text(encoding="utf-8"))
            self._before = found if isinstance(found, dict) else {}
        return self

    def __exit__(self, *_error: object) -> None:
        """What was saved stays."""

    def tls(self, typ: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """The resource as it was, or a new one. The inputs hold keys, so it goes by their hash."""
        text = json.dumps([typ, name, inputs], sort_keys=True, default=str)
        key = hashlib.sha256(text.encode()).hexdigest()
        found = self._used.get(key) or self._before.get(key)
        if found is None or _is_due(found["outputs"]):
            created = local_tls.create(typ, inputs)
            if created is None:
                return None
            found = {"id": created[0], "outputs": created[1]}
        self._used[key] = found
        return str(found["id"]), dict(found["outputs"])

    def save(self) -> None:
        """Keep what the last run of the program used, and forget the rest."""
        self.write(_FILE, json.dumps(self._used), private=True)
        self._before, self._used = self._used, {}

    def write(self, name: str, text: str, *, private: bool = False) -> Path:
        """A file in the folder, replaced as a whole."""
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=f".{name}.")  # for the owner alone
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        if not private:
            Path(temporary).chmod(0o644)
        return Path(temporary).replace(self.folder / name)

    def forget(self) -> bool:
        """Remove the folder; whether there was one."""
        there = self.folder.exists()
        shutil.rmtree(self.folder, ignore_errors=True)
        return there


def _data_folder() -> Path:
    """Where programs keep a user's data (XDG Base Directory Specification)."""
    asked = os.environ.get("XDG_DATA_HOME", "")
    base = Path(asked) if Path(asked).is_absolute() else Path.home() / ".local" / "share"
    return base / "pulumi-sidecar" / "serve"


def _is_due(outputs: Mapping[str, Any]) -> bool:
    end = outputs.get("validityEndTime")
    if not end:
        return False
    early = timedelta(hours=int(outputs.get("earlyRenewalHours") or 0))
    return datetime.now(UTC) >= datetime.fromisoformat(end) - early
