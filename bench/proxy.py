"""The proxies under load: every scenario goes round all of them before its next round begins."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import load, machine, ours
from bench.load import Answered, LoadError, MissingToolError
from bench.peers import PEERS, Peer
from bench.result import Scenario
from bench.site import Site, StartError, app, folder, free_port, server, settle
from pulumi_sidecar import local, proxies

OURS = {
    "nginx": ("pulumi-sidecar, nginx", {"kind": "nginx"}),
    "nginx-no-log": ("pulumi-sidecar, nginx, access_log off", {"kind": "nginx", "access_log": "off"}),
    "apache": ("pulumi-sidecar, Apache", {"kind": "apache"}),
    "apache-no-log": ("pulumi-sidecar, Apache, access_log off", {"kind": "apache", "access_log": "off"}),
}
APP = "app"
TITLES = {name: title for name, (title, _) in OURS.items()} | {peer.name: peer.title for peer in PEERS}
TITLES |= {APP: "the app without a proxy, in clear"}


ESSENTIAL = {
    "nginx",
    "apache",
    "nginx-best",
    "nginx-tutorial",
    "httpd-no-reuse",
    "haproxy",
    "envoy",
    "caddy",
    "traefik",
}
"""Who is in every scenario."""


@dataclass(frozen=True)
class Stand:
    """A proxy at work. `group` is its processes."""

    name: str
    port: int
    group: int
    logs: tuple[Path, ...]
    scheme: str = "https"
    closes: bool = False
    """It keeps no connection, and shall not be asked to."""

    def forget_logs(self) -> None:
        """Logs must not fill the memory; whoever writes them appends."""
        for log in self.logs:
            if log.exists():
                os.truncate(log, 0)


@dataclass(frozen=True)
class Load:
    """A scenario."""

    name: str
    title: str
    path: str
    connections: int
    streams: int = 0
    """Requests at a time on a connection of HTTP/2; 0 is HTTP/1.1."""
    close: bool = False
    seconds: float = 1
    rounds: int = 2
    everybody: bool = False
    """Also those that are tuned, and what else is not needed everywhere."""

    def run(self, stand: Stand, place: Path, seconds: float) -> Answered:
        """The load against one proxy."""
        close = self.close or stand.closes
        host = "127.0.0.1" if stand.scheme == "http" else "localhost"
        url = f"{stand.scheme}://{host}:{stand.port}/{self.path}"
        if self.streams:
            return load.http2(url, connections=self.connections, streams=self.streams, seconds=seconds, folder=place)
        return load.http1(url, connections=self.connections, seconds=seconds, folder=place, close=close)


@contextmanager
def site() -> Iterator[Site]:
    """The app and everything that the proxies share."""
    with folder() as place, ExitStack() as stack:
        port = free_port()
        pair = ours.certificate(ours.http("nginx"))
        files = [place / name for name in ("tls.crt", "tls.key", "both.pem")]
        for file, data in zip(files, (*pair, b"".join(pair)), strict=True):
            file.touch(mode=0o600)
            file.write_bytes(data)
        stack.enter_context(app(place, port))
        yield Site(place, port, *files)


@contextmanager
def of_ours(name: str, proxy: local.LocalProxy) -> Iterator[Stand]:
    """One of our proxies."""
    with proxy.started() as process:
        yield Stand(name, ours.port(proxy), process.pid, (proxy.access_log, proxy.error_log))


@contextmanager
def of_peer(peer: Peer, shared: Site) -> Iterator[Stand]:
    """One of the others."""
    place, port = shared.folder / peer.name, free_port()
    place.mkdir()
    place.chmod(0o777)
    with server(
        peer.command(shared, port, place), port, place, peer.name, env={"HOME": str(place), **peer.env}
    ) as process:
        yield Stand(peer.name, port, process.pid, (place / "access.log", place / f"{peer.name}.log"))


@contextmanager
def all_stands(names: set[str] | None = None) -> Iterator[tuple[Site, dict[str, Stand], dict[str, str]]]:
    """Every proxy that starts here, the app, and why the others are missing."""
    with site() as shared, ExitStack() as stack:
        stands: dict[str, Stand] = {}
        missing: dict[str, str] = {}
        starts: dict[str, Callable[[], Stand]] = {
            name: lambda name=name, proxy=proxy: stack.enter_context(  # type: ignore[misc]
                of_ours(name, ours.place(ours.http(**proxy), shared.folder / name, shared.app_port))
            )
            for name, (_, proxy) in OURS.items()
        }
        starts |= {peer.name: lambda peer=peer: stack.enter_context(of_peer(peer, shared)) for peer in PEERS}  # type: ignore[misc]
        for name, start in starts.items():
            if names is not None and name not in names:
                continue
            try:
                stands[name] = start()
            except (MissingToolError, StartError, proxies.LocalError) as error:
                missing[name] = str(error).strip().splitlines()[0]
                say(f"  {name}: {error}")
        stands[APP] = Stand(APP, shared.app_port, 0, (), "http")
        yield shared, stands, missing


def measure(
    each: Load,
    shared: Site,
    stands: Mapping[str, Stand],
    missing: Mapping[str, str],
    quick: bool,
    titles: Mapping[str, str] = TITLES,
    base: str = "nginx",
) -> Scenario:
    """All rounds of a scenario."""
    done = Scenario(each.name, each.title, base, {name: titles[name] for name in stands}, [], dict(missing))
    names = list(stands)
    for number in range(1 if quick else each.rounds):
        figures = {}
        turn = number * 5 % len(names)
        for name in names[turn:] + names[:turn]:
            try:
                figures[name] = _figures(each, stands[name], shared.folder, 1 if quick else each.seconds)
            except LoadError as error:
                done.missing[name] = str(error).strip().splitlines()[0]
            stands[name].forget_logs()
        done.rounds.append(figures)
    return done


def _figures(each: Load, stand: Stand, place: Path, seconds: float) -> dict[str, float]:
    settle()
    with machine.Watch(stand.group) as watch:
        came = each.run(stand, place, seconds)
    figures = {"requests/s": came.requests / came.seconds, "p50": came.p50, "p99": came.p99}
    if came.bytes > came.requests * 2**19:
        figures["MiB/s"] = came.bytes / came.seconds / 2**20
    if stand.group:
        figures |= {"CPU s/10k": watch.cpu / came.requests * 1e4, "peak MiB": watch.peak / 2**20}
    return figures


def say(text: str) -> None:
    """To who waits."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


