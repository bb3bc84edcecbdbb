"""A namespace on a real cluster, programs rendered into it, and a client pod that asks what runs there."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pulumi_sidecar import manifests, offline

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
    done = subprocess.run(["kubectl", *args], input=stdin, capture_output=True, text=True, timeout=seconds, check=False)
    assert not check or done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr or done.stdout}"
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr


def until(what: str, found: Callable[[], Any], seconds: float = READY_SECONDS, every: float = 1) -> Any:
    """The first true answer of `found`."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(every)
    return answer


# --- the client pod ---------------------------------------------------------------------------------------------------

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


@dataclass(frozen=True)
class Answer:
    """What a request got."""

    status: int | None
    """None where there was no answer."""
    headers: dict[str, str]
    body: bytes
    certificate: dict[str, Any]
    error: str

    @property
    def text(self) -> str:
        """The body, decoded."""
        return self.body.decode()

    @property
    def names(self) -> set[str]:
        """The names and addresses of the certificate."""
        return {value for _, value in self.certificate["subjectAltName"]}


@dataclass(frozen=True)
class Counts:
    """What a counting client saw."""

    case: str
    requests: int
    again: int
    """Sent once more, because the server had closed an idle connection."""
    failed: dict[str, int]
    """How often each failure was seen: a status, or the kind of an error."""


TABLE: list[Counts] = []
"""All that was counted, for the summary."""


class Running:
    """A client that watches or counts until it is told to stop."""

    def __init__(self, client: Client, asked: Mapping[str, Any]) -> None:
        self._client, self._stop = client, f"/tmp/stop-{uuid.uuid4().hex}"
        self.lines: list[str] = []
        command = client.command({**asked, "stop": self._stop})
        self._process = subprocess.Popen(["kubectl", *command], stdout=subprocess.PIPE, text=True)

    def wait_for(self, wanted: str) -> None:
        """Read lines until this one."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line.strip())
            if line.strip() == wanted:
                return
        raise AssertionError(f"the client ended without {wanted!r}: {self.lines}")

    def counts(self, case: str) -> Counts:
        """Stop a counting client; the result also stands in the table at the end."""
        counts = Counts(case, **json.loads(self.stop()[-1]))
        TABLE.append(counts)
        return counts

    def stop(self) -> list[str]:
        """Every line, the last ones included."""
        self._client.run("touch", self._stop)
        rest, _ = self._process.communicate(timeout=120)
        self.lines += rest.split("\n")
        return [line for line in self.lines if line]


@dataclass(frozen=True)
class Client:
    """A pod elsewhere in the cluster. It trusts only the CA that it is given."""

    namespace: str
    pod: str = "client"

    def run(self, *command: str) -> str:
        """What a command prints there."""
        return kubectl("exec", "-n", self.namespace, self.pod, "--", *command)

    def command(self, asked: Mapping[str, Any]) -> list[str]:
        """kubectl's arguments for a run of client.py."""
        program = Path(__file__).with_name("client.py").read_text()
        return ["exec", "-n", self.namespace, self.pod, "--", "python3", "-c", program, json.dumps(asked)]

    def fetch(
        self,
        url: str,
        ca: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: tuple[bytes, int, bytes] | None = None,
        address: tuple[str, int] | None = None,
        seconds: float = 15,
    ) -> Answer:
        """One request, over a connection of its own; to `address` if given, whose certificate must be the URL's.

        A body is its first bytes, how many more the client pod shall make up, and its last bytes.
        """
        asked: dict[str, Any] = {"do": "fetch", "url": url, "ca": ca, "method": method, "timeout": seconds}
        asked |= {"headers": dict(headers or {}), "address": address}
        asked |= {"body": (body[0].decode(), body[1], body[2].decode())} if body is not None else {}
        found = json.loads(kubectl(*self.command(asked), seconds=seconds + 45))
        content = base64.b64decode(found.get("body", ""))
        certificate, error = found.get("certificate", {}), found.get("error", "")
        return Answer(found.get("status"), found.get("headers", {}), content, certificate, error)

    def steadily(self, url: str, ca: str, seconds: float = 60, **more: Any) -> Answer:
        """The first answer below 500: a Service that is new takes some seconds."""

        def good() -> Answer | None:
            answer = self.fetch(url, ca, **more)
            return answer if answer.status and answer.status < 500 else None

        answer: Answer = until(f"{url} answers", good, seconds)
        return answer

    def watch(self, url: str, ca: str, address: tuple[str, int] | None = None) -> Running:
        """Ask again and again; each change of the answer is a line."""
        return Running(self, {"do": "watch", "url": url, "ca": ca, "address": address, "timeout": 5})

    def count(self, url: str, ca: str) -> Running:
        """Count requests and failures, after the line `steady`."""
        return Running(self, {"do": "count", "url": url, "ca": ca})


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

    def get(self, *args: str) -> Any:
        """`kubectl get … -o json`."""
        return json.loads(self.kubectl("get", *args, "-o", "json"))

    def exec(self, pod: str, container: str, *command: str, check: bool = True) -> str:
        """What a command prints in a container."""
        return self.kubectl("exec", pod, "-c", container, "--", *command, check=check)

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

    def pods(self, component: str = "web") -> list[Object]:
        """The pods of a component that are not about to end."""
        found = self.get("pods", "-l", f"pulumi-sidecar/component={component}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

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
            logs = self.kubectl("logs", "--all-containers", "--prefix", "--tail=40", pod, check=False)
            texts.append(f"$ kubectl logs {pod}\n{logs}")
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
