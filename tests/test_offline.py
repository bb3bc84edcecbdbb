"""Programs run as under the engine, and fail with their own errors."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls
import pytest

from pulumi_sidecar import offline
from pulumi_sidecar.runtime import execution

PROJECT = "name: demo\nruntime: python\n"


def folder(path: Path, main: str = "", project: str = PROJECT, **files: str) -> Path:
    """A program's folder; `__` in the names of further files stands for a dot."""
    path.mkdir(parents=True, exist_ok=True)
    for name, text in {"Pulumi__yaml": project, **files}.items():
        (path / name.replace("__", ".")).write_text(text)
    (path / "__main__.py").write_text(main)
    return path


def test_a_folder_is_run_as_the_engine_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_ERROR_OUTPUT_STRING", raising=False)
    main = """
import os, sys, pulumi, helper
pulumi.export("cwd", os.getcwd())
pulumi.export("path", sys.path[0])
pulumi.export("name", __name__)
pulumi.export("helper", helper.VALUE)
pulumi.export("project", pulumi.get_project())
pulumi.export("stack", pulumi.get_stack())
pulumi.export("none", None)
"""
    where, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    here = folder(tmp_path / "p", main, helper__py="VALUE = 1")
    run = offline.run(here, stack="dev")
    assert list(run.outputs) == ["cwd", "path", "name", "helper", "project", "stack", "none"]
    assert list(run.outputs.values()) == [str(here), str(here), "__main__", 1, "demo", "dev", None]
    assert (Path.cwd(), sys.path, "helper" in sys.modules) == (where, path, False)
    assert "PULUMI_ERROR_OUTPUT_STRING" not in os.environ
    assert "helper" not in modules


@pytest.mark.parametrize("main", ["src", "src/__main__.py"])
def test_main_is_a_folder_or_a_file(tmp_path: Path, main: str) -> None:
    folder(tmp_path, project=f"{PROJECT}main: {main}\n")
    folder(tmp_path / "src", "import os, pulumi\npulumi.export('cwd', os.getcwd())")
    assert offline.run(tmp_path).outputs == {"cwd": str(tmp_path / "src")}


def test_configuration(tmp_path: Path) -> None:
    main = """
import pulumi
config = pulumi.Config()
for key in ("plain", "flag", "given", "base", "object"):
    pulumi.export(key, config.get(key))
pulumi.export("region", pulumi.Config("aws").require("region"))
pulumi.export("hidden", config.require_secret("hidden"))
"""
    stack = "config:\n  demo:plain: 2020-01-01\n  flag: true\n  demo:given: {secure: v1:xx}\n  aws:region: x\n"
    stack += "  demo:object: {a: [1]}\n"
    project = f"{PROJECT}config:\n  base: {{type: string, default: b}}\n  hidden: {{value: h, secret: true}}\n"
    here = folder(tmp_path, main, project, Pulumi__dev__yaml=stack)
    run = offline.run(here, stack="dev", config={"given": "mine"})
    assert run.outputs == {
        "plain": "2020-01-01",
        "flag": "true",
        "given": "mine",
        "base": "b",
        "object": '{"a": [1]}',
        "region": "x",
        "hidden": "h",
    }
    assert run.secret_outputs == {"hidden"}


@pytest.mark.parametrize("value", ["{secure: v1:xx}", "{a: [{secure: v1:xx}]}"])
def test_an_encrypted_value_is_named_with_its_remedy(tmp_path: Path, value: str) -> None:
    here = folder(tmp_path, Pulumi__dev__yaml=f"config:\n  demo:pw: {value}\n")
    with pytest.raises(offline.ProjectError, match=r"Pulumi\.dev\.yaml: demo:pw is encrypted.*--config demo:pw=VALUE"):
        offline.run(here, stack="dev")


