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

CREATE = {
    "workload",
    "network",
    "scaling",
    "entry",
    "certificates",
    "signing",
    "clients",
    "authority",
    "alert",
    "pod_monitor",
    "patches",
}
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


THEIRS = (
    "import pulumi, pulumi_tls; import pulumi_kubernetes.core.v1, pulumi_kubernetes.apps.v1, pulumi_kubernetes.meta.v1;"
    "from pydantic import BaseModel, Discriminator, Field, Tag, TypeAdapter\n"
    "class Model(BaseModel): number: int = Field(default=1, gt=0)\n"
)
"""What a program of that kind imports in any case."""
SMALL = {
    *("difflib", "hmac", "secrets", "shlex", "unicodedata"),
    *("pydantic.functional_validators", "pydantic._internal._validators"),
    # pulumi_kubernetes' own places, still empty: what is in them is imported when it is used.
    *("pulumi_kubernetes.apps.v1beta1", "pulumi_kubernetes.apps.v1beta2"),
}
"""What we may import beside it."""


def test_importing_the_component_loads_nothing_that_a_program_does_not_use() -> None:
    listed = "import sys; print(' '.join(sys.modules))"
    before = _python(THEIRS + listed).split()
    after = _python(f"{THEIRS}import pulumi_sidecar.component\n{listed}").split()
    more = {name for name in set(after) - set(before) if not name.startswith("pulumi_sidecar")}
    assert more <= SMALL


def test_importing_the_package_loads_no_room() -> None:
    loaded = _python("import pulumi_sidecar, sys; print(' '.join(sys.modules))").split()
    assert [name for name in loaded if name.startswith("pulumi")] == ["pulumi_sidecar"]
    assert "pydantic" not in loaded


def test_the_package_only_re_exports() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    told = {
        str(node.module).removeprefix("pulumi_sidecar."): tuple(alias.name for alias in node.names)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
    }
    # What type checkers are told and what programs get.
    assert told == pulumi_sidecar._ROOMS
    assert pulumi_sidecar.__all__ == sorted(name for names in told.values() for name in names)
    assert [name for name in pulumi_sidecar.__all__ if not hasattr(pulumi_sidecar, name)] == []
    assert not hasattr(pulumi_sidecar, "Nonsense")


def test_the_component_brings_neither_server_before_a_program_chooses_one() -> None:
    loaded = _python("import pulumi_sidecar.component, sys; print(' '.join(sys.modules))").split()
    late = {"pulumi_sidecar.args.dicts", "pulumi_sidecar.proxy.nginx", "pulumi_sidecar.proxy.httpd"}
    assert "pulumi_sidecar.plan" in loaded
    assert late & set(loaded) == set()
