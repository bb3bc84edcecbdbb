"""Tests with the real engine: any `pulumi` on the PATH. State is a file backend in the test's own folder.

Every test runs to YAML files (kubernetes:renderYamlToDirectory), and, where KUBECONFIG is set, into a namespace of its
own on the cluster. PULUMI_HOME stays what it is: plugins come from there, or are downloaded into it. Images have other
names on your cluster? SIDECAR_TEST_APP_IMAGE and the others of tests/cluster/support.py serve here as well.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.support import IMAGES

ROOT = Path(__file__).parents[2]

NO_CLUSTER = {"KUBECONFIG": "/nowhere"}
"""For what goes to YAML files: beside a cluster that can be reached, the provider writes files in previews, too."""


@dataclass(frozen=True)
class Changes:
    """How many resources an operation created, updated … ("same" among them)."""

    counts: Mapping[str, int]

    @property
    def real(self) -> dict[str, int]:
        """Without those that stayed as they were."""
        return {op: count for op, count in self.counts.items() if op not in ("same", "read") and count}


def _changes(found: Mapping[Any, int] | None) -> Changes:
    return Changes({str(getattr(op, "value", op)): count for op, count in (found or {}).items()})


def rendered(folder: Path) -> list[dict[str, Any]]:
    """The objects in the YAML files of a folder, which need not be there."""
    files = sorted(folder.rglob("*.yaml")) if folder.exists() else []
    return [body for file in files for body in yaml.safe_load_all(file.read_text()) if body]


class Deployed:
    """A stack of one program, in one of the places where Kubernetes objects can go."""

    def __init__(self, folder: Path, env: dict[str, str], target: str, output: Path) -> None:
        from pulumi import automation as auto

        self.target = target
        self.output = output
        options = auto.LocalWorkspaceOptions(env_vars=env, secrets_provider="passphrase")
        self.stack = auto.create_or_select_stack("test", work_dir=str(folder), opts=options)
        if target == "yaml":
            self.configure({"kubernetes:renderYamlToDirectory": str(output)})
        self.events: list[Any] = []

    def configure(self, config: Mapping[str, str], secrets: Mapping[str, str] | None = None) -> None:
        """Set configuration."""
        from pulumi import automation as auto

        for key, value in config.items():
            self.stack.set_config(key, auto.ConfigValue(value))
        for key, value in (secrets or {}).items():
            self.stack.set_config(key, auto.ConfigValue(value, secret=True))

    def preview(self) -> Changes:
        """What an update would do."""
        return _changes(self.stack.preview(on_event=self.events.append).change_summary)

    def up(self) -> Changes:
        """Update. Pulumi's own await logic waits until Deployments are ready on a cluster."""
        self.events.clear()
        return _changes(self.stack.up(on_event=self.events.append).summary.resource_changes)

    def refresh(self) -> Changes:
        """Take the state from where the objects are."""
        env = self.stack.workspace.env_vars
        # There is no cluster behind YAML files. Only here: updates have to be written.
        extra = {"PULUMI_K8S_SKIP_UPDATE_UNREACHABLE": "true"} if self.target == "yaml" else {}
        self.stack.workspace.env_vars = {**env, **extra}
        try:
            return _changes(self.stack.refresh().summary.resource_changes)
        finally:
            self.stack.workspace.env_vars = env

    def destroy(self) -> Changes:
        """Delete everything, and then the stack."""
        return _changes(self.stack.destroy().summary.resource_changes)

    def outputs(self) -> dict[str, Any]:
        """The exports."""
        return {name: output.value for name, output in self.stack.outputs().items()}

    def operations(self) -> dict[str, set[str]]:
        """What the last update did to each resource, by its name and type's last word."""
        found: dict[str, set[str]] = {}
        for event in self.events:
            done = event.res_outputs_event or event.resource_pre_event
            if done is not None:
                op = str(getattr(done.metadata.op, "value", done.metadata.op))
                kind = f"{done.metadata.type.rpartition(':')[2]} {done.metadata.urn.rpartition('::')[2]}"
                found.setdefault(kind, set()).add(op)
        return {name: ops for name, ops in found.items() if ops != {"same"}}

    def objects(self) -> list[dict[str, Any]]:
        """The objects in the YAML files."""
        return rendered(self.output)


