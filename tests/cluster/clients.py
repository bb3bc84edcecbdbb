"""The client pod: it asks, watches and counts from elsewhere in the cluster, and trusts only the given CA."""

from __future__ import annotations

import base64
import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.support import Object, kubectl, sleeping_pod, until
from tests.cluster.table import TABLE, Counts

PROGRAM = Path(__file__).with_name("client")
FOLDER = "/srv/client"


def client_objects(namespace: str) -> list[Object]:
    """The pod, and the program that runs in it."""
    files = {file.name: file.read_text() for file in sorted(PROGRAM.glob("*.py"))}
    metadata = {"name": "client", "namespace": namespace}
    pod = sleeping_pod("client", namespace)
    pod["spec"]["volumes"] = [{"name": "program", "configMap": {"name": "client"}}]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "program", "mountPath": FOLDER}]
    return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": files}, pod]


@dataclass(frozen=True)
class Answer:
    """What a request got."""

    status: int | None
    """None where there was no answer."""
    headers: dict[str, str]
    body: bytes
    certificate: dict[str, Any]
    error: str
    connected: bool
    """Whether anybody took the connection. How the kernel says that nobody did depends on the cluster's network."""

    @property
    def text(self) -> str:
        """The body, decoded."""
        return self.body.decode()

    @property
    def names(self) -> set[str]:
        """The names and addresses of the certificate."""
        return {value for _, value in self.certificate["subjectAltName"]}


class Running:
    """A client that watches or counts until it is told to stop."""

    def __init__(self, client: Client, asked: Mapping[str, Any]) -> None:
        self._client, self._stop, self._result = client, _fresh("stop"), _fresh("result")
        self.lines: list[str] = []
        command = client.command({**asked, "stop": self._stop, "result": self._result})
        self._process = subprocess.Popen(["kubectl", *command], stdout=subprocess.PIPE, text=True)

    def wait_for(self, wanted: str) -> None:
        """Read lines until this one."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line.strip())
            if line.strip() == wanted:
                return
        raise AssertionError(f"the client ended without {wanted!r}: {self.lines}")

    def steady(self) -> Running:
        """Wait until the Service answers steadily and counting has begun."""
        self.wait_for("steady")
        return self

    def counts(self, case: str) -> Counts:
        """Stop a counting client; the result also stands in the table at the end."""
        found = self._client.result(self._result, "".join(self.stop()[-1:]))
        assert "error" not in found, (case, found)
        counts = Counts(case, **found)
        TABLE.append(counts)
        return counts

    def stop(self) -> list[str]:
        """Every line, the last ones included."""
        self._client.run("touch", self._stop)
        rest, _ = self._process.communicate(timeout=120)
        self.lines += rest.split("\n")
        return [line for line in self.lines if line]


def _fresh(what: str) -> str:
    """A file in the client pod that nobody else has."""
    return f"/tmp/{what}-{uuid.uuid4().hex}"


def _object(text: str) -> Object | None:
    """The JSON object that a text is, if it is a whole one."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class Client:
    """A pod elsewhere in the cluster. It trusts only the CA that it is given."""

    namespace: str
    pod: str = "client"

    def run(self, *command: str, check: bool = True) -> str:
        """What a command prints there."""
        return kubectl("exec", "-n", self.namespace, self.pod, "--", *command, check=check)

    def command(self, asked: Mapping[str, Any]) -> list[str]:
        """kubectl's arguments for a run of the program."""
        return ["exec", "-n", self.namespace, self.pod, "--", "python3", "-B", FOLDER, json.dumps(asked)]

    def result(self, file: str, printed: str) -> Any:
        """What a run of the program found, which is in the file as well if kubectl has lost what was printed."""

        def read() -> Object | None:
            return _object(self.run("cat", file, check=False))

        return _object(printed) or until(f"{file} in {self.pod}, as nothing was printed", read)

    def _found(self, asked: Mapping[str, Any], seconds: float) -> Any:
        """What a run of the program finds that takes so long at most."""
        file = _fresh("result")
        return self.result(file, kubectl(*self.command({**asked, "result": file}), seconds=seconds + 45))

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
        found = self._found(asked, seconds)
        content = base64.b64decode(found.get("body", ""))
        certificate, error = found.get("certificate", {}), found.get("error", "")
        return Answer(found.get("status"), found.get("headers", {}), content, certificate, error, found["connected"])

    def serials(self, url: str, ca: str, address: tuple[str, int], connections: int = 40) -> set[int | None]:
        """The serial numbers of the certificates that new connections to `address` see; None for a connection without.

        The usual number reaches each of two nginx workers, which take turns after 16 connections. Numbers: their text
        may begin with a zero, or not.
        """
        asked = {"do": "serials", "url": url, "ca": ca, "address": address, "connections": connections, "timeout": 5}
        found = self._found(asked, connections * 5)
        assert "error" not in found, found
        return {int(each, 16) if each else None for each in found["serials"]}

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

    def count(self, url: str, ca: str, expect: str = "", **more: Any) -> Running:
        """Count requests and failures, after the line `steady`. `expect` is part of every answer to a short request;
        `more` is as in client/counting.py."""
        return Running(self, {"do": "count", "url": url, "ca": ca, "expect": expect, **more})
