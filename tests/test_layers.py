"""Imports go one way, and importing the package costs nothing that only an extra needs."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pulumi_sidecar

ROOT = Path(__file__).parents[1]
PACKAGE = Path(pulumi_sidecar.__file__).parent

CREATE = {"workload", "network", "scaling", "certificates", "signing", "clients", "authority", "alert"}
"""The only rooms in which resources are made."""
APIS = ("core.v1.", "apps.v1.", "networking.v1.", "autoscaling.v2.", "policy.v1.", "tls.", "kubernetes.")


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_contracts() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, "NO_COLOR": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("module", ["pulumi_sidecar", "pulumi_sidecar.component"])
def test_importing_needs_no_extra(module: str) -> None:
    extras = {"cryptography", "yaml", "click", "rich", "httpx", "pytest", "nginx"}
    loaded = _python(f"import {module}, sys; print(' '.join(sys.modules))").split()
    # What the SDK imports itself is not ours.
    theirs = _python(
        "import pulumi, pulumi_kubernetes, pulumi_tls, pydantic, sys; print(' '.join(sys.modules))"
    ).split()
    assert not extras & (set(loaded) - set(theirs))
    assert not [name for name in loaded if name in ("pulumi_sidecar.offline", "pulumi_sidecar.cli")]


def test_importing_registers_nothing_and_reads_no_configuration() -> None:
    said = _python(
        "import pulumi_sidecar; from pulumi.runtime import settings;"
        "print(settings.get_root_resource(), settings.SETTINGS.monitor)"
    )
    assert said.split() == ["None", "None"]


MODULES = sorted([*PACKAGE.glob("*.py"), *PACKAGE.glob("inject/*.py")])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_only_some_rooms_make_resources(path: Path) -> None:
    if path.stem in CREATE:
        pytest.skip("resources are made here")
    made = [
        f"{path.name}:{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith(
            ("core.v1.", "apps.v1.", "networking.v1.", "autoscaling.v2.", "policy.v1.", "tls.", "kubernetes.")
        )
        and ast.unparse(node.func).rpartition(".")[2][0].isupper()
        and not ast.unparse(node.func).endswith(("Args", "Patch"))
    ]
    assert made == []


def test_the_package_only_re_exports() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    kinds = {type(node) for node in tree.body[1:]}
    assert kinds <= {ast.Import, ast.ImportFrom, ast.Assign}
    exported = [name for name in pulumi_sidecar.__all__ if not hasattr(pulumi_sidecar, name)]
    assert exported == []
    assert pulumi_sidecar.__all__ == sorted(set(pulumi_sidecar.__all__))
