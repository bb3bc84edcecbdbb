"""The YAML example with the real engine, which starts the plugin by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import ROOT, own_backend, plugin_folder, pulumi, rendered, with_package


@pytest.fixture
def program(pulumi_cli: str, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A copy of the example, with the plugin of this checkout in this Python, and the environment for it."""
    plugin = plugin_folder(tmp_path / "plugin")
    manifest = {"runtime": {"name": "python", "options": {"virtualenv": sys.prefix}}}
    (plugin / "PulumiPlugin.yaml").write_text(yaml.safe_dump(manifest))
    folder = tmp_path / "yaml"
    shutil.copytree(ROOT / "examples" / "yaml", folder)
    with_package(folder, plugin)
    return folder, own_backend(tmp_path)


def test_its_life(program: tuple[Path, dict[str, str]], pulumi_cli: str, tmp_path: Path) -> None:
    folder, env = program

    def run(*command: str, **more: str) -> str:
        return pulumi(pulumi_cli, folder, {**env, **more}, *command)

    run("stack", "init", "test")
    run("config", "set", "kubernetes:renderYamlToDirectory", str(tmp_path / "rendered"))
    run("config", "set", "kubernetes:namespace", "shop")
    run("preview")
    run("up", "--yes", "--skip-preview")
    kinds = {each["kind"] for each in rendered(tmp_path / "rendered")}
    assert {"Deployment", "Service", "ConfigMap", "Secret"} <= kinds
    assert run("stack", "output", "url").strip() == "https://web.shop.svc"
    update = ("up", "--yes", "--skip-preview")
    run(*update, "--expect-no-changes")
    # There is no cluster behind YAML files. Only here: with it, updates would change nothing.
    refresh = ("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    run(*refresh, PULUMI_K8S_SKIP_UPDATE_UNREACHABLE="true")

    file = folder / "Pulumi.yaml"
    file.write_text(file.read_text().replace("readSeconds: 30", "readSeconds: 31"))
    run(*update)
    configurations = (tmp_path / "rendered").rglob("*configmap*web-config*.yaml")
    assert ["proxy_read_timeout 31s" in each.read_text() for each in configurations] == [True]

    project = yaml.safe_load(file.read_text())
    renamed = project["resources"].pop("web")
    renamed["properties"]["service"] = {"name": "web"}
    renamed["options"] = {"aliases": ["urn:pulumi:test::yaml::sidecar:index:SidecarDeployment::web"]}
    project["resources"]["shop"] = renamed
    project["outputs"] = {"url": "${shop.url}"}
    file.write_text(yaml.safe_dump(project, sort_keys=False))
    before = sorted(each.name for each in (tmp_path / "rendered").rglob("*.yaml"))
    run(*update)
    assert sorted(each.name for each in (tmp_path / "rendered").rglob("*.yaml")) == before
    urns = [each["urn"] for each in json.loads(run("stack", "export"))["deployment"]["resources"]]
    assert any(urn.endswith("::shop-deployment") for urn in urns)
    assert not any(urn.endswith("::web-deployment") for urn in urns)
    run("destroy", "--yes", "--skip-preview")


def test_an_error_names_the_property(program: tuple[Path, dict[str, str]], pulumi_cli: str, tmp_path: Path) -> None:
    folder, env = program
    file = folder / "Pulumi.yaml"
    file.write_text(file.read_text().replace("readSeconds: 30", "readSeconds: -1"))
    pulumi(pulumi_cli, folder, env, "stack", "init", "test")
    done = subprocess.run(
        [pulumi_cli, "preview", "--non-interactive"], cwd=folder, env=env, capture_output=True, text=True, timeout=600
    )
    assert done.returncode != 0
    assert "proxy.timeouts.readSeconds" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
