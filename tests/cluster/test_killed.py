"""A container or a process is killed under load: what fails meanwhile, and how long it takes to be well again."""

from __future__ import annotations

import time

from tests.cluster.clients import Client
from tests.cluster.shops import Running, name_of
from tests.cluster.support import Namespace, until
from tests.cluster.table import TABLE, Counts, Recovery

LISTING = """
for folder in /proc/[0-9]*; do
  while read -r key value; do
    case $key in Name:) name=$value ;; PPid:) parent=$value ;; esac
  done 2>/dev/null <"$folder/status" && echo "${folder#/proc/} $parent $name"
done; true
"""
"""Every process: its number, its parent's, its name. In the shell alone, since not every image has ps."""
SERVERS = ("nginx", "httpd", "apache2")


def _children(space: Namespace, pod: str, parent: int) -> list[int]:
    """The proxy's servers that are children of a process."""
    lines = [line.split() for line in space.exec(pod, "proxy", "sh", "-c", LISTING).splitlines()]
    return [int(line[0]) for line in lines if line[1] == str(parent) and line[2] in SERVERS]


def _kill(space: Namespace, pod: str, container: str, signal: str, process: int) -> None:
    space.exec_once(pod, container, "sh", "-c", f"kill -{signal} {process}")


def _ready(space: Namespace, pod: str) -> bool:
    conditions = space.get("pod", pod)["status"]["conditions"]
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


class Killing:
    """Counts while something is killed in one of two pods."""

    def __init__(self, running: Running, client: Client) -> None:
        self.running, self.space, self.client = running, running.space, client
        self.counting = running.load(client)
        self.pod = name_of(self.space.pods(running.now.name)[0])
        self.before = self.space.restarts(self.pod)
        self.began = time.monotonic()

    def restarted(self, container: str) -> float:
        """Wait until a container was started anew and its pod is Ready. The seconds since the beginning."""
        until(
            f"{container} is counted",
            lambda: self.space.restarts(self.pod)[container] > self.before[container],
            every=0.5,
        )
        until("Ready again", lambda: _ready(self.space, self.pod), every=0.5)
        return time.monotonic() - self.began

    def counts(self, what: str, ready_seconds: float) -> Counts:
        """What failed; and that it is over: another client finds every answer good for some seconds."""
        self.running.load(self.client).stop()
        seen = self.counting.counts(f"{self.running.now.name}: {what}")
        TABLE.append(Recovery(seen.case, seen.outage, ready_seconds))
        assert seen.requests > 500, seen
        return seen


def _kinds(seen: Counts) -> set[str]:
    return set(seen.failed)


def test_app_killed(running: Running, client: Client) -> None:
    """Its requests in flight are lost; until it is there again the proxy answers 502, and is not started anew."""
    killing = Killing(running, client)
    _kill(running.space, killing.pod, "app", "TERM", 1)
    seen = killing.counts("app killed", killing.restarted("app"))
    cut = {"download IncompleteRead", "kept cut: IncompleteRead", "new IncompleteRead"}
    if running.now.name == "uwsgi-apache":  # Apache does not tell the client that uWSGI ended in the middle
        cut |= {"download TimeoutError", "kept cut: TimeoutError", "new TimeoutError"}
    answered = {"kept 502", "new 502", "download 502", "upload 502", "websocket not open at the first try"}
    assert _kinds(seen) <= cut | answered, seen
    assert running.space.restarts(killing.pod) == {**killing.before, "app": killing.before["app"] + 1}


def test_proxy_killed(running: Running, client: Client) -> None:
    """The container is started anew, the app is not."""
    killing = Killing(running, client)
    if running.now.proxy == "nginx":  # it is process 1, which takes no other signal from within
        _kill(running.space, killing.pod, "proxy", "TERM", 1)
    else:
        (server,) = _children(running.space, killing.pod, 1)
        # The file with its number stays behind, and the number may be another process's next time: as here.
        running.space.exec(killing.pod, "proxy", "sh", "-c", "echo 1 >/run/pulumi-sidecar/httpd.pid")
        _kill(running.space, killing.pod, "proxy", "KILL", server)
    killing.counts("proxy killed", killing.restarted("proxy"))
    assert running.space.restarts(killing.pod) == {**killing.before, "proxy": killing.before["proxy"] + 1}


def test_proxy_worker_killed(running: Running, client: Client) -> None:
    """The proxy has another one at once; only what was in that worker is lost."""
    killing = Killing(running, client)
    parent = 1 if running.now.proxy == "nginx" else _children(running.space, killing.pod, 1)[0]
    workers = _children(running.space, killing.pod, parent)
    _kill(running.space, killing.pod, "proxy", "KILL", workers[0])
    until("another worker", lambda: set(_children(running.space, killing.pod, parent)) - set(workers), every=0.5)
    seen = killing.counts("proxy's worker killed", time.monotonic() - killing.began)
    assert seen.losses < 50, seen
    assert running.space.restarts(killing.pod) == killing.before
