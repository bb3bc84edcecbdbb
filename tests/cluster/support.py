"""A namespace on a real cluster, and programs rendered into it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pulumi_sidecar import manifests, offline
from tests.cluster import api

EXAMPLES = Path(__file__).parents[2] / "examples"
READY_SECONDS = 240
"""How long pods may take to become Ready. Generous: the machine may be busy."""

Object = dict[str, Any]

IMAGES = {
    "docker.io/library/python:3.11-slim": "SIDECAR_TEST_APP_IMAGE",
    "docker.io/nginxinc/nginx-unprivileged:1.30.4": "SIDECAR_TEST_NGINX_IMAGE",
    "docker.io/library/httpd:2.4.68": "SIDECAR_TEST_APACHE_IMAGE",
}
"""Images of the examples, and the settings that put others in their place. The first needs Python, Flask and uWSGI."""


def image(name: str) -> str:
    """The image that a cluster's owner wants in the place of `name`."""
    return os.environ.get(IMAGES.get(name, "")) or name


def kubectl(*args: str, stdin: str | None = None, seconds: float = 60, check: bool = True) -> str:
    """What kubectl prints. Raises AssertionError with its own words when it fails."""
    command = ["kubectl", *args]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=seconds, check=False)
    return _said(command, done.returncode, done.stdout, done.stderr, check)


def _said(command: Sequence[str], code: int, out: str, err: str, check: bool) -> str:
    assert not check or code == 0, f"{' '.join(command)}: {err or out}"
    return out if code == 0 else out + err


_MARKED = ("sh", "-c", '"$@"; code=$?; echo "ended $code"; echo "ended $code" >&2', "-")
_MARK = re.compile(r"(.*)ended (\d+)\n", re.DOTALL)


def kubectl_exec(*where: str, command: Sequence[str], check: bool) -> str:
    """What a command prints, as of `kubectl`. It may be run several times: `kubectl exec` now and then loses what is
    printed (kubernetes/kubernetes#34256, #124571), and then a mark at its end is missing."""
    arguments = ["kubectl", "exec", *where, "--", *_MARKED, *command]
    for _ in range(5):
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
        out, err = _MARK.fullmatch(done.stdout), _MARK.fullmatch(done.stderr)
        if out and err:
            return _said(arguments, int(out[2]), out[1], err[1], check)
        time.sleep(0.5)
    return _said(arguments, done.returncode or 1, done.stdout, done.stderr, check)


def until(what: str, found: Callable[[], Any], seconds: float = READY_SECONDS, every: float = 1) -> Any:
    """The first true answer of `found`."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(every)
    return answer


# --- a pod ------------------------------------------------------------------------------------------------------------

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""A container's security context that Pod Security `restricted` admits."""


def sleeping_pod(name: str, namespace: str) -> Object:
    """A pod that does nothing, to run commands in."""
    sleep = ["python3", "-c", "import signal; signal.signal(15, lambda *_: exit()); signal.pause()"]
    container = {
        "name": "main",
        "image": image("docker.io/library/python:3.11-slim"),
        "command": sleep,
        "securityContext": RESTRICTED,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [container], "automountServiceAccountToken": False},
    }


# --- a namespace ------------------------------------------------------------------------------------------------------


@dataclass
class Deployed:
    """A program whose objects are on the cluster."""

    run: offline.Run
    objects: list[Object]
    namespace: str

    def one(self, kind: str, prefix: str = "") -> Object:
        """The only object of a kind (whose name begins with `prefix`)."""
        found = [each for each in self.objects if each["kind"] == kind and _name(each).startswith(prefix)]
        assert len(found) == 1, [(each["kind"], _name(each)) for each in self.objects]
        return found[0]

    @property
    def url(self) -> str:
        """The exported URL."""
        return str(self.run.outputs["url"])

    @property
    def ca(self) -> str:
        """The exported CA, if there is TLS."""
        return str(self.run.outputs.get("ca_cert_pem") or "")


def _name(each: Object) -> str:
    return str(each["metadata"]["name"])


