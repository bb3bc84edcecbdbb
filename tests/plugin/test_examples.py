"""The examples in other languages: what the YAML one asks for is made, and the TypeScript one is type-checked."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.plugin.engine import ROOT, Engine, Sent

EXAMPLES = ROOT / "examples"


def test_the_yaml_example(engine: Engine) -> None:
    """Without an engine: its references to other resources are Outputs."""
    project = yaml.safe_load((EXAMPLES / "yaml" / "Pulumi.yaml").read_text())

    def sent(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: sent(item) for key, item in value.items()}
        if isinstance(value, list):
            return [sent(item) for item in value]
        return Sent("code-1") if isinstance(value, str) and value.startswith("${") else value

    made = engine.construct(sent(project["resources"]["web"]["properties"]))
    asked = re.findall(r"\$\{web\.(\w+)\}", str(project["outputs"]))
    assert set(asked) <= set(made.state)
    pod = made.one("Deployment").inputs["spec"]["template"]["spec"]
    assert {"name": "code-1"}.items() <= next(each for each in pod["volumes"] if each["name"] == "code")[
        "configMap"
    ].items()


@pytest.mark.parametrize("name", ["yaml", "typescript"])
def test_they_say_what_they_show(name: str) -> None:
    assert (EXAMPLES / name / "README.md").read_text().startswith("# ")
    assert yaml.safe_load((EXAMPLES / name / "Pulumi.yaml").read_text())["packages"] == {"sidecar": "../.."}
    assert (ROOT / "PulumiPlugin.yaml").is_file()


def test_the_typescript_example_has_the_right_types(tmp_path: Path) -> None:
    for tool in ("pulumi", "npm", "npx"):
        if not shutil.which(tool):
            pytest.skip(f"no `{tool}` on the PATH: it makes the SDK that the example is checked with")
    folder = tmp_path / "typescript"
    shutil.copytree(EXAMPLES / "typescript", folder)
    schema = tmp_path / "schema.json"
    shutil.copy(ROOT / "tests" / "golden" / "plugin" / "schema.json", schema)
    for command in (
        ["pulumi", "package", "gen-sdk", str(schema), "--language", "nodejs", "--local", "--out", str(folder / "sdks")],
        ["npm", "install", "--no-audit", "--no-fund"],
        ["npx", "tsc", "--noEmit"],
    ):
        if command[0] == "npm" and (folder / "sdks" / "nodejs").is_dir():
            (folder / "sdks" / "nodejs").rename(folder / "sdks" / "sidecar")
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
