"""`pulumi-sidecar explain`: which defaults hold, where names do not tell components apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pulumi_sidecar.cli import main

TEAMS = """
import pulumi
from pulumi_sidecar import SidecarDeployment, SidecarInjection

class Team(pulumi.ComponentResource):
    def __init__(self, name, drain):
        super().__init__(f"acme:index:{name.title()}", name)
        child = pulumi.ResourceOptions(parent=self)
        MAKE
        self.register_outputs({})

Team("one", {"drain_seconds": 33})
Team("two", {})
try:
    SidecarDeployment("web", {})
except Exception:
    pass
"""
DEPLOYMENT = (
    'SidecarDeployment("web", {"namespace": name, "app": {"image": "i", "port": 1}, "proxy": {"kind": "nginx"},'
    " **drain}, opts=child)"
)
INJECTION = 'SidecarInjection("web", {"app": {"port": 1}, "proxy": {"kind": "nginx"}, **drain}, opts=child)'


@pytest.mark.parametrize("make", [DEPLOYMENT, INJECTION])
def test_components_of_one_name_have_their_own_defaults(tmp_path: Path, make: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(TEAMS.replace("MAKE", make))
    result = CliRunner().invoke(main, ["explain", str(tmp_path)])
    assert result.exit_code == 0, result.output
    _, *each = result.stdout.split("Which defaults hold")
    assert len(each) == 2
    assert ["drain_seconds" in text for text in each] == [False, True]
