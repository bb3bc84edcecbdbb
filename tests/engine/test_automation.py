"""The example of the Automation API: its program and its progress everywhere, the whole of it with an engine."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import EngineEvent

from pulumi_sidecar.testing import MockStack, assert_children_parented, assert_no_plain_secrets
from tests.engine.conftest import NO_CLUSTER

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "automation"


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLE / "deploy.py"), run_name="example")


def test_its_program(pulumi_stack: MockStack, example: dict[str, Any]) -> None:
    pulumi_stack.config["replicas"] = 2
    result = pulumi_stack.up(example["program"])
    assert result.one("Deployment").inputs["spec"]["replicas"] == 2
    assert result.outputs["url"].value == "https://web.default.svc"
    assert_children_parented(result)
    assert_no_plain_secrets(result)


def step(op: str, type_: str = "kubernetes:core/v1:Secret", name: str = "web-tls") -> dict[str, Any]:
    urn = f"urn:pulumi:dev::automation::{type_}::{name}"
    return {"metadata": {"op": op, "urn": urn, "type": type_, "provider": ""}}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ({"resourcePreEvent": step("create")}, "… create kubernetes:core/v1:Secret web-tls"),
        ({"resOutputsEvent": step("update")}, "✓ update kubernetes:core/v1:Secret web-tls"),
        (
            {"resOpFailedEvent": {**step("delete"), "status": 0, "steps": 1}},
            "✗ delete kubernetes:core/v1:Secret web-tls",
        ),
        ({"resOutputsEvent": step("same")}, None),
        ({"resOutputsEvent": step("create", "pulumi:pulumi:Stack", "automation-dev")}, None),
        ({"diagnosticEvent": {"message": "ends soon\n", "color": "never", "severity": "warning"}}, "! ends soon"),
        ({"diagnosticEvent": {"message": "hello", "color": "never", "severity": "info"}}, None),
        ({"stdoutEvent": {"message": "", "color": "never"}}, None),
        (
            {
                "summaryEvent": {
                    "maybeCorrupt": False,
                    "durationSeconds": 3,
                    "resourceChanges": {"create": 2, "same": 1},
                    "PolicyPacks": {},
                }
            },
            "= 2 create, 1 same",
        ),
    ],
)
def test_progress(example: dict[str, Any], event: dict[str, Any], line: str | None) -> None:
    assert example["progress"](EngineEvent.from_json({"sequence": 1, "timestamp": 1, **event})) == line


def run(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    import os

    command = [sys.executable, str(EXAMPLE / "deploy.py"), *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **NO_CLUSTER, **env})


def test_without_an_engine_it_says_so(tmp_path: Path) -> None:
    result = run("up", PATH=str(tmp_path))
    assert result.returncode == 2
    assert result.stderr.startswith("pulumi is not on the PATH")


def test_it_brings_a_stack_up(pulumi_cli: str, tmp_path: Path) -> None:
    state, output = tmp_path / "state", tmp_path / "yaml"
    state.mkdir()
    where = ["--backend", state.as_uri(), "--settings", str(tmp_path / "settings")]
    done = run("up", *where, "--config", f"kubernetes:renderYamlToDirectory={output}")
    assert done.returncode == 0, done.stderr
    assert "✓ create kubernetes:apps/v1:Deployment web-deployment" in done.stdout
    assert "url: https://web.default.svc" in done.stdout
    assert list(output.rglob("*.yaml"))
    again = run("preview", *where)
    assert "create" not in again.stdout, again.stdout
    gone = run("destroy", *where)
    assert gone.returncode == 0, gone.stderr
    assert not list(output.rglob("*.yaml"))
