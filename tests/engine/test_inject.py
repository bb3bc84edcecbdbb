"""The sidecar in workloads of others, with the real engine: it calls transforms, and takes patches out again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pulumi_sidecar.testing import MockStack
from tests.engine.conftest import Deploy, Deployed

PROGRAMS = Path(__file__).parent / "programs"
TRANSFORM, PATCH = PROGRAMS / "transform", PROGRAMS / "patch"
THEIRS = PATCH / "theirs.yaml"


def kubectl(namespace: str, *args: str) -> str:
    command = ["kubectl", "-n", namespace, *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def live(namespace: str, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kubectl(namespace, "get", kind, "web", "-o", "json"))
    return found


def warnings(stack: Deployed) -> str:
    """The program's own. Others tell of one resource: that a pod is not ready yet, that YAML has a Secret."""
    said = [event.diagnostic_event for event in stack.events if event.diagnostic_event]
    return "\n".join(
        each.message
        for each in said
        if each.severity == "warning" and (not each.urn or "::pulumi:pulumi:Stack::" in each.urn)
    )


@pytest.mark.parametrize("own", ["false", "true"])
def test_a_transform_and_other_arguments(own: str, deploy: Deploy, target: str, tmp_path: Path) -> None:
    """For the whole stack, and as the resources' own, which get Outputs for what depends on others."""
    stack = deploy(TRANSFORM)
    stack.configure({"own": own})
    stack.preview()
    stack.up()
    assert warnings(stack) == ""
    assert stack.up().real == {}
    states = [file.read_text() for file in (tmp_path / "state").rglob("*.json")]
    assert states
    assert "hush-hush" not in "".join(states)
    if target == "yaml":
        (deployment,) = [each for each in stack.objects() if each["kind"] == "Deployment"]
        containers = deployment["spec"]["template"]["spec"]["containers"]
        assert [each["name"] for each in containers] == ["web", "proxy"]
    stack.configure({"max_body_size": "1Mi"})
    stack.up()
    operations = stack.operations()
    assert operations["Deployment web"] == {"update"}
    assert "Service web" not in operations
    assert "Secret web-tls" not in operations
    assert stack.up().real == {}


def test_a_transform_that_picks_nothing(deploy: Deploy) -> None:
    from pulumi.automation import CommandError

    stack = deploy(TRANSFORM)
    stack.configure({"picked": "wbe"})
    stack.preview()
    assert 'transform(name="wbe"' in warnings(stack)
    assert '(seen: Deployment "web")' in warnings(stack)
    stack.configure({"required": "true"})
    with pytest.raises(CommandError, match="picked no workload"):
        stack.preview()


def test_a_patch_and_its_end(deploy: Deploy, target: str, namespace: str) -> None:
    if target == "yaml":
        pytest.skip("what is patched is on a cluster")
    kubectl(namespace, "create", "-f", str(THEIRS))
    before = {kind: live(namespace, kind)["spec"] for kind in ("deployment", "service")}
    stack = deploy(PATCH)
    stack.up()
    containers = live(namespace, "deployment")["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in containers] == ["log", "web", "third", "proxy"]
    assert 443 in [each["port"] for each in live(namespace, "service")["spec"]["ports"]]
    assert stack.up().real == {}
    stack.destroy()
    assert {kind: live(namespace, kind)["spec"] for kind in before} == before


def test_a_patch_gives_back_what_it_no_longer_changes(deploy: Deploy, target: str, namespace: str) -> None:
    if target == "yaml":
        pytest.skip("what is patched is on a cluster")
    kubectl(namespace, "create", "-f", str(THEIRS))

    def led_to() -> dict[int, Any]:
        return {each["port"]: each["targetPort"] for each in live(namespace, "service")["spec"]["ports"]}

    before = led_to()
    stack = deploy(PATCH)
    stack.configure({"redirect": "true"})
    stack.up()
    assert led_to() != {**before, 443: 8443}
    assert "becomes Kubernetes' default" in warnings(stack)
    stack.configure({"redirect": "false"})
    stack.up()
    assert led_to() == {**before, 443: 8443}
    assert stack.up().real == {}


@pytest.mark.parametrize("program", [TRANSFORM, PATCH], ids=lambda program: program.name)
def test_the_programs_run(program: Path, pulumi_stack: MockStack) -> None:
    """Everywhere, so that they are right where there is an engine."""
    there = {"spec": {"containers": [{"name": "web", "ports": [{"name": "http", "containerPort": 8000}]}]}}
    pulumi_stack.mock_resource("kubernetes:apps/v1:Deployment", {"spec": {"template": there}})
    pulumi_stack.mock_resource("kubernetes:core/v1:Service", {"spec": {"ports": [{"port": 80, "targetPort": "http"}]}})
    result = pulumi_stack.up(program)
    assert result.outputs["url"].value == "https://web.default.svc"
    assert not result.diagnostics
