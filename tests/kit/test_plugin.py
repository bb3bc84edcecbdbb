"""The pytest plugin: a fixture, and nothing that anybody else would notice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_sidecar.testing import MockStack

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "testing"


def python(*args: str, folder: Path = ROOT) -> str:
    result = subprocess.run([sys.executable, *args], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_has_a_stack_of_its_own(pulumi_stack: MockStack, attempt: int) -> None:
    assert (pulumi_stack.config, pulumi_stack.result) == ({}, None)
    pulumi_stack.config["a"] = attempt
    pulumi_stack.fail_resource("ConfigMap")
    pulumi_stack.up(lambda: None)


def test_the_plugin_alone_imports_neither_the_package_nor_the_sdk() -> None:
    script = "import pulumi_sidecar_pytest, sys; print({'pulumi', 'pulumi_sidecar', 'grpc'} & set(sys.modules))"
    assert python("-c", script).strip() == "set()"


def test_the_kit_needs_no_pytest() -> None:
    script = "import sys; sys.modules['pytest'] = None; from pulumi_sidecar.testing import MockStack; "
    assert python("-c", script + "print(MockStack().up(lambda: None).resources)").strip() == "[]"


def test_pytest_finds_the_fixture_by_itself(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(pulumi_stack): assert pulumi_stack.up(lambda: None)\n")
    assert "1 passed" in python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path), folder=tmp_path)


def test_the_example_passes() -> None:
    assert "2 passed" in python("-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE))


def test_the_example_is_as_short_as_promised() -> None:
    assert len((EXAMPLE / "test_guestbook.py").read_text().splitlines()) < 30
    program = (EXAMPLE / "__main__.py").read_text()
    assert len(program.splitlines()) <= 40
    assert "pulumi_sidecar" not in program
