"""The YAML example with the real engine, which starts the plugin by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import ROOT


@pytest.fixture
def program(pulumi_cli: str, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A copy of the example, with the plugin of this checkout in this Python, and the environment for it."""
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    for name in ("__main__.py", "PulumiPlugin.yaml", "pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
        shutil.copy(ROOT / name, plugin)
    for name in ("pulumi_sidecar", "pulumi_sidecar_pytest.py"):
        (plugin / name).symlink_to(ROOT / name)
    manifest = {"runtime": {"name": "python", "options": {"virtualenv": sys.prefix}}}
    (plugin / "PulumiPlugin.yaml").write_text(yaml.safe_dump(manifest))
    folder = tmp_path / "yaml"
    shutil.copytree(ROOT / "examples" / "yaml", folder)
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    project["packages"] = {"sidecar": str(plugin)}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    (tmp_path / "state").mkdir()
    env = {
        **os.environ,
        "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "for tests",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    return folder, env


def test_its_life(program: tuple[Path, dict[str, str]], pulumi_cli: str, tmp_path: Path) -> None:
    folder, env = program

    def run(*command: str, **more: str) -> str:
        done = subprocess.run(
            [pulumi_cli, *command, "--non-interactive"],
            cwd=folder,
            env={**env, **more},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("stack", "init", "test")
    run("config", "set", "kubernetes:renderYamlToDirectory", str(tmp_path / "rendered"))
    run("config", "set", "kubernetes:namespace", "shop")
    run("preview")
    run("up", "--yes", "--skip-preview")
    kinds = {
        each["kind"]
        for file in (tmp_path / "rendered").rglob("*.yaml")
        for each in yaml.safe_load_all(file.read_text())
        if each
    }
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
    subprocess.run([pulumi_cli, "stack", "init", "test", "--non-interactive"], cwd=folder, env=env, check=True)
    done = subprocess.run(
        [pulumi_cli, "preview", "--non-interactive"], cwd=folder, env=env, capture_output=True, text=True, timeout=600
    )
    assert done.returncode != 0
    assert "proxy.timeouts.readSeconds" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
