"""The first example on a real cluster: an app that speaks only HTTP, read over HTTPS by a client elsewhere.

Everything once more with Apache in nginx's place: a word in the program, and nothing else may differ.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import support
from tests.cluster.clients import Client
from tests.cluster.conftest import Show
from tests.cluster.support import EXAMPLES, RESTRICTED_LABEL, Deployed, Namespace, kubectl, until


@pytest.fixture(scope="module", params=["nginx", "apache"])
def kind(request: pytest.FixtureRequest) -> str:
    """The proxy."""
    return str(request.param)


@pytest.fixture(scope="module")
def namespace(show: Show, kind: str) -> Iterator[Namespace]:
    """A namespace for each proxy."""
    with show(f"sidecar-https-{kind}") as space:
        yield space


def _example(folder: Path, proxy: str) -> Path:
    """A copy of the example with other arguments for the proxy."""
    copy = Path(shutil.copytree(EXAMPLES / "https_nginx", folder / "https"))
    program = copy / "__main__.py"
    text = program.read_text()
    assert text.count('"kind": "nginx"') == 1
    program.write_text(text.replace('"kind": "nginx"', proxy))
    return copy


@pytest.fixture(scope="module")
def web(namespace: Namespace, kind: str, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The example; as it is, with nginx."""
    return namespace.deploy(_example(tmp_path_factory.mktemp(kind), f'"kind": "{kind}"'))


def test_the_page_over_https_by_the_services_name(web: Deployed, client: Client) -> None:
    assert web.url == f"https://web.{web.namespace}.svc"
    answer = client.steadily(web.url, web.ca)
    assert answer.status == 200, answer
    assert "Hello from an app that speaks only HTTP" in answer.text
    assert "came by https" in answer.text
    assert answer.headers["strict-transport-security"] == "max-age=63072000"


def test_the_app_is_told_who_asks(web: Deployed, client: Client) -> None:
    address = kubectl("-n", client.namespace, "get", "pod", client.pod, "-o", "jsonpath={.status.podIP}")
    answer = client.steadily(web.url, web.ca, headers={"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "gopher"})
    assert f"You are {address} and came by https" in answer.text


def test_the_certificate_has_every_form_of_the_services_name(web: Deployed, client: Client) -> None:
    space = web.namespace
    names = ["web", f"web.{space}", f"web.{space}.svc", f"web.{space}.svc.cluster.local"]
    found = client.steadily(web.url, web.ca)
    assert found.names == {*names, "localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"}
    assert client.fetch(f"https://{names[1]}", web.ca).status == 200


def test_another_ca_or_another_name_is_refused(web: Deployed, client: Client, namespace: Namespace) -> None:
    client.steadily(web.url, web.ca)
    other = str(namespace.render(EXAMPLES / "https_nginx")[0].outputs["ca_cert_pem"])
    assert "CERTIFICATE_VERIFY_FAILED" in client.fetch(web.url, other).error
    address = namespace.get("service", "web")["spec"]["clusterIP"]
    wrong = client.fetch(f"https://shop.{web.namespace}.svc", web.ca, address=(address, 443))
    assert "Hostname mismatch" in wrong.error


def test_the_namespace_enforces_restricted_and_admits_the_pod(web: Deployed, namespace: Namespace) -> None:
    assert namespace.get("namespace", namespace.name)["metadata"]["labels"][RESTRICTED_LABEL] == "restricted"
    root = support.sleeping_pod("root", namespace.name)
    root["spec"]["containers"][0].pop("securityContext")
    refused = namespace.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(root), check=False)
    assert "violates PodSecurity" in refused, refused
    pod = namespace.pod()
    assert {each["name"] for each in pod["spec"]["containers"]} == {"app", "proxy"}
    for container in ("app", "proxy"):
        assert namespace.exec(pod["metadata"]["name"], container, "id", "-u").strip() != "0"


def test_the_proxys_root_cannot_be_written(web: Deployed, namespace: Namespace) -> None:
    pod = namespace.pod()["metadata"]["name"]
    assert "Read-only file system" in namespace.exec(pod, "proxy", "touch", "/tmp/file", check=False)


def test_the_apps_port_is_not_served(web: Deployed, client: Client, namespace: Namespace) -> None:
    client.steadily(web.url, web.ca)
    service = namespace.get("service", "web")
    assert [(port["name"], port["port"]) for port in service["spec"]["ports"]] == [("https", 443)]
    address, pod = service["spec"]["clusterIP"], namespace.pod()["status"]["podIP"]

    def taken(host: str, port: int) -> bool:
        return client.fetch(web.url, web.ca, address=(host, port), seconds=3).connected

    assert taken(address, 443)
    assert taken(pod, 8443)
    assert not taken(address, 8080)
    assert not taken(pod, 8080)


def test_only_a_killed_app_restarts_and_the_proxy_answers_502_meanwhile(
    web: Deployed, client: Client, namespace: Namespace
) -> None:
    client.steadily(web.url, web.ca)
    pod = namespace.pod()
    name = pod["metadata"]["name"]
    before = namespace.restarts(name)
    # At the pod itself: the Service leaves out a pod that is not Ready.
    watching = client.watch(web.url, web.ca, (pod["status"]["podIP"], 8443))
    watching.wait_for("200")
    namespace.exec_once(name, "app", "python3", "-c", "import os; os.kill(1, 15)")
    watching.wait_for("502")
    watching.wait_for("200")
    watching.stop()
    until("the app is counted", lambda: namespace.restarts(name)["app"] == before["app"] + 1)
    assert namespace.restarts(name)["proxy"] == before["proxy"]
    assert client.steadily(web.url, web.ca).status == 200
