"""What is published and how: in step with pyproject.toml, the Makefile and each other."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.support.servers import REPOSITORY
from tools.package.__main__ import BESIDE, CODE, OLDEST, verdict
from tools.package.notes import notes

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
WORKFLOWS = sorted((REPOSITORY / ".github/workflows").glob("*.yml"))


def steps(workflow: Path) -> list[dict[str, str]]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def test_the_version_is_in_one_place() -> None:
    version = PROJECT["project"]["version"]
    said = [
        path
        for path in [*REPOSITORY.glob("pulumi_sidecar/**/*.py"), *REPOSITORY.glob("tools/**/*.py")]
        if f'"{version}"' in path.read_text()
    ]
    assert said == []


def test_both_distributions_hold_the_package_and_the_plugin() -> None:
    targets = PROJECT["tool"]["hatch"]["build"]["targets"]
    assert targets["wheel"]["only-include"] == CODE
    assert set(targets["sdist"]["only-include"]) <= {*CODE, *BESIDE}
    assert PROJECT["tool"]["check-wheel-contents"]["toplevel"] == CODE


def test_no_plugin_is_looked_for_behind_the_python_package() -> None:
    """The engine takes every `pulumi-…` for the SDK of a plugin to download, unless this file is there."""
    said = json.loads((REPOSITORY / "pulumi_sidecar" / "pulumi-plugin.json").read_text())
    assert said == {"resource": False}


def test_every_python_is_tried() -> None:
    named = [each.rpartition(" ")[2] for each in PROJECT["project"]["classifiers"] if "Python :: 3." in each]
    assert set(named) <= set(OLDEST)
    assert PROJECT["project"]["requires-python"] == f">={OLDEST[0]}"


@pytest.mark.parametrize("extra", PROJECT["project"]["optional-dependencies"])
def test_every_extra_has_lower_bounds(extra: str) -> None:
    for each in PROJECT["project"]["optional-dependencies"][extra]:
        assert ">=" in each or each.startswith(("pulumi-sidecar[", "types-")), each


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_pin_actions_and_ask_for_little(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {"contents": "read"}
    for step in steps(workflow):
        assert re.fullmatch(r"[\w-]+/[\w-]+@v[\d.]+", step.get("uses", "a/b@v1")), step


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_make_targets_that_exist(workflow: Path) -> None:
    made = [line for step in steps(workflow) for line in re.findall(r"^make .*", step.get("run", ""), re.MULTILINE)]
    assert made
    for line in made:
        words = line.partition(">")[0].split()[1:]
        assert {word for word in words if "=" not in word} <= TARGETS, line


def test_hooks_fetch_nothing_and_run_what_is_there() -> None:
    (repository,) = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    lint = (REPOSITORY / "Makefile").read_text()
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        tool = hook["entry"].split()[0].removeprefix(".venv/bin/")
        assert f"$(BIN)/{tool}" in lint
        for named in re.findall(r"tests/\S+", hook["entry"]):
            assert (REPOSITORY / named).exists()


CHANGES = (
    "# Changelog\n\n## Unreleased\n\n- soon\n\n## 1.2.0 — 2026-11-24\n\n- It works.\n\n## 1.1.0\n\n- It did not.\n"
)


def test_release_notes_are_the_section_of_the_version() -> None:
    assert notes("v1.2.0", "1.2.0", CHANGES) == "- It works.\n"


@pytest.mark.parametrize(
    ("tag", "version"), [("v1.2.0", "1.2.1"), ("v1.3.0", "1.3.0"), ("1.2.0", "1.2.0"), ("v1.2", "1.2")]
)
def test_a_release_that_nobody_wrote_down_is_refused(tag: str, version: str) -> None:
    with pytest.raises(ValueError, match=re.escape(version)):
        notes(tag, version, CHANGES)


def test_an_audit_that_got_no_answer_says_so() -> None:
    unreachable = "ERROR:pip_audit._cli:click: Dependency not found on PyPI and could not be audited: click (8.2.0)\n"
    assert verdict(unreachable).startswith("not checked: ")
    assert unreachable in verdict(unreachable)
    found = "Found 2 known vulnerabilities in 1 package\n"
    assert verdict(found) == found