_KEPT, _NEW, _H2 = "HTTP/1.1 keep-alive", "HTTP/1.1, a new connection each", "HTTP/2"
LOADS = {
    "small": (
        Load("small-32", f"small answers, {_KEPT}, 32 connections", "small", 32, seconds=1, rounds=7, everybody=True),
        Load("small-1", f"small answers, {_KEPT}, 1 connection", "small", 1),
        Load("small-256", f"small answers, {_KEPT}, 256 connections", "small", 256),
    ),
    "http2": (
        Load("h2-32", f"small answers, {_H2}, 32 connections of 4 streams", "small", 32, 4, everybody=True),
        Load("h2-1", f"small answers, {_H2}, 1 connection of 4 streams", "small", 1, 4),
        Load("h2-256", f"small answers, {_H2}, 256 connections of 1 stream", "small", 256, 1),
    ),
    "new": (
        Load("new-32", f"small answers, {_NEW}, 32 at a time", "small", 32, close=True, everybody=True),
        Load("new-1", f"small answers, {_NEW}, 1 at a time", "small", 1, close=True),
        Load("new-256", f"small answers, {_NEW}, 256 at a time", "small", 256, close=True),
    ),
    "large": (
        Load("1m-32", f"1 MiB, {_KEPT}, 32 connections", "1m", 32, everybody=True),
        Load("1m-1", f"1 MiB, {_KEPT}, 1 connection", "1m", 1),
        Load("1m-256", f"1 MiB, {_KEPT}, 256 connections", "1m", 256, seconds=2),
        Load("1m-h2", f"1 MiB, {_H2}, 32 connections of 1 stream", "1m", 32, 1),
        Load("100m-1", f"100 MiB, {_KEPT}, 1 connection", "100m", 1, seconds=2),
        Load("100m-8", f"100 MiB, {_KEPT}, 8 connections", "100m", 8, seconds=4),
        Load("100m-h2", f"100 MiB, {_H2}, 1 connection of 1 stream", "100m", 1, 1, seconds=2),
    ),
}
"""Part → its scenarios. 100 MiB for 256 at a time would be 25 GiB for each proxy and round."""


def run(part: str, quick: bool) -> list[Scenario]:
    """The scenarios of a part."""
    done = []
    with all_stands() as (shared, stands, missing):
        if part == "small":
            done.append(_at_rest(stands, missing))
        for each in LOADS[part]:
            say(f"  {each.title}")
            chosen = {name: it for name, it in stands.items() if each.everybody or name in ESSENTIAL | {APP}}
            if each.streams:
                chosen.pop(APP)
            done.append(measure(each, shared, chosen, missing, quick))
    return done


def _at_rest(stands: Mapping[str, Stand], missing: Mapping[str, str]) -> Scenario:
    """What they take before anybody asked for anything."""
    proxies_only = {name: it for name, it in stands.items() if it.group}
    done = Scenario("rest", "memory at rest, before the first request", "nginx", {}, [], dict(missing))
    done.who = {name: TITLES[name] for name in proxies_only}
    for _ in range(3):
        time.sleep(0.5)
        done.rounds.append({name: {"MiB": machine.memory_bytes(it.group) / 2**20} for name, it in proxies_only.items()})
    return done
