"""The documents' programs run, their tests pass, and their commands do what is said; or it stands here why not."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from pulumi_sidecar import offline
from pulumi_sidecar.cli import main
from pulumi_sidecar.testing import MockStack, assert_children_parented, assert_no_plain_secrets
from tests.support.documents import DOCUMENTS, blocks, commands, name_of
from tests.support.pki import Ca
from tests.support.servers import REPOSITORY

DOCS = REPOSITORY / "docs"
MAKEFILE = (REPOSITORY / "Makefile").read_text()

PROGRAMS = [
    pytest.param(document, code, id=f"{name_of(document)}:{number}")
    for document in DOCUMENTS
    for number, code in enumerate(blocks(document, "python"))
    if not code.startswith("# ") and ".patch(" not in code  # what is on the cluster already: see below
]
TESTS = [
    pytest.param(code, id=f"{name_of(document)}:{code.splitlines()[0][2:]}")
    for document in DOCUMENTS
    for code in blocks(document, "python")
    if code.startswith("# test_")
]
COMMANDS = [
    pytest.param(command, id=f"{name_of(document)}:{command.splitlines()[0]}")
    for document in DOCUMENTS
    for command in commands(document)
]

NOT_RUN = {
    r"kubectl ": "needs a cluster",
    r"pulumi (up|stack|config|new|import|destroy|preview|login)\b": "needs the engine, as tests/engine does",
    r"(docker|helm|gh|git) ": "needs a registry, a cluster or a service elsewhere",
    r"curl ": "asks a pod; tests/real asks the same proxy",
    r"(\S+/)?pip install ": "fetches packages; `make package` installs the wheel, and the extra exists: see below",
    r"python3 -m venv ": "`make package` works in environments of its own",
    r"make( |$)": "runs all this; the target exists: see below",
    r"\.venv/bin/(python -m pytest|pre-commit)": "runs all this",
    r"KUBECONFIG=|kind load |export SIDECAR_TEST_": "needs a cluster",
    r"printf .*\|$": "makes an image",
    r"(\.venv/bin/)?pulumi-sidecar serve ": "goes on until Ctrl-C; see tests/test_serve_real.py; its options: below",
    r"npm |npx |yarn |dotnet |go ": "another language's packages",
}
"""Commands that are not executed, and why."""


def folder(path: Path, program: str) -> Path:
    """A Pulumi program, with a stack of the documents' name."""
    (path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (path / "Pulumi.prod.yaml").write_text("config: {}\n")
    (path / "__main__.py").write_text(program)
    (path / "web.yaml").write_text((REPOSITORY / "tests" / "inject" / "manifests" / "kompose.yaml").read_text())
    return path


@pytest.fixture(scope="module")
def config() -> dict[str, str]:
    """What programs ask of their stack."""
    ca = Ca()
    leaf = ca.issue("shop.example.com", ["shop.example.com"])
    return {"cert": leaf.cert, "key": leaf.key, "ca_cert": ca.pem, "ca_key": ca.key_pem}


@pytest.mark.parametrize(("document", "code"), PROGRAMS)
def test_a_program_makes_its_objects(document: Path, code: str, config: dict[str, str]) -> None:
    run = offline.run(lambda: exec(compile(code, document.name, "exec"), {"__name__": "__main__"}), config=config)
    assert not run.remote
    assert "Deployment" in {each["kind"] for each in run.objects()}


def test_a_patch_adds_the_sidecar(pulumi_stack: MockStack) -> None:
    (code,) = [each for each in blocks(DOCS / "inject.md", "python") if ".patch(" in each]
    template = {"spec": {"containers": [{"name": "web", "image": "w"}]}}
    pulumi_stack.mock_resource("kubernetes:apps/v1:Deployment", {"spec": {"template": template}})
    pulumi_stack.mock_resource("kubernetes:core/v1:Service", {"spec": {"ports": [{"port": 80}]}})
    result = pulumi_stack.up(lambda: exec(compile(code, "inject.md", "exec"), {"__name__": "__main__"}))
    spec = result.one("DeploymentPatch").inputs["spec"]["template"]["spec"]
    assert [each["name"] for each in spec["containers"]] == ["web", "proxy"]
    assert_no_plain_secrets(result)


@pytest.mark.parametrize("code", TESTS)
def test_a_documents_tests_pass(tmp_path: Path, code: str) -> None:
    file = tmp_path / code.splitlines()[0].removeprefix("# ")
    file.write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file.name]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert f"{code.count('def test_')} passed" in result.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_other_blocks_can_be_read(document: Path) -> None:
    for text in blocks(document, "yaml"):
        assert list(yaml.safe_load_all(text))
    for code in blocks(document, "python"):
        compile(code, document.name, "exec")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = command.partition(" #")[0].partition(" | ")[0].strip()
    if any(re.match(pattern, ours) for pattern in NOT_RUN):
        return
    word, *arguments = shlex.split(ours)
    assert word == "pulumi-sidecar", f"neither executed nor listed in NOT_RUN: {command}"
    monkeypatch.chdir(folder(tmp_path, blocks(REPOSITORY / "README.md", "python")[0]))
    result = CliRunner().invoke(main, arguments)
    if result.exit_code == 5 and os.environ.get("REQUIRE_REAL") != "1":
        pytest.skip(result.stderr)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_names_exists(command: str) -> None:
    for name in re.findall(r"(?<![\w-])pulumi-sidecar ([a-z]+)([^|#\n]*)", command):
        if name[0] in main.commands:
            options = {text for each in main.commands[name[0]].params for text in [*each.opts, *each.secondary_opts]}
            given = [word.partition("=")[0] for word in shlex.split(name[1]) if word.startswith("-")]
            assert set(given) <= options, command
        else:
            pytest.fail(f"there is no command {name[0]}")
    for target in re.findall(r"^make ([a-z-]+)", command, re.MULTILINE):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), command
    for extras in re.findall(r"pulumi-sidecar\[([a-z,]+)\]", command):
        text = (REPOSITORY / "pyproject.toml").read_text()
        assert all(re.search(rf"^{extra} = \[", text, re.MULTILINE) for extra in extras.split(",")), command


