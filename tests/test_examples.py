"""Every example renders, and the API server's own schemas take what comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

from pulumi_sidecar import offline
from pulumi_sidecar.cli import main
from tests.support.servers import REPOSITORY

KUBERNETES = "1.34"
EXAMPLES = sorted(each.parent for each in (REPOSITORY / "examples").glob("*/__main__.py"))
PROGRAMS = [REPOSITORY, *EXAMPLES]
CONFIG = {"testing": {"password": "not-a-real-one"}}
"""What programs ask of their stack."""


@pytest.mark.parametrize("secrets", ["redact", "include"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_it_renders_and_fits_the_schemas(program: Path, secrets: str) -> None:
    config = [f"--config={key}={value}" for key, value in CONFIG.get(program.name, {}).items()]
    result = CliRunner().invoke(main, ["render", str(program), "--secrets", secrets, *config])
    assert result.exit_code == 0, result.stderr
    objects = [each for each in yaml.safe_load_all(result.stdout) if each]
    assert {"Deployment", "Service"} <= {each["kind"] for each in objects}
    for each in objects:
        try:
            kubernetes_validate.validate(each, KUBERNETES, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            assert "." in each["apiVersion"].partition("/")[0]  # a resource of somebody else's: cert-manager's
    assert ("PRIVATE KEY" in result.stdout) <= (secrets == "include")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_private_keys_are_in_secrets_and_nowhere_else(program: Path) -> None:
    run = offline.run(program, config=CONFIG.get(program.name))
    for each in run.objects():
        if each["kind"] != "Secret":
            assert "PRIVATE KEY" not in json.dumps(each)
        else:
            everything_else: dict[str, Any] = {key: each[key] for key in each if key not in ("data", "stringData")}
            assert "PRIVATE KEY" not in json.dumps(everything_else)
    assert "PRIVATE KEY" not in json.dumps({key: run.outputs[key] for key in run.outputs.keys() - run.secret_outputs})


@pytest.mark.parametrize("program", EXAMPLES, ids=lambda program: program.name)
def test_it_says_what_it_shows(program: Path) -> None:
    assert (program / "README.md").read_text().startswith("# ")
    assert yaml.safe_load((program / "Pulumi.yaml").read_text())["description"]


def test_the_root_project_is_an_example() -> None:
    project = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text())
    assert REPOSITORY / project["main"] in EXAMPLES