@pytest.fixture(scope="session")
def pulumi_cli() -> str:
    """The engine's path. Skips where there is none."""
    found = shutil.which("pulumi")
    if not found:
        pytest.skip("no engine: `pulumi` is not on the PATH")
    return found


@pytest.fixture(params=["yaml", pytest.param("cluster", marks=pytest.mark.cluster)])
def target(request: pytest.FixtureRequest) -> str:
    """Where the objects go."""
    if request.param == "cluster" and not (os.environ.get("KUBECONFIG") and shutil.which("kubectl")):
        pytest.skip("no cluster: KUBECONFIG is not set, or kubectl is not on the PATH")
    return str(request.param)


@pytest.fixture
def namespace(target: str) -> Iterator[str]:
    """A namespace of the test's own; on a cluster it is deleted afterwards."""
    name = f"engine-{uuid.uuid4().hex[:8]}"
    if target == "cluster":
        subprocess.run(["kubectl", "create", "namespace", name], check=True, capture_output=True)
    yield name
    if target == "cluster":
        subprocess.run(["kubectl", "delete", "namespace", name, "--wait=false"], check=False, capture_output=True)


Deploy = Callable[[Path], Deployed]


@pytest.fixture
def deploy(pulumi_cli: str, target: str, namespace: str, tmp_path: Path) -> Iterator[Deploy]:
    """Makes a stack of a program's folder; whatever is still there at the end is destroyed."""
    made: list[Deployed] = []

    def make(folder: Path) -> Deployed:
        # A copy: configuration is written beside Pulumi.yaml. Examples read each other's files.
        copied = tmp_path / "programs"
        shutil.copytree(folder.parent, copied, ignore=shutil.ignore_patterns("__pycache__"))
        program = copied / folder.name
        _prepare(program)
        images = {image: os.environ[name] for image, name in IMAGES.items() if os.environ.get(name)}
        env = {
            **_backend(tmp_path),
            "PULUMI_ERROR_OUTPUT_STRING": "1",
            "SIDECAR_TEST_OTHER_IMAGES": json.dumps(images if target == "cluster" else {}),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **(NO_CLUSTER if target == "yaml" else {}),
        }
        stack = Deployed(program, env, target, tmp_path / "yaml")
        stack.configure({"kubernetes:namespace": namespace})
        made.append(stack)
        return stack

    yield make
    for stack in made:
        stack.destroy()


def _prepare(program: Path) -> None:
    """Let the engine use this Python, and put prelude.py before the program."""
    file = program / "Pulumi.yaml"
    project = yaml.safe_load(file.read_text())
    if sys.prefix != sys.base_prefix:
        project["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
    file.write_text(yaml.safe_dump(project))
    with_prelude(program)


def with_prelude(program: Path) -> None:
    """Put prelude.py before the program of that folder."""
    (program / "__main__.py").rename(program / "program.py")
    shutil.copy(Path(__file__).with_name("prelude.py"), program / "__main__.py")


def plugin_folder(where: Path) -> Path:
    """A copy of what makes this repository a source-based plugin: engines put a virtual environment beside it."""
    where.mkdir()
    for name in ("__main__.py", "PulumiPlugin.yaml", "pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
        shutil.copy(ROOT / name, where)
    shutil.copy(ROOT / "pulumi_sidecar_pytest.py", where)
    shutil.copytree(ROOT / "pulumi_sidecar", where / "pulumi_sidecar", ignore=shutil.ignore_patterns("__pycache__"))
    return where


def with_package(program: Path, plugin: Path) -> None:
    """Let the program's Pulumi.yaml take the components from that folder."""
    project = yaml.safe_load((program / "Pulumi.yaml").read_text())
    project["packages"] = {"sidecar": str(plugin)}
    (program / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False))


def _backend(folder: Path) -> dict[str, str]:
    """Variables for a `pulumi` whose state is in a folder."""
    state = folder / "state"
    state.mkdir()
    return {
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "for tests",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def own_backend(folder: Path) -> dict[str, str]:
    """The environment for a `pulumi` whose state is in a folder, and its objects in YAML files."""
    return {**os.environ, **NO_CLUSTER, **_backend(folder)}


def pulumi(cli: str, folder: Path, env: Mapping[str, str], *command: str) -> str:
    """What `pulumi` prints, run in a program's folder. Raises AssertionError with its own words when it fails."""
    done = subprocess.run(
        [cli, *command, "--non-interactive"], cwd=folder, env=env, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
