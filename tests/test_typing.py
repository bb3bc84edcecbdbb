"""mypy and pyright read the programs in tests/typing, which are never run; pyright reads the package, too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(__file__).parent / "typing"
# pyright comes with node in a wheel (its extra nodejs); nothing else is downloaded.
ENVIRONMENT = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NO_COLOR": "1"}


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=900
    )


def _without_tool(reason: str) -> None:
    if os.environ.get("REQUIRE_REAL") == "1":
        pytest.fail(f"{reason}, and REQUIRE_REAL=1 asks for it")
    pytest.skip(reason)


def _mypy(*files: str) -> subprocess.CompletedProcess[str]:
    return _run("mypy", "--config-file", "pyproject.toml", "--strict", "--warn-unused-ignores", *files)


def _pyright(project: Path) -> subprocess.CompletedProcess[str]:
    done = _run("pyright", "--project", str(project), "--pythonpath", sys.executable)
    if "errors, " not in done.stdout and "error, " not in done.stdout:  # its summary
        said = (done.stderr or done.stdout).strip().splitlines()
        _without_tool(f"pyright does not start: {said[-1] if said else done.returncode}")
    return done


@pytest.mark.parametrize(
    "project", [PROGRAMS / "pyrightconfig.json", ROOT / "pyproject.toml"], ids=["programs", "package"]
)
def test_pyright(project: Path) -> None:
    done = _pyright(project)
    assert done.returncode == 0, done.stdout + done.stderr


UNSEEN = """
import pulumi
from typing import assert_type
from pulumi_sidecar import SidecarDeployment, SidecarDeploymentArgsDict
a: SidecarDeploymentArgsDict = {"app": {"image": "a", "prot": 1}, "proxy": {"kind": "nginx"}}
b: SidecarDeploymentArgsDict = {"app": {"image": "a", "port": 1}, "proxy": {"kind": "nginx"}}  # type: ignore[misc]
def check(web: SidecarDeployment) -> None:
    assert_type(web.url, int)
"""


def test_mypy(tmp_path: Path) -> None:
    """One test for both: two runs at once would wait for each other's cache."""
    done = _mypy(*(str(path) for path in sorted(PROGRAMS.glob("*.py"))))
    assert done.returncode == 0, done.stdout + done.stderr
    program = tmp_path / "unseen.py"
    program.write_text(UNSEEN)
    found = _mypy(str(program)).stdout
    for line, code in ((5, "typeddict-item"), (6, "unused-ignore"), (8, "assert-type")):
        assert any(f"unseen.py:{line}: " in each and f"[{code}]" in each for each in found.splitlines()), found


def test_pyright_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "unseen.py").write_text(UNSEEN)
    config = (PROGRAMS / "pyrightconfig.json").read_text().replace('"../.."', f'"{ROOT}"')
    (tmp_path / "pyrightconfig.json").write_text(config)
    found = _pyright(tmp_path / "pyrightconfig.json").stdout
    for line in (5, 6, 8):
        assert f"unseen.py:{line}:" in found, found
