"""The programs in docs/ run, and their tests pass."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_sidecar.testing import MockStack, assert_children_parented, assert_no_plain_secrets

DOCS = Path(__file__).parents[1] / "docs"


def blocks(name: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (DOCS / name).read_text(), re.MULTILINE | re.DOTALL)


def run(stack: MockStack, code: str) -> None:
    stack.up(lambda: exec(compile(code, "adjusting.md", "exec"), {"__name__": "__main__"}))


def adjusted(stack: MockStack, number: int) -> dict[str, object]:
    run(stack, blocks("adjusting.md")[number])
    assert stack.result is not None
    assert_children_parented(stack.result)
    assert_no_plain_secrets(stack.result)
    return stack.result.one("Deployment").inputs


def test_an_annotation_and_a_toleration(pulumi_stack: MockStack) -> None:
    template: dict[str, dict[str, object]] = adjusted(pulumi_stack, 0)["spec"]["template"]  # type: ignore[index]
    assert template["spec"]["tolerations"] == [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]
    annotations = template["metadata"]["annotations"]
    assert isinstance(annotations, dict)
    assert annotations["prometheus.io/scrape"] == "true"
    assert "pulumi-sidecar/config-sha256" in annotations  # the component's own stays
    assert len(template["spec"]["containers"]) == 2  # type: ignore[arg-type]


def test_a_rename(pulumi_stack: MockStack) -> None:
    selector = {"matchLabels": {"pulumi-sidecar/component": "web"}}
    assert adjusted(pulumi_stack, 1)["spec"]["selector"] == selector  # type: ignore[index]
    assert pulumi_stack.result is not None
    assert pulumi_stack.result.one("SidecarDeployment").aliases == ({"name": "web"},)
    assert pulumi_stack.result.one("Service").inputs["metadata"]["name"] == "web"


def test_an_adoption(pulumi_stack: MockStack) -> None:
    adjusted(pulumi_stack, 2)
    assert pulumi_stack.result is not None
    assert {"name": "web", "noParent": True} in pulumi_stack.result.one("Deployment").aliases


@pytest.mark.parametrize("code", blocks("testing.md"), ids=lambda code: code.splitlines()[0][2:])
def test_the_tests_in_testing_md(tmp_path: Path, code: str) -> None:
    file = tmp_path / code.splitlines()[0].removeprefix("# ")
    file.write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file.name]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert f"{code.count('def test_')} passed" in result.stdout
