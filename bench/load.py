"""Load: wrk for HTTP/1.1, h2load for HTTP/2, `openssl s_time` for handshakes. Only ever against 127.0.0.1."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_DONE = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\\n", summary.requests, summary.duration, summary.bytes,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""

TOOLS = {"wrk": "wrk", "h2load": "nghttp2-client", "openssl": "openssl"}
"""Command → Debian package."""


class MissingToolError(Exception):
    """A tool or server that is not here. The text says how to get it."""


class LoadError(Exception):
    """The load did not come through: a figure of it would tell of something else."""


@dataclass(frozen=True)
class Answered:
    """What came of a load."""

    requests: int
    seconds: float
    bytes: int
    failed: int
    p50: float
    """Seconds."""
    p99: float
    """Seconds."""


def need(tool: str) -> str:
    """The tool's path. Raises MissingToolError."""
    found = shutil.which(tool)
    if found is None:
        raise MissingToolError(f"{tool} is not here: apt-get install --no-install-recommends {TOOLS[tool]}")
    return found


def http1(url: str, *, connections: int, seconds: float, folder: Path, close: bool = False) -> Answered:
    """Requests one after the other on each connection; `close`: each on a connection of its own, nothing resumed."""
    script = folder / "done.lua"
    script.write_text(_DONE)
    threads = min(2, connections)
    command = [need("wrk"), f"-t{threads}", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script)]
    command += ["--timeout", "30s", *(["-H", "Connection: close"] if close else []), url]
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", _run(command, seconds))
    if not found:
        raise LoadError(f"wrk said nothing of {url}")
    requests, micros, size, failed, p50, p99 = map(int, found.groups())
    return _whole(Answered(requests, micros / 1e6, size, failed, p50 / 1e6, p99 / 1e6))


def http2(url: str, *, connections: int, streams: int, seconds: float, folder: Path) -> Answered:
    """`streams` requests at a time on each connection."""
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    command = [need("h2load"), "-t", str(min(2, connections)), "-c", str(connections), "-m", str(streams)]
    command += ["-D", str(max(1, round(seconds))), "--log-file", str(log), url]
    said = _run(command, seconds)
    if "Application protocol: h2\n" not in said:
        raise LoadError(f"it does not speak HTTP/2:\n{said}")
    total = re.search(r"finished in ([\d.]+)(m?s)", said)
    counts = re.search(r"requests: .*?(\d+) succeeded, (\d+) failed, (\d+) errored", said)
    size = re.search(r"traffic: .*?\((\d+)\) total", said)
    if not (total and counts and size):
        raise LoadError(f"h2load said of {url}:\n{said}")
    taken = sorted(int(line.split()[2]) for line in log.read_text().splitlines())
    log.unlink()
    succeeded, failed, errored = map(int, counts.groups())
    middle, last = (taken[int(len(taken) * part)] / 1e6 if taken else 0.0 for part in (0.5, 0.99))
    elapsed = float(total[1]) / (1000 if total[2] == "ms" else 1)
    return _whole(Answered(succeeded, elapsed, int(size[1]), failed + errored, middle, last))


def handshakes(port: int, seconds: int) -> float:
    """New TLS 1.3 connections per second of one client, one after the other, nothing resumed and nothing asked."""
    command = [need("openssl"), "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", str(seconds)]
    found = re.search(r"(\d+) connections in (\d+) real seconds", _run(command, seconds))
    if not found:
        raise LoadError("openssl s_time told no number")
    return int(found[1]) / int(found[2])


def _whole(answered: Answered) -> Answered:
    if answered.requests == 0 or answered.failed > answered.requests / 1000:
        raise LoadError(f"{answered.failed} requests failed, {answered.requests} did not")
    return answered


def _run(command: list[str], seconds: float) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    if done.returncode:
        raise LoadError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout
