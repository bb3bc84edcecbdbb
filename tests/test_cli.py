"""Exit codes, messages, and what is written where."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from pulumi_sidecar.cli import main

PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s
print("from the program")
k8s.core.v1.Secret("secret", string_data={"password": "hunter2"})
k8s.core.v1.Namespace("team")
k8s.core.v1.ConfigMap("map", data={"colour": pulumi.Config().get("colour") or "none"})
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return write(tmp_path / "program", PROGRAM)


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (folder / "__main__.py").write_text(text)
    return folder


def render(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["render", *map(str, arguments)])


def test_yaml_goes_to_stdout_and_everything_else_to_stderr(program: Path) -> None:
    result = render(program)
    assert result.exit_code == 0
    assert [each["kind"] for each in yaml.safe_load_all(result.stdout)] == ["Namespace", "ConfigMap", "Secret"]
    assert "hunter2" not in result.output
    assert "from the program" in result.stderr
    assert "note: secret values are redacted; --secrets include writes them" in result.stderr


def test_options_reach_the_program(program: Path) -> None:
    (program / "Pulumi.prod.yaml").write_text("config:\n  demo:colour: blue\n")
    result = render(program, "--stack", "prod", "-n", "team-a", "--secrets", "include")
    _, config_map, secret = yaml.safe_load_all(result.stdout)
    assert config_map["metadata"]["namespace"] == "team-a"
    assert config_map["data"] == {"colour": "blue"}
    assert secret["stringData"] == {"password": "hunter2"}
    overridden = render(program, "-s", "prod", "-c", "colour=a=b", "-c", "demo:other=x")
    assert list(yaml.safe_load_all(overridden.stdout))[1]["data"] == {"colour": "a=b"}


@pytest.mark.parametrize(("secrets", "mode"), [("include", 0o600), ("redact", 0o644)])
def test_files_are_replaced_as_a_whole(program: Path, tmp_path: Path, secrets: str, mode: int) -> None:
    file = tmp_path / "out" / "all.yaml"
    file.parent.mkdir()
    file.write_text("old")
    old_mask = os.umask(0o022)
    try:
        result = render(program, "-o", file, "--secrets", secrets)
    finally:
        os.umask(old_mask)
    assert (result.exit_code, result.stdout) == (0, "")
    assert len(list(yaml.safe_load_all(file.read_text()))) == 3
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert [each.name for each in file.parent.iterdir()] == ["all.yaml"]


def test_a_pipe_is_written_to_and_stays_a_pipe(program: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"  # as /dev/null and /dev/stdout are no files either
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR)  # a reader, so that the writer need not wait
    try:
        assert render(program, "-o", pipe).exit_code == 0
        assert b"kind: Namespace" in os.read(descriptor, 65536)
    finally:
        os.close(descriptor)
    assert pipe.is_fifo()


def test_a_link_leads_to_the_written_file(program: Path, tmp_path: Path) -> None:
    file, link = tmp_path / "file.yaml", tmp_path / "link.yaml"
    link.symlink_to(file)
    assert render(program, "-o", link).exit_code == 0
    assert link.is_symlink()
    assert "kind: Namespace" in file.read_text()


def test_a_failing_program_shows_its_own_error_and_line(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", "import pulumi\nimport part\n\npart.work()\n")
    (folder / "part.py").write_text("def work():\n    raise RuntimeError('no such thing')\n")
    result = render(folder)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "RuntimeError: no such thing" in result.stderr
    assert f'File "{folder}/__main__.py", line 4' in result.stderr
    assert f'File "{folder}/part.py", line 2' in result.stderr
    assert "runpy" not in result.stderr
    assert "pulumi/runtime" not in result.stderr
    assert "runpy" in render(folder, "--debug").stderr


def test_an_error_in_an_apply_shows_its_line(tmp_path: Path) -> None:
    text = "import pulumi\n\ndef bad(_):\n    return {}['x']\n\npulumi.Output.from_input(1).apply(bad)\n"
    result = render(write(tmp_path / "p", text))
    assert result.exit_code == 1
    assert "KeyError: 'x'" in result.stderr
    assert '__main__.py", line 4' in result.stderr
    assert "site-packages" not in result.stderr


def test_a_syntax_error_shows_its_line(tmp_path: Path) -> None:
    result = render(write(tmp_path / "p", "x = 1\ny = = 2\n"))
    assert result.exit_code == 1
    assert '__main__.py", line 2' in result.stderr
    assert "SyntaxError" in result.stderr


CHART = """
import pulumi_kubernetes as k8s
k8s.helm.v4.Chart("shop", chart="nginx")
k8s.core.v1.ConfigMap("map")
"""


def test_what_needs_the_engine_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "out.yaml"
    result = render(write(tmp_path / "p", CHART), "-o", file)
    assert (result.exit_code, result.stdout, file.exists()) == (3, "", False)
    assert "  kubernetes:helm.sh/v4:Chart 'shop': " in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["missing"], [".", "--secrets", "maybe"], [".", "-c", "novalue"], [".", "-c", "=x"], [".", "--nope"], []],
)
def test_wrong_usage(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path / "p", ""))
    result = render(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_folder_that_is_no_program(tmp_path: Path) -> None:
    result = render(tmp_path)
    assert result.exit_code == 2
    assert "no Pulumi.yaml here" in result.stderr


def test_an_encrypted_value(program: Path) -> None:
    (program / "Pulumi.prod.yaml").write_text("config:\n  demo:pw: {secure: v1:x}\n")
    result = render(program, "-s", "prod")
    assert result.exit_code == 2
    assert "demo:pw is encrypted and cannot be read offline; give it with --config demo:pw=VALUE" in result.stderr
    assert render(program, "-s", "prod", "-c", "pw=x").exit_code == 0


def test_no_objects(tmp_path: Path) -> None:
    result = render(write(tmp_path / "p", ""))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "declares no Kubernetes objects" in result.stderr


def test_help_and_version() -> None:
    runner = CliRunner()
    assert (
        "pulumi-sidecar render . --secrets include | kubectl apply -f -" in runner.invoke(main, ["render", "-h"]).stdout
    )
    assert "render" in runner.invoke(main, ["--help"]).stdout
    assert runner.invoke(main, ["--version"]).exit_code == 0


def test_missing_packages_are_one_line() -> None:
    script = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "click" else real(name, *rest)
import pulumi_sidecar.cli
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        'pulumi-sidecar: packages are missing; run: pip install "pulumi-sidecar[offline]"'
    ]


def test_it_runs_as_a_module_too() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pulumi_sidecar", "--version"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("python -m pulumi_sidecar, version ")
