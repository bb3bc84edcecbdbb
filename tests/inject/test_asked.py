"""What is asked for by options and the file of arguments, and what the manifests say to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from pulumi_sidecar import ArgumentsError
from pulumi_sidecar.inject.template import with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, wanted
from tests.inject.test_manifests import objects, run
from tests.inject.test_several import A, proxied, text


def asked(before: str, args: str, folder: Path, *options: str) -> Result:
    file = folder / "arguments.yaml"
    file.write_text(args)
    return run("-f", "-", "--args", str(file), *options, stdin=before)


def only(kind: str, result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    (found,) = [each for each in objects(result.stdout) if each["kind"] == kind]
    return found


# --- a headless Service -----------------------------------------------------------------------------------------------

HEADLESS = text("a").replace("selector: {app: a}\n  ports", "clusterIP: None\n  selector: {app: a}\n  ports")


@pytest.mark.parametrize(
    ("args", "port"), [("{}", 8443), ("proxy: {kind: nginx, https_port: '8500'}", 8500), ("app: {port: 8443}", 8444)]
)
def test_a_headless_service_has_the_proxys_own_port(args: str, port: int, tmp_path: Path) -> None:
    redirecting = yaml.safe_load(args)
    redirecting["proxy"] = {"kind": "nginx", **redirecting.get("proxy", {}), "redirect_http": True}
    result = asked(HEADLESS, yaml.safe_dump(redirecting), tmp_path, "--secret", "tls", "--service", "a")
    assert only("Service", result)["spec"]["ports"][-1]["port"] == port
    config = only("ConfigMap", result)["data"]["nginx.conf"]
    assert f"X-Forwarded-Port {port};" in config
    assert f"return 308 https://$host:{port}$request_uri;" in config


def test_a_port_that_was_asked_for_is_told_to_clients(tmp_path: Path) -> None:
    result = asked(HEADLESS, "service: {port: 9000}", tmp_path, "--secret", "tls")
    assert "X-Forwarded-Port 9000;" in only("ConfigMap", result)["data"]["nginx.conf"]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ("{app: {port: 8081}, proxy: {kind: nginx, https_port: 8082, redirect_http: true}}", ("8082", "8083")),
        ("{app: {port: 8443}, proxy: {kind: nginx, http_port: 8444, redirect_http: true}}", ("8445", "8444")),
    ],
)
def test_ports_that_are_chosen_are_none_that_were_asked_for(args: str, told: tuple[str, str], tmp_path: Path) -> None:
    config = only("ConfigMap", asked(text("a"), args, tmp_path, "--secret", "tls", "--service", "a"))["data"][
        "nginx.conf"
    ]
    assert all(f"listen 0.0.0.0:{port}" in config or f"listen {port}" in config for port in told), config


# --- arguments out of a file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args", ["app: {port: '8080'}", "app: {port: 8080.0}", "app:", "service:", "app: {container: null}"]
)
def test_numbers_as_texts_and_what_is_empty(args: str, tmp_path: Path) -> None:
    result = asked(text("a"), args, tmp_path, "--secret", "tls")
    assert proxied(result.stdout) == A, result.stderr


@pytest.mark.parametrize("args", ["app: 5", "app: []", "proxy: nginx", "service: web", "1: 2"])
@pytest.mark.parametrize("options", [[], ["--port", "8080", "--service", "a", "--proxy", "nginx"]])
def test_what_is_no_argument_is_told_as_such(args: str, options: list[str], tmp_path: Path) -> None:
    result = asked(text("a"), args, tmp_path, "--secret", "tls", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith('error: SidecarInjection "a": 1 argument cannot be used\n')
    assert f"  - {args.partition(':')[0]}" in result.stderr


def test_off_is_a_text(tmp_path: Path) -> None:
    result = asked(text("a"), "tls: {kind: off}\nservice: {port: 8000}", tmp_path)
    assert only("Service", result)["spec"]["ports"][-1]["appProtocol"] == "http"


@pytest.mark.parametrize("wrong", ["a: b: c", "a: *x", "a: !!int x", "- a", "a: \x00"])
def test_a_file_that_cannot_be_read(wrong: str, tmp_path: Path) -> None:
    result = asked(text("a"), wrong, tmp_path, "--secret", "tls")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {tmp_path / 'arguments.yaml'}: ")


# --- a StatefulSet's claims -------------------------------------------------------------------------------------------

CLAIMS = "  volumeClaimTemplates: [{metadata: {name: data}}]\n"
STATEFUL = text("a").replace("Deployment", "StatefulSet").replace("  selector: {m", f"{CLAIMS}  selector: {{m")
STATIC = "proxy: {{kind: nginx, static: [{{url_path: /static/, volume: {}}}]}}"
MOUNT = "volume_mounts: [{{volume: {}, mount_path: /data}}]"


@pytest.mark.parametrize(
    "args",
    [STATIC, f"app: {{{{{MOUNT}}}}}", f"sidecars: {{{{s: {{{{image: s, {MOUNT}}}}}}}}}\nproxy: {{{{kind: nginx}}}}"],
)
def test_a_claims_volume_is_one_of_the_workloads(args: str, tmp_path: Path) -> None:
    result = asked(STATEFUL, args.format("data"), tmp_path, "--secret", "tls")
    containers = only("StatefulSet", result)["spec"]["template"]["spec"]["containers"]
    assert any(mount["name"] == "data" for each in containers for mount in each.get("volumeMounts", ()))
    refused = asked(STATEFUL, args.format("date"), tmp_path, "--secret", "tls")
    assert refused.exit_code == 2
    assert "is none of the workload's volumes (data)" in refused.stderr


def test_a_volume_with_the_name_of_a_claim(tmp_path: Path) -> None:
    result = asked(STATEFUL, "volumes: {data: {kind: empty_dir}}", tmp_path, "--secret", "tls")
    assert result.exit_code == 2
    assert 'volumes["data"]: makes a volume "data", and the workload has one of that name' in result.stderr


def test_where_claims_are_not_known_a_volume_may_be_one() -> None:
    """A transform sees the pod template alone."""
    template = {"spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]}}
    mount = {"volume": "data", "mount_path": "/data"}
    injection = wanted("a", {"app": {"port": 8080, "volume_mounts": [mount]}, "proxy": {"kind": "nginx"}})
    assert with_sidecar(template, injection, Mounted("c", "s"), "StatefulSet", "here")
    with pytest.raises(ArgumentsError, match="is none of the workload's volumes"):
        with_sidecar(template, injection, Mounted("c", "s"), "Deployment", "here")


@pytest.mark.parametrize(("target", "said"), [("8090", True), ("8080", False)])
def test_a_redirect_that_no_port_takes_is_told(target: str, said: bool, tmp_path: Path) -> None:
    before = text("a").replace("targetPort: 8080", f"targetPort: {target}")
    result = asked(before, "proxy: {kind: nginx, redirect_http: true}", tmp_path, "--secret", "tls", "--service", "a")
    assert only("Service", result)["spec"]["ports"][0]["targetPort"] == (8090 if said else 8081)
    assert ("note: Service/a: proxy.redirect_http has no effect" in result.stderr) == said
