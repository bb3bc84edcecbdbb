"""Pulumi.yaml and the files of stacks as they may be found: which is read, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pulumi_sidecar.cli import main

PROGRAM = """
import pulumi, pulumi_kubernetes as k8s
k8s.core.v1.ConfigMap("map", data={"colour": pulumi.Config().get("colour") or "none", "stack": pulumi.get_stack()})
"""
COMMANDS = ["render", "check", "graph", "explain", "serve"]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (folder / "Pulumi.prod.yaml").write_text("config:\n  demo:colour: blue\n")
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


def run(command: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [command, *map(str, arguments)])


# --- files that cannot be used ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("Pulumi.yaml", b"name: caf\xe9\nruntime: python\n", "is no UTF-8 text, at byte 9; save it as UTF-8"),
        (
            "Pulumi.yaml",
            b"name: a\nruntime: python\nconfig:\n- a\n",
            "config is no mapping of keys to values, but list",
        ),
        ("Pulumi.prod.yaml", b"config:\n- a\n", "config is no mapping of keys to values, but list"),
        ("Pulumi.prod.yaml", b"config: colour\n", "config is no mapping of keys to values, but str"),
        ("Pulumi.prod.yaml", b"config: {a: \xff}\n", "is no UTF-8 text, at byte 12; save it as UTF-8"),
        (
            "Pulumi.prod.yaml",
            b"config: {a: [!!binary aGk=]}\n",
            "demo:a is nothing that JSON can hold: Object of type bytes is not JSON serializable",
        ),
        ("Pulumi.yaml", b"# empty\n", "a mapping is expected, found NoneType"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(command: str, file: str, content: bytes, said: str, program: Path) -> None:
    (program / file).write_bytes(content)
    result = run(command, program, "--stack", "prod")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error: {program / file}: {said}\n" == result.stderr


def test_a_file_that_cannot_be_read_is_named(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, *_arguments: object, **_options: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)
    result = run("render", program)
    assert (result.exit_code, result.stderr) == (2, f"error: {program}/Pulumi.yaml: Permission denied\n")


# --- which stack ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stack", ["prod", "acme/prod", "acme/demo/prod"])
def test_the_last_part_is_the_stacks_name(stack: str, program: Path) -> None:
    result = run("render", program, "--stack", stack)
    assert "colour: blue" in result.stdout
    assert "stack: prod" in result.stdout
    assert "no configuration file" not in result.stderr


@pytest.mark.parametrize("stack", ["", "acme/"])
def test_a_stack_has_a_name(stack: str, program: Path) -> None:
    result = run("render", program, "--stack", stack)
    assert (result.exit_code, "is no name of a stack" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", ["render", "graph", "explain"])
def test_a_typing_error_in_the_stack_is_noticed(command: str, program: Path) -> None:
    result = run(command, program, "--stack", "acme/prdo")
    assert result.exit_code == 0
    assert 'note: the stack prdo has no configuration file here. Did you mean "prod"?' in result.stderr
    assert "note" not in result.stdout
    assert result.stderr.count("note: the stack") == 1
    (program / "Pulumi.dev.yaml").write_text("")
    assert "has no configuration file here. Known here: dev, prod." in run(command, program, "-s", "x").stderr


def test_a_stacks_file_may_be_empty(program: Path) -> None:
    """The engine takes it, too: `pulumi stack init` and an editor leave such files."""
    for content in ("", "# nothing yet\n"):
        (program / "Pulumi.prod.yaml").write_text(content)
        result = run("render", program, "--stack", "prod")
        assert (result.exit_code, "colour: none" in result.stdout) == (0, True), result.stderr


def test_nothing_is_said_where_no_stack_was_named_or_none_has_a_file(program: Path) -> None:
    assert "configuration file" not in run("render", program).stderr
    (program / "Pulumi.prod.yaml").unlink()
    assert "configuration file" not in run("render", program, "--stack", "prdo").stderr


def test_stacks_files_end_as_the_projects_and_may_have_a_folder(program: Path) -> None:
    (program / "Pulumi.yaml").unlink()
    (program / "Pulumi.yml").write_text("name: demo\nruntime: python\nstackConfigDir: stacks\n")
    (program / "stacks").mkdir()
    (program / "stacks" / "Pulumi.prod.yml").write_text("config: {demo:colour: red}\n")
    assert "colour: red" in run("render", program, "--stack", "prod").stdout
    assert 'Did you mean "prod"?' in run("render", program, "--stack", "prdo").stderr
