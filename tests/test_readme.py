"""What the README shows is what there is."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest
from click.testing import CliRunner

from pulumi_sidecar import offline
from pulumi_sidecar.cli import main
from tests.support.servers import REPOSITORY

README = (REPOSITORY / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("program", blocks("python"), ids=lambda text: text.splitlines()[-1][:40])
def test_every_program_runs(program: str) -> None:
    run = offline.run(lambda: exec(compile(program, "README.md", "exec"), {}))
    assert any(each["kind"] == "Deployment" for each in run.objects())


def test_the_ten_line_program_gives_a_url_and_has_ten_lines() -> None:
    program = blocks("python")[0]
    assert len(program.splitlines()) <= 10
    run = offline.run(lambda: exec(compile(program, "README.md", "exec"), {}))
    assert run.outputs == {"url": "https://web.default.svc"}


def test_every_command_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    lines = [line for text in blocks("sh") for line in text.splitlines()]
    assert lines
    for line in lines:
        word, *rest = line.split()
        if word == "make":
            assert rest[0] in targets, line
        elif word.removeprefix(".venv/bin/") == "pulumi-sidecar":
            asked = CliRunner().invoke(main, [rest[0], "--help"])
            assert asked.exit_code == 0, line
            for option in shlex.split(line.partition("#")[0].partition("|")[0]):
                assert not option.startswith("-") or option in asked.output, line
        else:
            assert word in ("pip", "pulumi"), line


def test_every_extra_exists() -> None:
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {name for found in re.findall(r"pulumi-sidecar\[([a-z,]+)\]", README) for name in found.split(",")}
    assert named
    assert named <= extras.keys()


def test_every_file_exists() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (REPOSITORY / link).exists(), link
