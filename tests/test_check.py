"""`pulumi-sidecar check`: what the servers themselves say about what a program renders."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pulumi_sidecar import SidecarDeployment, layout, offline, proxies, servers
from pulumi_sidecar.cli import main
from pulumi_sidecar.commands import check
from tests.conftest import BASIC, merged


@pytest.fixture(autouse=True)
def _servers(request: pytest.FixtureRequest) -> None:
    """Skips a test whose server is not here, unless it must be."""
    for kind in ("nginx", "httpd"):
        try:
            if request.node.get_closest_marker("real"):
                servers.find(kind)
        except servers.MissingServerError as error:
            if os.environ.get("REQUIRE_REAL") == "1":
                pytest.fail(str(error))
            pytest.skip(str(error))


def checked(folder: Path, components: Mapping[str, Mapping[str, Any]]) -> Result:
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    lines = [f"SidecarDeployment({name!r}, {merged(BASIC, changes)!r})" for name, changes in components.items()]
    (folder / "__main__.py").write_text("\n".join(["from pulumi_sidecar import SidecarDeployment", *lines, ""]))
    return CliRunner().invoke(main, ["check", str(folder)])


@pytest.mark.real
def test_every_proxy_of_the_program_is_tested(tmp_path: Path) -> None:
    result = checked(tmp_path / "p", {"one": {}, "two": {"proxy": {"kind": "apache"}}})
    assert result.exit_code == 0, result.output
    assert "one: nginx " in result.stdout
    assert "two: httpd " in result.stdout


@pytest.mark.real
@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_the_proxy_in_a_workload_of_others(kind: str, tmp_path: Path) -> None:
    pod = {"metadata": {"name": "shop"}, "spec": {"containers": [{"name": "web", "image": "w"}]}}
    spec = {"selector": {"match_labels": {"a": "b"}}, "template": pod}
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    lines = [
        "import pulumi",
        "from pulumi_kubernetes import apps, core",
        "from pulumi_sidecar import SidecarInjection",
        'web = SidecarInjection("web", {"app": {"port": 8080}, "proxy": {"kind": "nginx"}})',
        f'pulumi.runtime.register_resource_transform(web.transform(kinds=("{kind}",)))',
        f"core.v1.Pod('shop', **{pod!r})"
        if kind == "Pod"
        else f"apps.v1.Deployment('shop', metadata={{'name': 'shop'}}, spec={spec!r})",
    ]
    (tmp_path / "__main__.py").write_text("\n".join(lines))
    result = CliRunner().invoke(main, ["check", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("shop: nginx ")


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "extra", "said"),
    [
        ("nginx", "proxy_bufring on;", 'unknown directive "proxy_bufring" in /etc/pulumi-sidecar/proxy/nginx.conf:'),
        ("apache", "Foo on", "Invalid command 'Foo'"),
    ],
)
def test_a_refused_configuration_comes_with_the_line(kind: str, extra: str, said: str, tmp_path: Path) -> None:
    result = checked(tmp_path / "p", {"good": {}, "web": {"proxy": {"kind": kind, "extra": {"location": extra}}}})
    assert result.exit_code == 4
    assert said in result.stderr
    (marked,) = [line for line in result.stderr.splitlines() if line.startswith("  >")]
    assert marked.endswith(extra)
    assert "good: nginx" in result.stdout
    assert str(tmp_path) not in result.stderr


@pytest.mark.real
def test_a_host_that_only_the_cluster_knows_is_no_reason_to_refuse(tmp_path: Path) -> None:
    extra = {"server": "location /auth/ { proxy_pass http://auth.team.invalid:8080/; }"}
    result = checked(tmp_path / "p", {"web": {"proxy": {"extra": extra}}})
    assert result.exit_code == 0, result.output
    assert "note: web: auth.team.invalid is not known here" in result.stderr


@pytest.mark.real
@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_a_secret_from_elsewhere_is_no_reason_to_refuse(kind: str, tmp_path: Path) -> None:
    result = checked(tmp_path / "p", {"web": {"proxy": {"kind": kind}, "tls": {"kind": "secret", "name": "bought"}}})
    assert result.exit_code == 0, result.output
    assert "Secret bought is not part of the program" in result.stderr


def test_a_server_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_kind: str) -> servers.Server:
        raise servers.MissingServerError("nginx is not on this machine (get it with: pip)")

    monkeypatch.setattr(servers, "find", missing)
    result = checked(tmp_path / "p", {"web": {}})
    assert result.exit_code == 5
    assert "web: nginx is not on this machine (get it with: pip)" in result.stderr


def test_a_program_without_proxy(tmp_path: Path) -> None:
    result = checked(tmp_path / "p", {})
    assert result.exit_code == 0
    assert "the program has no proxy" in result.stderr


def test_objects_whose_names_kubernetes_makes_up(tmp_path: Path) -> None:
    """Beside a proxy, they are none of its own."""
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        "from pulumi_kubernetes import batch, core\n"
        "pod = {'spec': {'restart_policy': 'Never', 'containers': [{'name': 'x', 'image': 'y'}]}}\n"
        "batch.v1.Job('j', metadata={'generate_name': 'j-'}, spec={'template': pod})\n"
        "core.v1.ConfigMap('c', metadata={'generate_name': 'c-'}, data={'a': 'b'})\n",
    )
    result = CliRunner().invoke(main, ["check", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "no proxy" in result.output


def test_a_program_that_fails_exits_as_render_does(tmp_path: Path) -> None:
    result = checked(tmp_path / "p", {"web": {"app": {"port": 0}}})
    assert result.exit_code == 1
    assert "app.port" in result.stderr


def test_options_are_those_of_render(tmp_path: Path) -> None:
    checked(tmp_path / "p", {})
    options = ["--stack", "s", "--config", "a=b", "--namespace", "n", "--debug"]
    result = CliRunner().invoke(main, ["check", str(tmp_path / "p"), *options])
    assert result.exit_code == 0, result.output


def test_certificate_and_key_that_are_no_pair() -> None:
    def program() -> None:
        for name in ("one", "two"):
            SidecarDeployment(name, dict(BASIC))

    one, two = proxies.containers(offline.run(program).objects())
    assert check._certificate_problem(one) is None
    files = {**(one.volumes[layout.TLS_DIR] or {}), "tls.key": two.tls_file("tls.key") or b""}
    mixed = replace(one, volumes={**one.volumes, layout.TLS_DIR: files})
    assert "tls.crt is not for the key" in (check._certificate_problem(mixed) or "")
    broken = replace(one, volumes={**one.volumes, layout.TLS_DIR: {**files, "tls.key": b"-----BEGIN secret-stuff"}})
    problem = check._certificate_problem(broken) or ""
    assert "no private key that can be read" in problem
    assert "secret-stuff" not in json.dumps(problem)