@dataclass
class Namespace:
    """A namespace that enforces Pod Security `restricted`."""

    name: str
    deployed: list[Deployed] = field(default_factory=list)

    def kubectl(self, *args: str, **options: Any) -> str:
        """kubectl in this namespace."""
        return kubectl("-n", self.name, *args, **options)

    def get(self, kind: str, name: str = "", **chosen: str) -> Any:
        """An object, or a list chosen by `labels` and `fields`."""
        return api.get(self.name, kind, name, **chosen)

    def exec(self, pod: str, container: str, *command: str, check: bool = True) -> str:
        """What a command prints in a container. It must be one that may be run again."""
        return kubectl_exec("-n", self.name, pod, "-c", container, command=command, check=check)

    def exec_once(self, pod: str, container: str, *command: str) -> None:
        """Run a command that may end its own container, and so may seem to fail."""
        self.kubectl("exec", pod, "-c", container, "--", *command, check=False)

    def apply(self, objects: list[Object]) -> None:
        """Server-side dry run of everything, then the same in earnest. Namespaces first: the rest needs them."""
        spaces = [each for each in objects if each["kind"] == "Namespace"]
        for group in (spaces, [each for each in objects if each not in spaces]):
            text = json.dumps({"apiVersion": "v1", "kind": "List", "items": group})
            for dry in (("--dry-run=server",), ()) if group else ():
                kubectl("apply", "--server-side", "--force-conflicts", *dry, "-f", "-", stdin=text)

    def render(self, program: Path | Callable[[], None], **config: str) -> tuple[offline.Run, list[Object]]:
        """A program's objects for this namespace, secrets and all, with the images of the settings."""
        run = offline.run(program, namespace=self.name, config=config)
        assert not run.remote, run.remote
        text = manifests.to_yaml(run.manifests(), secrets="include")
        for theirs in IMAGES:
            text = text.replace(f"image: {theirs}\n", f"image: {image(theirs)}\n")
        return run, list(yaml.safe_load_all(text))

    def deploy(self, program: Path | Callable[[], None], **config: str) -> Deployed:
        """Render a program, apply it, and wait until its pods are Ready."""
        run, objects = self.render(program, **config)
        found = Deployed(run, objects, self.name)
        self.deployed.append(found)
        self.apply(objects)
        self.wait_ready(found)
        return found

    def wait_ready(self, found: Deployed) -> None:
        """Every Deployment of the program has rolled out."""
        for each in found.objects:
            if each["kind"] == "Deployment":
                space = each["metadata"]["namespace"]
                limit = f"--timeout={READY_SECONDS}s"
                words = kubectl(
                    "-n", space, "rollout", "status", f"deployment/{_name(each)}", limit, seconds=READY_SECONDS + 30
                )
                assert "successfully rolled out" in words, words

    def all_pods(self, component: str) -> list[Object]:
        """The pods of a component, also those that are about to end."""
        return list(self.get("pods", labels=f"pulumi-sidecar/component={component}")["items"])

    def pods(self, component: str = "web") -> list[Object]:
        """The pods of a component that are not about to end."""
        return [pod for pod in self.all_pods(component) if "deletionTimestamp" not in pod["metadata"]]

    def pod(self, component: str = "web") -> Object:
        """The only pod of a component."""
        (found,) = until(f"one pod of {component}", lambda: len(p := self.pods(component)) == 1 and p)
        return dict(found)

    def restarts(self, pod: str) -> dict[str, int]:
        """How often each container was restarted."""
        status = self.get("pod", pod)["status"]
        every = status["containerStatuses"] + status.get("initContainerStatuses", [])
        return {each["name"]: each["restartCount"] for each in every}

    def report(self) -> str:
        """What one wants to read when a test failed."""
        parts = [
            ("get", "all", "-o", "wide"),
            ("describe", "pods"),
            ("get", "events", "--sort-by=.lastTimestamp"),
        ]
        texts = [f"$ kubectl {' '.join(part)}\n{self.kubectl(*part, check=False)}" for part in parts]
        for pod in self.kubectl("get", "pods", "-o", "name", check=False).split():
            for which in ((), ("--previous",)):
                options = ("--all-containers", "--prefix", "--tail=40", *which)
                texts.append(
                    f"$ kubectl logs {pod} {' '.join(which)}\n{self.kubectl('logs', *options, pod, check=False)}"
                )
        return "\n".join(texts)


RESTRICTED_LABEL = "pod-security.kubernetes.io/enforce"


@contextmanager
def fresh_namespace(name: str) -> Iterator[Namespace]:
    """A namespace of that name and a random end, deleted afterwards; nobody waits for the end of that."""
    space = Namespace(f"{name}-{uuid.uuid4().hex[:6]}")
    metadata = {"name": space.name, "labels": {RESTRICTED_LABEL: "restricted"}}
    kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
    with deleted_afterwards(space):
        yield space


@contextmanager
def deleted_afterwards(space: Namespace) -> Iterator[None]:
    """For a namespace that the program itself makes, too."""
    try:
        yield
    finally:
        delete_namespace(space.name)


@contextmanager
def follow_logs(namespace: str, pod: str, container: str) -> Iterator[Callable[[], str]]:
    """Follow a container's log; the function returns the rest of it, when the container has ended."""
    command = ["kubectl", "-n", namespace, "logs", "-f", "--since=1s", pod, "-c", container]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield lambda: process.communicate(timeout=120)[0]
    finally:
        process.kill()


def delete_namespace(name: str) -> None:
    """Delete it with its pods, at once: their grace is of no use to a test."""
    kubectl("-n", name, "delete", "deployments,pods", "--all", "--grace-period=1", "--wait=false", check=False)
    kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found", check=False)
