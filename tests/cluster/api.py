"""Reading objects from the API server.

A kubectl for each look would take more of the processors than the cluster does. One `kubectl proxy` does it, whichever
way KUBECONFIG's user logs in; it listens on a unix socket in a folder that is ours alone.
"""

from __future__ import annotations

import atexit
import functools
import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_PATHS = {
    "events": ("api/v1", "events"),
    "namespace": ("api/v1", "namespaces"),
    "nodes": ("api/v1", "nodes"),
    "pod": ("api/v1", "pods"),
    "pods": ("api/v1", "pods"),
    "secret": ("api/v1", "secrets"),
    "service": ("api/v1", "services"),
    "deployment": ("apis/apps/v1", "deployments"),
    "horizontalpodautoscaler": ("apis/autoscaling/v2", "horizontalpodautoscalers"),
    "poddisruptionbudget": ("apis/policy/v1", "poddisruptionbudgets"),
}
_CLUSTER_WIDE = ("namespace", "nodes")


@functools.cache
def _socket() -> Path:
    """The proxy's socket; the proxy ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="sidecar-api-"))
    path = folder / "api.sock"
    proxy = subprocess.Popen(["kubectl", "proxy", f"--unix-socket={path}"], stdout=subprocess.DEVNULL)

    def end() -> None:
        proxy.terminate()
        proxy.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    for _ in range(300):
        if path.exists():
            return path
        assert proxy.poll() is None, "kubectl proxy has ended"
        time.sleep(0.1)
    raise AssertionError("kubectl proxy does not listen")


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(_socket()))


def get(namespace: str, kind: str, name: str = "", *, labels: str = "", fields: str = "") -> Any:
    """An object, or a list of objects chosen by labels and fields. Raises AssertionError with the server's words."""
    prefix, plural = _PATHS[kind]
    within = "" if kind in _CLUSTER_WIDE else f"/namespaces/{namespace}"
    chosen = {key: value for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value}
    connection = _Connection("localhost")
    try:
        connection.request("GET", f"/{prefix}{within}/{plural}{f'/{name}' if name else ''}?{urlencode(chosen)}")
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    assert response.status == 200, f"{kind} {name} in {namespace}: {text.decode()[:500]}"
    return json.loads(text)