@pytest.mark.parametrize(
    ("project", "message"),
    [
        ("name: x\nruntime: nodejs\n", "runtime is 'nodejs'"),
        ("name: x\nruntime: {name: yaml}\n", "runtime is 'yaml'"),
        ("- 1\n", "a mapping is expected"),
        ("a: [\n", "not valid YAML"),
        (f"{PROJECT}main: ../x\n", "inside the project's folder"),
        (f"{PROJECT}main: missing\n", "there is no such file"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path: Path, project: str, message: str) -> None:
    with pytest.raises(offline.ProjectError, match=message):
        offline.run(folder(tmp_path, project=project))


def test_no_project_file(tmp_path: Path) -> None:
    with pytest.raises(offline.ProjectError, match=r"no Pulumi\.yaml here"):
        offline.run(tmp_path)


class MineError(Exception):
    pass


def fails(_value: Any) -> Any:
    raise MineError("mine")


def at_once() -> None:
    k8s.core.v1.ConfigMap("map")
    fails(None)


def in_apply() -> None:
    k8s.core.v1.ConfigMap("map").metadata.name.apply(fails)


def in_an_input() -> None:
    name = k8s.core.v1.ConfigMap("map").metadata.name
    k8s.core.v1.ConfigMap("other", data={"a": name.apply(fails)})


def in_an_export() -> None:
    pulumi.export("a", k8s.core.v1.ConfigMap("map").metadata.name.apply(fails))


def in_async_code() -> None:
    async def main() -> None:
        await asyncio.sleep(0)
        fails(None)

    pulumi.run(main)


@pytest.mark.parametrize("program", [at_once, in_apply, in_an_input, in_an_export, in_async_code])
def test_the_programs_own_exception_surfaces(program: Any) -> None:
    if program is in_async_code and not hasattr(pulumi, "run"):
        pytest.skip("this SDK has no pulumi.run")
    with pytest.raises(offline.ProgramError, match="MineError: mine") as failure:
        offline.run(program)
    assert isinstance(failure.value.__cause__, MineError)
    offline.run(lambda: None)  # nothing of the failed run is left


def test_a_value_error_in_an_input_is_not_hidden_by_the_sdk() -> None:
    def program() -> None:
        def refuse(_name: str) -> str:
            raise ValueError("mine")

        name = k8s.core.v1.ConfigMap("map").metadata.name
        k8s.core.v1.ConfigMap("other", data={"a": name.apply(refuse)})

    with pytest.raises(offline.ProgramError) as failure:
        offline.run(program)
    assert str(failure.value.__cause__) == "mine"


def test_what_a_provider_refuses_names_the_resource_and_its_line() -> None:
    def program() -> None:
        tls.PrivateKey("key", algorithm="DSA")

    with pytest.raises(offline.ProgramError) as failure:
        offline.run(program)
    (note,) = getattr(failure.value.__cause__, "__notes__", ())
    line = program.__code__.co_firstlineno + 1
    assert note == f"in tls:index/privateKey:PrivateKey 'key', File \"{__file__}\", line {line}"


@pytest.mark.parametrize(("code", "fine"), [("0", True), ("None", True), ("3", False)])
def test_sys_exit(tmp_path: Path, code: str, fine: bool) -> None:
    here = folder(tmp_path, f"import sys, pulumi\npulumi.export('a', 1)\nsys.exit({code})")
    if fine:
        assert offline.run(here).outputs == {"a": 1}
    else:
        with pytest.raises(offline.ProgramError, match="SystemExit: 3"):
            offline.run(here)


def test_an_output_in_an_f_string_is_an_error() -> None:
    def program() -> None:
        name = k8s.core.v1.ConfigMap("map").metadata.name
        k8s.core.v1.ConfigMap("other", data={"a": f"server {name};"})

    with pytest.raises(offline.ProgramError, match="__str__"):
        offline.run(program)


def test_runs_are_isolated(tmp_path: Path) -> None:
    for value in (1, 2):
        text = "import pulumi, part\npulumi.export('a', part.VALUE)\npulumi.export('c', pulumi.Config().get('c'))"
        here = folder(tmp_path / str(value), text, part__py=f"VALUE = {value}")
        config = {"c": "set"} if value == 1 else {}
        assert offline.run(here, config=config).outputs == {"a": value, "c": config.get("c")}


def test_inside_a_running_event_loop() -> None:
    async def main() -> offline.Run:
        return offline.run(lambda: pulumi.export("a", 1))

    assert asyncio.run(main()).outputs == {"a": 1}


def test_real_material_flows_through_the_program() -> None:
    def program() -> None:
        key = tls.PrivateKey("key", algorithm="ECDSA", ecdsa_curve="P256")
        secret = k8s.core.v1.Secret("s", string_data={"tls.key": key.private_key_pem})
        pulumi.export("key", secret.string_data)

    run = offline.run(program)
    (secret,) = run.objects()
    assert secret["stringData"]["tls.key"].startswith("-----BEGIN EC PRIVATE KEY-----")
    assert run.outputs["key"] == secret["stringData"]


def named(run: offline.Run) -> list[tuple[str, str]]:
    return [(each.type, each.name) for each in run.remote]


def test_remote_components_are_named_and_the_program_goes_on() -> None:
    def program() -> None:
        chart = k8s.helm.v4.Chart("chart", chart="nginx")
        k8s.core.v1.ConfigMap("after", opts=pulumi.ResourceOptions(depends_on=[chart]))
        chart.resources.apply(fails)

    run = offline.run(program)
    assert named(run) == [("kubernetes:helm.sh/v4:Chart", "chart")]
    assert [each["kind"] for each in run.objects()] == ["ConfigMap"]


def test_functions_releases_patches_and_stack_references_are_named() -> None:
    def program() -> None:
        k8s.kustomize.Directory("dir", directory="overlays/prod")
        k8s.helm.v3.Release("rel", chart="nginx")
        k8s.apps.v1.DeploymentPatch("patch", metadata={"name": "x"})
        pulumi.export("a", pulumi.StackReference("org/p/s").get_output("x"))

    run = offline.run(program)
    assert sorted(named(run)) == [
        ("kubernetes:apps/v1:DeploymentPatch", "patch"),
        ("kubernetes:helm.sh/v3:Release", "rel"),
        ("kubernetes:kustomize:directory", "overlays/prod"),
        ("pulumi:pulumi:StackReference", "org/p/s"),
    ]
    assert run.outputs == {"a": offline.UNKNOWN}
    assert run.objects() == []


def test_an_sdk_without_unknown_outputs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "sdk_is_recent", lambda: False)
    with pytest.raises(offline.ProjectError, match="too old to run offline; run: pip install -U pulumi"):
        offline.run(lambda: None)


class Foreign(pulumi.CustomResource):
    result: pulumi.Output[str]

    def __init__(self, name: str) -> None:
        super().__init__("random:index/randomPassword:RandomPassword", name, {"length": 8, "result": None})


def test_a_foreign_resource_matters_only_where_it_is_used() -> None:
    def beside() -> None:
        Foreign("pw")
        k8s.core.v1.ConfigMap("map")

    def used() -> None:
        key = Foreign("pw").result.apply(lambda value: value)
        k8s.core.v1.Secret("secret", string_data={"pw": key})

    assert offline.run(beside).remote == []
    assert named(offline.run(used)) == [("random:index/randomPassword:RandomPassword", "pw")]


def test_a_certificate_for_an_unknown_name_is_not_made() -> None:
    def program() -> None:
        foreign = Foreign("host")
        key = tls.PrivateKey("key", algorithm="ED25519").private_key_pem
        request = tls.CertRequest("req", private_key_pem=key, dns_names=[foreign.result])
        k8s.core.v1.ConfigMap("map", data={"csr": request.cert_request_pem})

    found = named(offline.run(program))
    assert ("random:index/randomPassword:RandomPassword", "host") in found


def test_manifests_in_yaml_are_decoded() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {day: 2020-01-01}\n---\n"

    def program() -> None:
        k8s.yaml.ConfigGroup("group", yaml=[text])

    run = offline.run(program)
    assert run.remote == []
    (config_map,) = run.objects()
    assert config_map["metadata"] == {"name": "from-yaml", "namespace": "default"}
    assert config_map["data"] == {"day": "2020-01-01"}


def test_objects_hold_nothing_that_only_pulumi_reads() -> None:
    def program() -> None:
        annotations = {"pulumi.com/skipAwait": "true", "mine": "x"}
        k8s.core.v1.ConfigMap("map", metadata={"name": "m", "annotations": annotations})
        k8s.core.v1.ConfigMap("bare", metadata={"name": "b", "annotations": {"pulumi.com/skipAwait": "true"}})

    annotated, bare = offline.run(program).objects()
    assert annotated["metadata"] == {"name": "m", "namespace": "default", "annotations": {"mine": "x"}}
    assert bare["metadata"] == {"name": "b", "namespace": "default"}


def test_importing_the_package_imports_nothing_of_the_extra() -> None:
    def extras(packages: str) -> set[str]:
        script = f"import {packages}, sys; print(*{{'yaml', 'click', 'cryptography'}} & set(sys.modules))"
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        return set(result.stdout.split())

    # The SDK itself imports PyYAML.
    assert extras("pulumi_sidecar") <= extras("pulumi, pulumi_kubernetes, pulumi_tls, pydantic")