def test_the_reference_has_everything_once() -> None:
    for page in (DOCS / "reference").glob("*.md"):
        shown = re.findall(r"(?m)^::: (\S+)", page.read_text())
        assert len(shown) == len(set(shown)), page.name


# --- what single programs shall do ------------------------------------------------------------------------------------


def adjusted(stack: MockStack, number: int) -> dict[str, Any]:
    code = blocks(DOCS / "adjusting.md", "python")[number]
    result = stack.up(lambda: exec(compile(code, "adjusting.md", "exec"), {"__name__": "__main__"}))
    assert_children_parented(result)
    assert_no_plain_secrets(result)
    return result.one("Deployment").inputs


def test_an_annotation_and_a_toleration(pulumi_stack: MockStack) -> None:
    template = adjusted(pulumi_stack, 0)["spec"]["template"]
    assert template["spec"]["tolerations"] == [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]
    annotations = template["metadata"]["annotations"]
    assert annotations["prometheus.io/scrape"] == "true"
    assert "pulumi-sidecar/config-sha256" in annotations  # the component's own stays
    assert len(template["spec"]["containers"]) == 2


def test_a_rename(pulumi_stack: MockStack) -> None:
    selector = {"matchLabels": {"pulumi-sidecar/component": "web"}}
    assert adjusted(pulumi_stack, 1)["spec"]["selector"] == selector
    assert pulumi_stack.result is not None
    assert pulumi_stack.result.one("SidecarDeployment").aliases == ({"name": "web"},)
    assert pulumi_stack.result.one("Service").inputs["metadata"]["name"] == "web"


def test_an_adoption(pulumi_stack: MockStack) -> None:
    adjusted(pulumi_stack, 2)
    assert pulumi_stack.result is not None
    assert {"name": "web", "noParent": True} in pulumi_stack.result.one("Deployment").aliases
