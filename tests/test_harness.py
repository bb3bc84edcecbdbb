"""The harness of these tests: a wrong assertion must fail wherever it stands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from tests.cluster.support import Namespace

if TYPE_CHECKING:
    from tests.conftest import Deploy, Runner


def test_a_wrong_assertion_inside_apply_fails(run: Runner) -> None:
    def check(value: int) -> None:
        assert value == 2

    with pytest.raises(AssertionError):
        run(lambda: pulumi.Output.from_input(1).apply(check))


def test_a_wrong_assertion_inside_apply_fails_though_nobody_returns_its_output(run: Runner) -> None:
    def check(value: int) -> None:
        assert value == 2

    def program() -> None:
        pulumi.Output.from_input(1).apply(check)

    with pytest.raises(AssertionError):
        run(program)


def test_an_output_in_an_f_string_raises(run: Runner) -> None:
    with pytest.raises(Exception, match="Calling __str__ on an Output"):
        run(lambda: f"{pulumi.Output.from_input(1)}")


def test_outputs_are_told_apart(run: Runner) -> None:
    seen = run(lambda: [pulumi.Output.secret(1), pulumi.Output.from_input(2)]).result
    assert [(each.value, each.secret, each.known) for each in seen] == [(1, True, True), (2, False, True)]


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_program_has_a_stack_of_its_own(run: Runner, attempt: int) -> None:
    def program() -> None:
        pulumi.ComponentResource("test:index:Thing", "same", None)

    assert [each.name for each in run(program).resources] == ["same"]
    assert pulumi.runtime.settings.get_root_resource() is None


def test_the_monitor_sees_what_stock_mocks_do_not(run: Runner) -> None:
    def program() -> Any:
        parent = pulumi.ComponentResource("test:index:Thing", "parent", None)
        pulumi.ComponentResource(
            "test:index:Thing", "child", None, pulumi.ResourceOptions(parent=parent, aliases=[pulumi.Alias(name="old")])
        )
        return parent.urn

    seen = run(program)
    child = seen.one("Thing", "child")
    assert child.parent == seen.result.value
    assert child.aliases


def test_a_deployment_is_recorded(deploy: Deploy) -> None:
    assert deploy().one("Deployment").inputs["spec"]["replicas"] == 1


# --- kubectl exec -----------------------------------------------------------------------------------------------------

KUBECTL = f"""#!{sys.executable}
import subprocess, sys
from pathlib import Path
tries = Path(__file__).with_name("tries")
tries.write_text(tries.read_text() + "x")
done = subprocess.run(sys.argv[sys.argv.index("--") + 1:], capture_output=True)
if tries.read_text() != "x":
    sys.stdout.buffer.write(done.stdout)
if tries.read_text() != "xx":
    sys.stderr.buffer.write(done.stderr)
sys.exit(done.returncode)
"""
"""Here instead of in a container. It loses what is printed at the first try, and errors at the second."""


@pytest.fixture
def tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a letter for each run of that kubectl."""
    (tmp_path / "kubectl").write_text(KUBECTL)
    (tmp_path / "kubectl").chmod(0o755)
    (tmp_path / "tries").touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "tries"


@pytest.mark.parametrize("script", ["printf 'a b\n\nc'", "printf 'a b\n\nc'; echo ignored >&2"])
def test_what_kubectl_loses_is_asked_for_again(tries: Path, script: str) -> None:
    assert Namespace("a").exec("pod", "app", "sh", "-c", script) == "a b\n\nc"
    assert tries.read_text() == "xxx"


def test_commands_that_fail_in_a_container(tries: Path) -> None:
    missing = ("pod", "app", "cat", "/no such file")
    assert "No such file" in Namespace("a").exec(*missing, check=False)
    with pytest.raises(AssertionError, match="No such file"):
        Namespace("a").exec(*missing)


def test_a_container_that_does_not_run_a_command(tries: Path) -> None:
    ends = ("pod", "app", "sh", "-c", "echo so far; kill -9 $PPID")
    assert Namespace("a").exec(*ends, check=False) == "so far\n"
    with pytest.raises(AssertionError, match="so far"):
        Namespace("a").exec(*ends)
    tries.write_text("xx")
    Namespace("a").exec_once("pod", "app", "sh", "-c", "kill -9 $$")
    assert tries.read_text() == "xxx"
