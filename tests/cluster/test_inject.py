"""Workloads of others on a real cluster: with the sidecar they serve HTTPS, and without it they are what they were.

The application is a server of a few lines on the manifest's own port, since nobody can pull the manifests' images.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from pulumi_sidecar import SidecarInjection
from pulumi_sidecar.cli import main
from pulumi_sidecar.testing import MockStack
from tests.cluster.clients import Client
from tests.cluster.conftest import Show
from tests.cluster.support import (
    EXAMPLES,
    IMAGES,
    READY_SECONDS,
    RESTRICTED_LABEL,
    Namespace,
    image,
    kubectl,
    until,
)

MANIFESTS = Path(__file__).parents[1] / "inject" / "manifests"
APP_IMAGE, NGINX_IMAGE = list(IMAGES)[:2]
SERVER = """
import http.server, signal, sys
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = f"Hello by {self.headers['X-Forwarded-Proto']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Page).serve_forever()
"""

Object = dict[str, Any]


@pytest.fixture
def space(show: Show, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """A namespace that admits what people run: images that begin as root among it."""
    with show("inject") as space:
        kubectl("label", "namespace", space.name, f"{RESTRICTED_LABEL}=privileged", "--overwrite")
        yield space


def command(*args: str, stdin: str) -> str:
    result = CliRunner().invoke(main, ["inject", "-f", "-", *args], input=stdin)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def objects(text: str, space: str, app: str = "", port: int = 0) -> list[Object]:
    """What is in the text, in this namespace, with a server for the container `app`."""
    found = [each for each in yaml.safe_load_all(text) if each]
    found = [item for each in found for item in (each["items"] if each["kind"] == "List" else [each])]
    for each in found:
        each.pop("status", None)
        each["metadata"]["namespace"] = space
        for server in ("resourceVersion", "uid", "creationTimestamp", "generation"):
            each["metadata"].pop(server, None)
        template = each.get("spec", {}).get("template")
        for container in template["spec"]["containers"] if template else ():
            if container["name"] == "proxy":
                container["image"] = image(NGINX_IMAGE)
            elif container["name"] == app:
                container |= {"image": image(APP_IMAGE), "command": ["python3", "-c", SERVER, str(port)]}
                container.pop("args", None)
    return found


def containers(space: Namespace, kind: str, name: str) -> list[str]:
    spec = space.get(kind, name)["spec"]["template"]["spec"]
    return [each["name"] for each in spec["containers"]]


def rolled_out(space: Namespace, name: str) -> None:
    limit = f"--timeout={READY_SECONDS}s"
    space.kubectl("rollout", "status", f"deployment/{name}", limit, seconds=READY_SECONDS + 30)


@pytest.mark.parametrize(
    ("manifest", "workload", "app", "port", "service"),
    [
        ("docs_deployment", "nginx-deployment", "nginx", 80, None),
        ("docs_guestbook", "frontend", "php-redis", 80, "frontend"),
        ("podinfo_chart", "podinfo", "podinfo", 9898, "podinfo"),
        ("helm_create", "release-name-shop", "shop", 80, "release-name-shop"),
        ("kubectl_list", "api", "api", 8080, "api"),
        ("kompose", "flask", "flask", 5000, "flask"),
    ],
)
def test_https_and_back(
    space: Namespace, client: Client, manifest: str, workload: str, app: str, port: int, service: str | None
) -> None:
    before = (MANIFESTS / f"{manifest}.yaml").read_text()
    options = ["--workload", f"Deployment/{workload}", "--generate", "--write-generated-key", "-n", space.name]
    text = command(*options, "--port", str(port), stdin=before)
    wanted = {"ServiceAccount", "ConfigMap", "Secret", "Service", "Deployment"}
    made = [each for each in objects(text, space.name, app, port) if each["kind"] in wanted]
    theirs = [each for each in made if each["kind"] != "Deployment" or each["metadata"]["name"] == workload]
    next(each for each in theirs if each["kind"] == "Deployment")["spec"]["replicas"] = 1
    space.apply(theirs)
    rolled_out(space, workload)
    (secret,) = [each for each in theirs if each["kind"] == "Secret"]
    ca = (secret.get("stringData") or {}).get("ca.crt") or base64.b64decode(secret["data"]["ca.crt"]).decode()
    address = None
    if service is None:  # nothing leads there, so the pod itself is asked
        labels = space.get("deployment", workload)["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        address = (space.get("pods", labels=selector)["items"][0]["status"]["podIP"], 8443)
    answer = client.steadily(f"https://{service or workload}.{space.name}.svc", ca, address=address)
    assert (answer.status, answer.text) == (200, "Hello by https"), answer
    if service is not None:  # and whoever asked in clear still can
        plain = next(p for p in space.get("service", service)["spec"]["ports"] if p["port"] != 443)
        shown = client.steadily(f"http://{service}.{space.name}.svc:{plain['port']}", "")
        assert shown.status == 200, shown

    back = command("--eject", stdin=text)
    assert back == before
    kept = [each for each in objects(back, space.name, app, port) if each["kind"] in ("Deployment", "Service")]
    space.apply([each for each in kept if each["metadata"]["name"] in (workload, service)])
    assert "proxy" not in containers(space, "deployment", workload)
    if service is not None:
        assert 443 not in [each["port"] for each in space.get("service", service)["spec"]["ports"]]


@pytest.mark.parametrize("manifest", ["docs_stateful_set", "grafana_chart", "node_exporter_chart"])
def test_the_server_takes_what_needs_more_than_this_cluster(space: Namespace, manifest: str, tmp_path: Path) -> None:
    """Storage, or ports of every node: a dry run on the server."""
    arguments = tmp_path / "arguments.yaml"
    arguments.write_text(yaml.safe_dump({"proxy": {"kind": "nginx", "https_port": 19100, "status_port": 19101}}))
    more = ["--args", str(arguments)] if manifest.startswith("node") else []
    more += ["--container", "grafana"] if manifest.startswith("grafana") else []
    text = command("--secret", "web-tls", *more, stdin=(MANIFESTS / f"{manifest}.yaml").read_text())
    body = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects(text, space.name)})
    said = space.kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", stdin=body)
    assert "serverside-applied" in said


def test_a_job_with_a_log_shipper_ends(space: Namespace, tmp_path: Path) -> None:
    shipper = {
        "image": image(APP_IMAGE),
        "lifecycle": "native",
        "command": ["python3", "-c", "import signal; signal.signal(15, lambda *_: exit()); signal.pause()"],
        "volume_mounts": [{"volume": "logs", "mount_path": "/logs", "read_only": True}],
    }
    arguments = tmp_path / "arguments.yaml"
    arguments.write_text(yaml.safe_dump({"sidecars": {"shipper": shipper}}))
    text = command("--args", str(arguments), stdin=(MANIFESTS / "docs_cron_job.yaml").read_text())
    (cron,) = objects(text, space.name)
    cron["spec"]["suspend"] = True
    cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["image"] = image(APP_IMAGE)
    space.apply([cron])
    space.kubectl("create", "job", "once", "--from=cronjob/hello")
    space.kubectl(
        "wait", "--for=condition=Complete", "job/once", f"--timeout={READY_SECONDS}s", seconds=READY_SECONDS + 30
    )
    (pod,) = space.get("pods", labels="job-name=once")["items"]
    assert [each["name"] for each in pod["status"]["initContainerStatuses"]] == ["shipper"]


def test_a_patch_by_server_side_apply_and_its_end(space: Namespace, client: Client) -> None:
    """What DeploymentPatch and ServicePatch send, sent by kubectl with a manager of its own; and nothing in its end."""
    before = objects((MANIFESTS / "kompose.yaml").read_text(), space.name, "flask", 5000)
    # Not by `kubectl apply`, whose own server-side apply would take over what it finds, and drop what it is not given.
    space.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": before}))
    rolled_out(space, "flask")
    there = space.get("deployment", "flask")["spec"]
    stack = MockStack(namespace=space.name)
    stack.mock_resource("kubernetes:apps/v1:Deployment", space.get("deployment", "flask"))
    stack.mock_resource("kubernetes:core/v1:Service", space.get("service", "flask"))

    def program() -> None:
        args: Any = {
            "namespace": space.name,
            "app": {"port": 5000},
            "proxy": {"kind": "nginx", "image": image(NGINX_IMAGE)},
        }
        SidecarInjection("flask", args).patch("Deployment", "flask")

    result = stack.up(program)
    mounted = [each for each in result.objects() if each["kind"] in ("ConfigMap", "Secret")]
    space.apply(mounted)
    patches = [result.one("DeploymentPatch").inputs, result.one("ServicePatch").inputs]
    manager = ["apply", "--server-side", "--field-manager=pulumi", "--force-conflicts", "-f", "-"]
    for each in patches:
        space.kubectl(*manager, stdin=json.dumps(each))
    rolled_out(space, "flask")
    (secret,) = [each for each in mounted if each["kind"] == "Secret"]
    answer = client.steadily(f"https://flask.{space.name}.svc", secret["stringData"]["ca.crt"])
    assert answer.text == "Hello by https"

    for each in patches:
        nothing = {"apiVersion": each["apiVersion"], "kind": each["kind"]}
        nothing["metadata"] = {"name": "flask", "namespace": space.name}
        space.kubectl(*manager, stdin=json.dumps(nothing))
    until("the proxy is gone", lambda: containers(space, "deployment", "flask") == ["flask"])
    after = space.get("deployment", "flask")["spec"]
    assert after == there
    assert [each["port"] for each in space.get("service", "flask")["spec"]["ports"]] == [5000]


def test_the_example(show: Show, client: Client) -> None:
    """In a namespace that enforces `restricted`."""
    with show("inject-example") as space:
        web = space.deploy(EXAMPLES / "existing_workload")
        answer = client.steadily(web.url, web.ca)
        assert answer.status == 200, answer
        assert containers(space, "deployment", "web") == ["web", "proxy"]
