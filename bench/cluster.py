"""On a real cluster, the one of KUBECONFIG: until the first answer, at rest, and a thousand components.

Everything is in a namespace of its own, which is deleted afterwards. Services' addresses have to be reachable here.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.load import LoadError, MissingToolError
from bench.result import Round, Scenario
from pulumi_sidecar import SidecarDeployment, manifests, offline

IMAGE = "docker.io/library/python:3.11-slim"
CODE = (Path(__file__).parents[1] / "examples" / "https_nginx" / "app.py").read_text()
WHO = {"alone": "the app alone, HTTP", "sidecar": "with the sidecar, HTTPS"}
_MOUNT = {"volume": "code", "mount_path": "/srv/app", "read_only": True}
_REQUESTS = {"cpu": "50m", "memory": "64Mi"}
_ANSWER_SECONDS, _REST_SECONDS = 120, 30


def run(quick: bool) -> list[Scenario]:
    """The scenarios of this part."""
    if not os.environ.get("KUBECONFIG"):
        raise MissingToolError("KUBECONFIG names no cluster")
    if shutil.which("kubectl") is None:
        raise MissingToolError("kubectl is not here")
    answer = Scenario("answer", "seconds from apply to the first answer", "alone", {**WHO, "more": "the difference"})
    rest = Scenario("idle", "the proxy's container at rest", "", {"sidecar": "the proxy"})
    for number in range(1 if quick else 5):
        figures: Round = {}
        for who in list(WHO) if number % 2 == 0 else list(WHO)[::-1]:
            with namespace() as space:
                figures[who] = {"seconds": _until_answer(space, who)}
                if who == "sidecar" and number == 0:
                    rest.rounds = [{"sidecar": _at_rest(space, 5 if quick else _REST_SECONDS)}]
        figures["more"] = {"seconds": figures["sidecar"]["seconds"] - figures["alone"]["seconds"]}
        answer.rounds.append(figures)
    return [answer, rest, _density(), _scale([10, 50] if quick else [100, 1000])]


# --- a namespace ------------------------------------------------------------------------------------------------------


def kubectl(*words: str, stdin: str | None = None) -> str:
    """What kubectl prints. Raises LoadError with its words."""
    done = subprocess.run(["kubectl", *words], input=stdin, capture_output=True, text=True, check=False, timeout=540)  # noqa: S607 - the one in the PATH
    if done.returncode:
        raise LoadError(f"kubectl {words[0]}: {done.stderr.strip()[-300:]}")
    return done.stdout


@contextmanager
def namespace() -> Iterator[str]:
    """A namespace for the time of the block."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


# --- until the first answer -------------------------------------------------------------------------------------------


def _sidecar(space: str) -> str:
    def program() -> None:
        from pulumi_kubernetes.core.v1 import ConfigMap

        code = ConfigMap("code", metadata={"name": "code", "namespace": space}, data={"app.py": CODE})
        app = {"image": IMAGE, "command": ["python3", "/srv/app/app.py"], "port": 8080, "volume_mounts": [_MOUNT]}
        SidecarDeployment(
            "web",
            {  # type: ignore[arg-type]  # put together at run time
                "namespace": space,
                "app": {**app, "resources": {"requests": _REQUESTS}},
                "proxy": {"kind": "nginx"},
                "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
            },
        )

    return manifests.to_yaml(offline.run(program).manifests(), secrets="include")


