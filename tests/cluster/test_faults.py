"""What containers of a pod share and what they do not: memory, processes, files. And what happens when one fails."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment
from tests.cluster.clients import Client
from tests.cluster.support import Deployed, Namespace, until

APP = """
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/grow":
            kept = [b"x" * 2**20 for _ in range(200)]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"still here")


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("127.0.0.1", 8080), Page).serve_forever()
"""


def _program(component: str, resources: dict[str, Any], **more: Any) -> Any:
    """A program with that app."""

    def program() -> None:
        code = ConfigMap(f"{component}-code", data={"app.py": APP})
        args: Any = {
            "app": {
                "image": "docker.io/library/python:3.11-slim",
                "command": ["python3", "/srv/app/app.py"],
                "port": 8080,
                "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
                "resources": resources,
            },
            "proxy": {"kind": "nginx"},
            "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
            **more,
        }
        made = SidecarDeployment(component, args)
        pulumi.export("url", made.url)
        pulumi.export("ca_cert_pem", made.ca_cert_pem)

    return program


@pytest.fixture(scope="module")
def small(namespace: Namespace) -> Deployed:
    """An app that may use 64 MiB."""
    return namespace.deploy(
        _program("small", {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}})
    )


@pytest.fixture(scope="module")
def large(namespace: Namespace) -> Deployed:
    """An app with 2 GiB and half a core, whose containers see each other's processes."""
    return namespace.deploy(_program("large", {"cpu": "500m", "memory": "2Gi"}, share_process_namespace=True))


def test_an_app_over_its_memory_limit_is_killed_alone(small: Deployed, namespace: Namespace, client: Client) -> None:
    client.steadily(small.url, small.ca)
    pod = namespace.pod("small")
    name, address = pod["metadata"]["name"], (pod["status"]["podIP"], 8443)
    watching = client.watch(small.url, small.ca, address)
    watching.wait_for("200")
    grown = client.fetch(f"{small.url}/grow", small.ca, address=address)
    assert grown.status == 502, grown
    watching.wait_for("502")
    watching.wait_for("200")
    watching.stop()

    def killed() -> bool:
        statuses = {each["name"]: each for each in namespace.get("pod", name)["status"]["containerStatuses"]}
        return statuses["app"]["lastState"].get("terminated", {}).get("reason") == "OOMKilled"

    until("the app is counted, as OOMKilled", killed)
    assert namespace.restarts(name) == {"app": 1, "proxy": 0}
    assert client.steadily(small.url, small.ca).text == "still here"


def test_limits_are_in_the_cgroup(large: Deployed, namespace: Namespace) -> None:
    name = namespace.pod("large")["metadata"]["name"]

    def read(*files: str) -> str:
        """Of cgroup v2, or of v1."""
        return namespace.exec(name, "app", "sh", "-c", f"cat {' '.join(files)} 2>/dev/null || true").strip()

    memory = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"
    assert read(*memory) == str(2 * 2**30)
    cpu = "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"
    assert read(*cpu) in ("50000 100000", "50000")
    proxy = namespace.exec(name, "proxy", "sh", "-c", f"cat {' '.join(memory)} 2>/dev/null || true").strip()
    assert proxy == str(128 * 2**20)


def _processes(namespace: Namespace, pod: str, container: str) -> dict[str, list[str]]:
    """Process ids by command name, as a container sees them."""
    # In the shell alone: not every image has ps.
    script = 'for d in /proc/[0-9]*; do read -r name < $d/comm && echo "$name ${d#/proc/}"; done 2>/dev/null; true'
    found: dict[str, list[str]] = {}
    for line in namespace.exec(pod, container, "sh", "-c", script).splitlines():
        name, _, process = line.rpartition(" ")
        found.setdefault(name, []).append(process)
    return found


def test_containers_see_each_others_processes_where_that_is_wanted(large: Deployed, namespace: Namespace) -> None:
    name = namespace.pod("large")["metadata"]["name"]
    for container in ("app", "proxy"):
        assert {"python3", "nginx"} <= _processes(namespace, name, container).keys()


def test_containers_see_only_their_own_processes_otherwise(small: Deployed, namespace: Namespace) -> None:
    name = namespace.pod("small")["metadata"]["name"]
    assert "nginx" not in _processes(namespace, name, "app")
    assert "python3" not in _processes(namespace, name, "proxy")


def test_the_app_cannot_read_the_proxys_key(large: Deployed, small: Deployed, namespace: Namespace) -> None:
    key = "/etc/pulumi-sidecar/tls/tls.key"
    names = [namespace.pod(component)["metadata"]["name"] for component in ("small", "large")]
    for name in names:
        assert namespace.exec(name, "proxy", "head", "-1", key).startswith("-----BEGIN")
        assert "No such file" in namespace.exec(name, "app", "cat", key, check=False)
    # A process that one sees has a root folder that one sees, too: of another user it cannot be entered.
    for process in _processes(namespace, names[1], "app")["nginx"]:
        assert "Permission denied" in namespace.exec(names[1], "app", "cat", f"/proc/{process}/root{key}", check=False)
