"""Ports of this machine: who listens, which are free, and who has those that are not."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path


def listens(port: int) -> bool:
    """Whether somebody accepts connections at that port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def free_ports(wanted: Mapping[str, int]) -> dict[str, int]:
    """The wanted ports by name where nobody has them, else any that are free, all different."""
    held: list[socket.socket] = []
    result = {}
    try:
        for name, port in wanted.items():
            for attempt in (port, 0):
                probe = socket.socket()
                held.append(probe)
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", attempt))
                    probe.listen()
                except OSError:
                    continue
                result[name] = int(probe.getsockname()[1])
                break
    finally:
        for probe in held:
            probe.close()
    return result


def is_free(port: int) -> bool:
    """Whether a server could have that port of 127.0.0.1 now."""
    return free_ports({"": port})[""] == port


def holder(port: int) -> str | None:
    """Who listens at that port, as "NAME (process ID)"; None where this machine does not tell (without /proc, or
    when it is somebody else's)."""
    sockets = set(_listening(port))
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(each.readlink()) in sockets for each in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:  # it has ended, or is not ours to look at
            continue
    return None


def holds(process: int, port: int) -> bool | None:
    """Whether that process listens at that port; None where this machine does not tell."""
    sockets, held = set(_listening(port)), set[str]()
    try:
        for each in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # it has been closed
                held.add(str(each.readlink()))
    except OSError:
        return None
    return not sockets.isdisjoint(held) if sockets else None


def _listening(port: int) -> Iterator[str]:
    """The sockets that listen at the port, as /proc/PID/fd has them."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        except OSError:
            continue
        for row in rows:
            if row[3] == "0A" and int(re.sub(r".*:", "", row[1]), 16) == port:
                yield f"socket:[{row[9]}]"


def by_whom(port: int) -> str:
    """ " by NAME (process ID)", or "" where that is not known: to be put behind "is taken"."""
    found = holder(port)
    return f" by {found}" if found else ""
