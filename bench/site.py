"""What all proxies have in common: an app that costs little, a certificate, a folder in memory, free ports."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from bench.load import MissingToolError
from pulumi_sidecar import ports, processes, servers

SMALL_BYTES = 600
SIZES = {"small": SMALL_BYTES, "1m": 2**20, "100m": 100 * 2**20}
"""Path → bytes of the answer."""


class StartError(Exception):
    """A server that does not start. The text is its own."""


@dataclass(frozen=True)
class Site:
    """Where the app is, and the certificate for localhost (ECDSA P-256), as files."""

    folder: Path
    app_port: int
    certificate: Path
    key: Path
    both: Path
    """Certificate and key in one file, as HAProxy wants them."""


def free_port() -> int:
    """A port that nobody has."""
    return ports.free_ports({"": 0})[""]


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that lasts as long as the block; in memory where that can be had, so that no disk has a say."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in there
    before = os.environ.get("TMPDIR")
    if memory.is_dir() and os.access(memory, os.W_OK):
        os.environ["TMPDIR"] = str(memory)
        tempfile.tempdir = None
    try:
        with processes.temporary_folder("pulumi-sidecar-bench-") as made:
            made.chmod(0o755)
            yield made
    finally:
        tempfile.tempdir = None
        os.environ.pop("TMPDIR")
        os.environ |= {"TMPDIR": before} if before else {}


@contextmanager
def server(
    command: list[str], port: int, place: Path, name: str, *, env: Mapping[str, str] | None = None
) -> Iterator[Popen[bytes]]:
    """A server that listens on a port of 127.0.0.1. Raises StartError or MissingToolError."""
    log = place / f"{name}.log"
    with log.open("ab") as out, ExitStack() as stack:
        try:
            process = stack.enter_context(
                processes.running(
                    command, stdout=out, stderr=out, cwd=place, env={**servers.environment(), **(env or {})}
                )
            )
        except FileNotFoundError:
            raise MissingToolError(f"{command[0]} is not here") from None
        if not processes.wait_for(lambda: ports.listens(port), process, seconds=15):
            raise StartError(f"{name} does not start:\n{log.read_text(errors='replace')[-2000:]}")
        yield process


def settle() -> None:
    """Until connections of the load before are closed."""
    time.sleep(0.2)


_APP = """
worker_processes 1;
pid {folder}/app.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {folder}/app-body;
    proxy_temp_path {folder}/app-proxy;
    fastcgi_temp_path {folder}/app-fastcgi;
    uwsgi_temp_path {folder}/app-uwsgi;
    scgi_temp_path {folder}/app-scgi;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 300s;
    keepalive_requests 100000000;
    open_file_cache max=8;
    default_type application/octet-stream;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {folder}/bodies;
    }}
}}
"""


@contextmanager
def app(place: Path, port: int) -> Iterator[Popen[bytes]]:
    """The app: one nginx process that hands out files of three sizes, over HTTP/1.1 with connections that are kept."""
    bodies = place / "bodies"
    bodies.mkdir()
    for name, size in SIZES.items():
        (bodies / name).write_bytes(os.urandom(2**16) * (size // 2**16) or b"x" * size)
    config = place / "app.conf"
    config.write_text(_APP.format(folder=place, port=port) + user())
    with server(nginx(config), port, place, "app") as process:
        yield process


def nginx(config: Path) -> list[str]:
    """The command that runs the nginx of this machine with a file."""
    found = find("nginx")
    return list(servers.command(found, found.binary, config))


def find(kind: servers.Kind) -> servers.Server:
    """The server of that kind. Raises MissingToolError."""
    try:
        return servers.find(kind)
    except servers.MissingServerError as error:
        raise MissingToolError(str(error)) from error


def user() -> str:
    """For nginx as root: workers that can read what root wrote."""
    return "user root;\n" if os.geteuid() == 0 else ""
