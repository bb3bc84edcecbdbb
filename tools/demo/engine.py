"""What the root project declares: from the Pulumi engine where there is one, else rendered offline."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pulumi_sidecar import offline, processes

ROOT = Path(__file__).parents[2]
STACK = "demo"
_UP_SECONDS = 900
_SECRET_MARK = ("4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270")
"""By which the engine tells a secret from any other object in its state."""


class EngineError(Exception):
    """The engine could not do it. The text is its own reason, on one line."""


@dataclass(frozen=True)
class Declared:
    """The objects of the project, and the stack's exports."""

    objects: list[dict[str, Any]] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)


def rendered() -> Declared:
    """Without an engine."""
    run = offline.run(ROOT)
    return Declared(run.objects(), run.outputs)


@contextmanager
def deployed(cli: str, context: str | None) -> Iterator[Declared]:
    """By a real `pulumi up` on a backend in a temporary folder: to YAML files, or to the cluster that `context` names.

    What went to a cluster is destroyed at the end. Raises EngineError.
    """
    with processes.temporary_folder("pulumi-sidecar-demo-") as folder:
        engine = _Engine(cli, folder, context)
        engine.run("login", engine.backend)
        engine.run("stack", "init", STACK)
        with contextlib.ExitStack() as stack:
            if context:
                stack.callback(engine.destroy)
            engine.run("up", "--yes", "--skip-preview", "--stack", STACK, *engine.configuration())
            outputs = json.loads(engine.run("stack", "output", "--json", "--show-secrets", "--stack", STACK))
            yield Declared(engine.exported() if context else engine.files(), outputs)


class _Engine:
    """The command line, with a home, a backend and a copy of the project of its own."""

    def __init__(self, cli: str, folder: Path, context: str | None) -> None:
        self.cli, self.folder, self.context = cli, folder, context
        self.project, self.yaml, self.home = folder / "project", folder / "yaml", folder / "home"
        for each in (self.project, self.yaml, self.home / "plugins", folder / "state"):
            each.mkdir(parents=True)
        self.backend = f"file://{folder / 'state'}"
        self._copy_project()
        self._link_plugins()

    def _copy_project(self) -> None:
        """A copy, because the engine writes the stack's configuration beside Pulumi.yaml."""
        project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
        project["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (self.project / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        shutil.copytree(ROOT / project["main"], self.project / project["main"])

    def _link_plugins(self) -> None:
        """Plugins that the user has need no download. The folders with the links are ours: nothing is added to theirs.

        A folder for each, because the engine passes over links in place of it, and over folders that are not complete.
        """
        theirs = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
        for plugin in theirs.iterdir() if theirs.is_dir() else ():
            if plugin.is_dir() and not plugin.with_name(f"{plugin.name}.partial").exists():
                ours = self.home / "plugins" / plugin.name
                ours.mkdir()
                for each in plugin.iterdir():
                    (ours / each.name).symlink_to(each)

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        kept |= {
            "PULUMI_HOME": str(self.home),
            "PULUMI_BACKEND_URL": self.backend,
            "PULUMI_CONFIG_PASSPHRASE": self.passphrase,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_ERROR_OUTPUT_STRING": "1",
        }
        if not self.context:  # no cluster was named, so none may be found
            kept["KUBECONFIG"] = str(self.folder / "no-kubeconfig")
        return kept

    passphrase = secrets.token_hex(16)

    def configuration(self) -> list[str]:
        """Where the objects go."""
        if self.context:
            return ["--config", f"kubernetes:context={self.context}"]
        return ["--config", f"kubernetes:renderYamlToDirectory={self.yaml}"]

    def run(self, *arguments: str) -> str:
        """What the command prints. Raises EngineError when it fails."""
        command = [self.cli, *arguments, "--non-interactive"]
        out, err = self.folder / "out", self.folder / "err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            try:
                with processes.running(
                    command, stdout=stdout, stderr=stderr, cwd=self.project, env=self._environment(), stop_seconds=20
                ) as process:
                    code = process.wait(_UP_SECONDS)
            except OSError as error:
                raise EngineError(f"{self.cli}: {error.strerror}") from error
            except subprocess.TimeoutExpired:
                raise EngineError(f"`pulumi {arguments[0]}` did not end within {_UP_SECONDS} s") from None
        printed = out.read_text(errors="replace")
        if code:
            raise EngineError(_reason(arguments, code, err.read_text(errors="replace") + "\n" + printed))
        return printed

    def destroy(self) -> None:
        """Take out of the cluster what `up` put there; says so where that fails, since the state is lost with us."""
        try:
            self.run("destroy", "--yes", "--skip-preview", "--stack", STACK)
        except EngineError as error:
            print(  # noqa: T201
                f"error: the objects may still be in the cluster ({error});\n"
                "  kubectl delete deployments,services,configmaps,secrets -l pulumi-sidecar/component=web",
                file=sys.stderr,
            )

    def files(self) -> list[dict[str, Any]]:
        """The objects that the Kubernetes provider wrote as YAML."""
        found = sorted(each for each in self.yaml.rglob("*.yaml") if each.is_file())
        return [body for each in found for body in yaml.safe_load_all(each.read_text()) if body]

    def exported(self) -> list[dict[str, Any]]:
        """The objects in the stack's state, as the cluster holds them."""
        state = json.loads(self.run("stack", "export", "--show-secrets", "--stack", STACK))
        resources = state["deployment"].get("resources") or []
        return [_plain(each["outputs"]) for each in resources if each["type"].startswith("kubernetes:")]


def _plain(value: Any) -> Any:
    """A value of the state, with secrets unwrapped."""
    if isinstance(value, dict):
        if value.get(_SECRET_MARK[0]) == _SECRET_MARK[1]:
            return json.loads(value["plaintext"])
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _reason(arguments: Sequence[str], code: int, said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error:")]
    told = (errors or lines or [f"exit code {code}"])[0]
    return f"`pulumi {arguments[0]}`: {told.removeprefix('error:').strip()}"
