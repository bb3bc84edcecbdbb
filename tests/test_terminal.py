"""What a terminal, a file and a pipe get: characters, and colours."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from pulumi_sidecar.cli import main
from tests.support.servers import REPOSITORY

PROGRAM = """
from pulumi_sidecar import SidecarDeployment
print("grüße → ✓")
SidecarDeployment("web", {"app": {"image": "i", "port": 8080}, "proxy": {"kind": "nginx"}, "annotations": {"a": "→ü✓"}})
"""
ARROW = {"render": "a: →ü✓", "graph": "→ https", "explain": ".svc → proxy", "check": ""}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    return tmp_path


def command(name: str, program: Path) -> list[str]:
    return [sys.executable, "-m", "pulumi_sidecar", name, str(program)]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
@pytest.mark.parametrize("name", ["render", "graph", "explain"])
def test_files_and_pipes_get_utf_8(name: str, encoding: str, program: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    result = subprocess.run(command(name, program), capture_output=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    assert ARROW[name] in result.stdout.decode()
    assert b"Traceback" not in result.stderr


def test_a_terminal_gets_its_own_encoding(program: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    with subprocess.Popen(command("render", program), stdout=theirs, stderr=subprocess.PIPE, env=environment) as child:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:  # as Linux says that the other end is closed
            pass
        assert child.wait() == 0
    os.close(ours)
    assert "a: ?ü?".encode("latin-1") in said


@pytest.mark.parametrize(("value", "coloured"), [("1", False), ("0", False), ("", True), (None, True)])
def test_no_colour_where_none_is_wanted(value: str | None, coloured: bool) -> None:
    result = CliRunner().invoke(
        main, ["explain", str(REPOSITORY / "examples" / "https_nginx")], color=True, env={"NO_COLOR": value}
    )
    assert result.exit_code == 0, result.output
    assert ("\x1b[" in result.stdout) is coloured