def _alone(space: str) -> str:
    """The same app, which has to listen on the pod's address then."""
    labels, meta = {"app": "web"}, {"name": "web", "namespace": space}
    container = {
        "name": "app",
        "image": IMAGE,
        "command": ["python3", "/srv/app/app.py"],
        "resources": {"requests": _REQUESTS},
        "volumeMounts": [{"name": "code", "mountPath": "/srv/app"}],
    }
    spec = {"containers": [container], "volumes": [{"name": "code", "configMap": {"name": "code"}}]}
    deployment = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}}
    objects: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**meta, "name": "code"},
            "data": {"app.py": CODE.replace("127.0.0.1", "0.0.0.0")},  # noqa: S104 - in a pod
        },
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": deployment},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
        },
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def _until_answer(space: str, who: str) -> float:
    text = _sidecar(space) if who == "sidecar" else _alone(space)
    begun = time.monotonic()
    kubectl("apply", "--server-side", "-f", "-", stdin=text)
    address = kubectl("-n", space, "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
    url = f"https://{address}" if who == "sidecar" else f"http://{address}"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # what is asked is when, not who
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    while time.monotonic() < begun + _ANSWER_SECONDS:
        try:
            opener.open(url, timeout=2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return time.monotonic() - begun
    raise LoadError(f"{url} does not answer within {_ANSWER_SECONDS} s")


# --- at rest ----------------------------------------------------------------------------------------------------------


def _at_rest(space: str, seconds: float) -> dict[str, float]:
    first = _counts(space)
    time.sleep(seconds)
    last = _counts(space)
    while last["time"] == first["time"]:  # the kubelet looks every ten seconds or so
        time.sleep(2)
        last = _counts(space)
    used = (last["cpu"] - first["cpu"]) / (last["time"] - first["time"])
    return {"CPU m": used * 1e3, "MiB": last["memory"] / 2**20}


def _counts(space: str) -> dict[str, float]:
    """The kubelet's own: CPU in seconds, working set in bytes, and when it looked."""
    (pod,) = json.loads(kubectl("-n", space, "get", "pods", "-o", "json"))["items"]
    for _ in range(60):
        summary = json.loads(kubectl("get", "--raw", f"/api/v1/nodes/{pod['spec']['nodeName']}/proxy/stats/summary"))
        for each in summary["pods"]:
            if each["podRef"]["name"] != pod["metadata"]["name"]:
                continue
            for container in each.get("containers", []):
                cpu, memory = container.get("cpu", {}), container.get("memory", {})
                if container["name"] == "proxy" and "usageCoreNanoSeconds" in cpu and "workingSetBytes" in memory:
                    taken = time.mktime(time.strptime(cpu["time"], "%Y-%m-%dT%H:%M:%SZ"))
                    return {
                        "cpu": cpu["usageCoreNanoSeconds"] / 1e9,
                        "memory": memory["workingSetBytes"],
                        "time": taken,
                    }
        time.sleep(2)
    raise LoadError("the kubelet counts nothing for the proxy")


def _density() -> Scenario:
    """How many pods an empty node takes by their requests, of an app of 50m and 64Mi."""
    requests = {"alone": (0, 0), "sidecar": (50, 32), "envoy": (100, 128)}
    titles = {**WHO, "envoy": "with an Envoy sidecar of 100m and 128Mi"}
    allocatable = json.loads(kubectl("get", "nodes", "-o", "json"))["items"][0]["status"]["allocatable"]
    cpu, memory = allocatable["cpu"], allocatable["memory"]
    millis = float(cpu[:-1]) if cpu.endswith("m") else float(cpu) * 1000
    mib = float(memory.removesuffix("Ki")) / 1024
    fits = {who: {"pods": float(min(millis // (50 + m), mib // (64 + k)))} for who, (m, k) in requests.items()}
    title = "pods that fit on a node, by their requests (computed; the app's are 50m and 64Mi)"
    return Scenario("density", title, "envoy", titles, [fits])


# --- a thousand -------------------------------------------------------------------------------------------------------


def _scale(counts: list[int]) -> Scenario:
    """Milliseconds for each object, rendered here and tried by the API server."""
    who = {f"{count}": f"{count:,} components" for count in counts}
    done = Scenario("scale", "many components: for each object, in ms", str(counts[0]), who, [{}])
    for count in counts:
        with namespace() as space:

            def program(count: int = count, space: str = space) -> None:
                args: Any = {"namespace": space, "app": {"image": "app", "port": 8080}, "proxy": {"kind": "nginx"}}
                for number in range(count):
                    SidecarDeployment(f"web-{number}", args)

            begun = time.process_time()
            objects = offline.run(program).manifests()
            text = manifests.to_yaml(objects, secrets="include")
            rendered = time.process_time() - begun
            begun = time.monotonic()
            kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=text)
            tried = time.monotonic() - begun
        figures = {"rendering (CPU)": rendered, "server-side dry-run": tried}
        done.rounds[0][str(count)] = {name: value / len(objects) * 1e3 for name, value in figures.items()}
    return done
