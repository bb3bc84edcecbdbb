"""Manifest linters on what the examples render: no finding without an answer in lint/answers.yaml, and none to nothing.

The linters are kube-score and checkov, from the PATH or where KUBE_SCORE and CHECKOV say. A missing one is a reason to
skip; under REQUIRE_REAL=1 it is an error.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_sidecar import manifests, offline
from tests.support.servers import REPOSITORY

ANSWERS = yaml.safe_load((Path(__file__).parent / "lint" / "answers.yaml").read_text())
EXAMPLES = sorted(each.parent for each in (REPOSITORY / "examples").glob("*/__main__.py"))
CONFIG = {"testing": {"password": "not-a-real-one"}}

Finding = tuple[str, str, str]
"""The check, where (what the linter tells: a container or "" for the object; the example), and the linter's words."""


def _linter(name: str) -> str:
    variable = name.upper().replace("-", "_")
    found = os.environ.get(variable) or shutil.which(name)
    if found:
        return found
    if os.environ.get("REQUIRE_REAL") == "1":
        pytest.fail(f"{name} is not on the PATH, and {variable} does not name it")
    pytest.skip(f"{name} is not on the PATH, and {variable} does not name it")


def _run(*command: str | Path) -> Any:
    """What a linter prints, which is JSON; the exit code only says that there are findings."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        pytest.fail(f"{command[0]}: exit code {done.returncode}: {done.stdout[:500]} {done.stderr[-1000:]}")


def _kube_score(folder: Path) -> list[Finding]:
    program = _linter("kube-score")
    found = []
    for each in _run(program, "score", "-o", "json", "--kubernetes-version", "v1.34", *sorted(folder.glob("*.yaml"))):
        for check in each["checks"]:
            if check["skipped"] or check["grade"] >= 10:
                continue
            for comment in check["comments"] or [{"path": "", "summary": check["check"]["name"]}]:
                words = f"{each['file_name']}: {each['object_name']}: {comment['summary']}"
                found.append((check["check"]["id"], comment["path"], words))
    return found


def _checkov(folder: Path) -> list[Finding]:
    program = _linter("checkov")
    options = ["--framework", "kubernetes", "--quiet", "--compact", "--skip-download", "-o", "json"]
    reports = _run(program, "-d", folder, *options)
    reports = reports if isinstance(reports, list) else [reports]
    assert all(not report["summary"]["parsing_errors"] for report in reports), reports
    failed = [each for report in reports for each in report["results"]["failed_checks"]]
    return [
        (each["check_id"], Path(each["file_path"]).stem, f"{each['resource']}: {each['check_name']}") for each in failed
    ]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every example, as `pulumi-sidecar render` writes it."""
    folder = tmp_path_factory.mktemp("rendered")
    for example in EXAMPLES:
        run = offline.run(example, namespace="shop", config=CONFIG.get(example.name))
        (folder / f"{example.name}.yaml").write_text(manifests.to_yaml(run.manifests()))
    return folder


@pytest.mark.parametrize(("name", "lint"), [("kube-score", _kube_score), ("checkov", _checkov)])
@pytest.mark.real
def test_every_finding_is_answered(name: str, lint: Callable[[Path], list[Finding]], rendered: Path) -> None:
    answers = ANSWERS[name]
    used, open_findings = set(), []
    for check, where, words in lint(rendered):
        known = answers.get(check, {})
        place = next((place for place in (where, "*") if place in known), None)
        if place is None:
            open_findings.append(f"{check} {where!r}: {words}")
        used.add((check, place))
    assert not open_findings, "\n".join(open_findings)
    assert {(check, place) for check, places in answers.items() for place in places} <= used, "answers to nothing"
    assert used, "a linter that finds nothing has read nothing"


def test_every_answer_has_words() -> None:
    for checks in ANSWERS.values():
        for places in checks.values():
            assert all(len(reason) > 20 for reason in places.values())
