"""The TypeScript example with the real engine: the SDK out of the plugin, and what it deploys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import ROOT, own_backend, plugin_folder, pulumi, rendered, with_package


def test_its_life(pulumi_cli: str, tmp_path: Path) -> None:
    for tool in ("npm", "pulumi-language-nodejs"):
        if not shutil.which(tool):
            pytest.skip(f"no `{tool}` on the PATH")
    folder = tmp_path / "typescript"
    shutil.copytree(ROOT / "examples" / "typescript", folder)
    with_package(folder, plugin_folder(tmp_path / "plugin"))
    env = own_backend(tmp_path)

    def run(*command: str) -> str:
        return pulumi(pulumi_cli, folder, env, *command)

    run("install")
    assert (folder / "sdks" / "sidecar" / "sidecarDeployment.ts").is_file()
    run("stack", "init", "test")
    run("config", "set", "kubernetes:renderYamlToDirectory", str(tmp_path / "rendered"))
    run("up", "--yes", "--skip-preview")
    services = [each for each in rendered(tmp_path / "rendered") if each["kind"] == "Service"]
    assert sorted(each["metadata"]["name"] for each in services) == ["orders", "prices"]
    assert yaml.safe_load(run("stack", "output", "urls")) == [
        "https://orders.default.svc",
        "https://prices.default.svc",
    ]
    run("up", "--yes", "--skip-preview", "--expect-no-changes")
    run("destroy", "--yes", "--skip-preview")
