"""Every other example on a real cluster, each in a namespace of its own."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import support
from tests.cluster.clients import Client
from tests.cluster.conftest import Show
from tests.cluster.support import EXAMPLES, Deployed, Namespace, kubectl, until


@pytest.fixture
def space(show: Show, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """A namespace for one test."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:40]
    with show(f"sidecar-{name}".rstrip("-")) as found:
        yield found


HERE = {"https_apache", "flask_uwsgi_nginx", "flask_uwsgi_apache", "shared_volume_logs", "existing_program"}
HERE |= {"production", "tls_off", "tls_own_ca", "tls_own_certificate", "tls_existing_secret", "mutual_tls"}
ELSEWHERE = {
    "gateway",  # there is no Gateway API; test_scale.py applies its other objects, test_entry.py has the routes' specs
    "tls_cert_manager",  # there is no cert-manager; test_tls_choices.py has its objects
    "shared_authority",  # its bundle goes to a namespace that exists; test_rotated_ca.py has its handshakes
    "https_nginx",  # test_https_nginx.py
    "existing_workload",  # test_inject.py
    "native_metrics",  # without a registry there is no exporter; tests/real has what proxies count
    "testing",  # about tests without a cluster: its image does not exist
}


def test_every_example_is_tested() -> None:
    assert {folder.parent.name for folder in EXAMPLES.glob("*/__main__.py")} == HERE | ELSEWHERE


def test_https_apache(space: Namespace, client: Client) -> None:
    web = space.deploy(EXAMPLES / "https_apache")
    answer = client.steadily(web.url, web.ca)
    assert answer.status == 200, answer
    assert "Hello from an app that speaks only HTTP" in answer.text
    assert "came by https" in answer.text
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    redirect = client.steadily(web.url.replace("https:", "http:") + "/a?b=c", "")
    assert (redirect.status, redirect.headers.get("location")) == (308, f"{web.url}/a?b=c")


@pytest.mark.parametrize(("example", "mount"), [("flask_uwsgi_nginx", "/"), ("flask_uwsgi_apache", "/shop/")])
def test_flask(space: Namespace, client: Client, example: str, mount: str) -> None:
    web = space.deploy(EXAMPLES / example)
    site = f"https://web.{space.name}.svc"
    page = site + mount
    answer = client.steadily(page, web.ca)
    assert answer.status == 200, answer
    assert f"this page is {page}</p>" in answer.text
    address = kubectl("-n", client.namespace, "get", "pod", client.pod, "-o", "jsonpath={.status.podIP}")
    assert f"You are {address}," in answer.text

    assert f'href="{mount}static/style.css"' in answer.text
    style = client.fetch(f"{page}static/style.css", web.ca)
    assert style.status == 200, style
    assert style.text == (EXAMPLES / "flask_uwsgi_nginx" / "style.css").read_text()
    assert style.headers["content-type"].startswith("text/css")
    assert style.headers["cache-control"] == "public, max-age=3600"
    # The app has no such file: it was the proxy's answer.
    pod = space.pod()["metadata"]["name"]
    assert "No such file" in space.exec(pod, "app", "ls", "/srv/app/static", check=False)

    assert f'action="{mount}upload"' in answer.text
    size = 3 * 2**20
    sent = client.fetch(f"{page}upload", web.ca, **_form("picture.png", size))
    assert (sent.status, sent.headers.get("location")) == (303, page), sent
    assert f"picture.png: {size} bytes" in client.fetch(page, web.ca).text
    assert client.fetch(f"{page}upload", web.ca, **_form("large.png", 17 * 2**20)).status == 413
    if mount != "/":
        assert client.fetch(f"{site}/", web.ca).status == 404


def _form(name: str, size: int) -> dict[str, Any]:
    """An upload as browsers send it. The client pod makes the bytes: they are too many for a command line."""
    head = f'--limit\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    return {"method": "POST", "headers": headers, "body": (head.encode(), size, b"\r\n--limit--\r\n"), "seconds": 60}


def test_plain_http_on_purpose(space: Namespace, client: Client) -> None:
    web = space.deploy(EXAMPLES / "tls_off")
    assert web.url == f"http://web.{space.name}.svc"
    answer = client.steadily(web.url, "")
    assert answer.status == 200, answer
    assert "came by http." in answer.text


def test_a_ca_of_ones_own(space: Namespace, client: Client) -> None:
    web = space.deploy(EXAMPLES / "tls_own_ca")
    answer = client.steadily(web.url, web.ca)
    assert answer.status == 200, answer
    assert "came by https." in answer.text


@pytest.mark.parametrize("example", ["tls_own_certificate", "mutual_tls"])
def test_it_becomes_ready(space: Namespace, example: str) -> None:
    """Clients of these are in tests/real and in test_rotation.py; here it is that the kubelet's probes are answered."""
    space.deploy(EXAMPLES / example)


def test_a_secret_that_is_there(space: Namespace, client: Client) -> None:
    run, objects = space.render(EXAMPLES / "https_nginx")
    (secret,) = (each for each in objects if each["kind"] == "Secret")
    space.apply([{**secret, "metadata": {"name": "kept-elsewhere", "namespace": space.name}}])
    web = space.deploy(EXAMPLES / "tls_existing_secret", secretName="kept-elsewhere")
    answer = client.steadily(web.url, run.outputs["ca_cert_pem"])
    assert answer.status == 200, answer


@pytest.mark.parametrize("lifecycle", ["classic", "native"])
def test_shared_volume_logs(space: Namespace, client: Client, lifecycle: str) -> None:
    web = space.deploy(EXAMPLES / "shared_volume_logs", native=str(lifecycle == "native").lower())
    assert web.url == f"http://web.{space.name}.svc"
    assert client.steadily(f"{web.url}/first-{lifecycle}", "").status == 200
    pod = space.pod()
    name = pod["metadata"]["name"]
    assert ("logs" in [each["name"] for each in pod["spec"].get("initContainers", [])]) == (lifecycle == "native")

    def log() -> str:
        return space.kubectl("logs", name, "-c", "logs")

    until("the sidecar shows the app's line", lambda: f"asked for '/first-{lifecycle}'" in log())
    assert " started\n" in log()
    assert space.kubectl("logs", name, "-c", "app") == ""
    with support.follow_logs(space.name, name, "logs") as lines:
        space.kubectl("delete", "pod", name, "--wait=false")
        rest = lines()
    if lifecycle == "native":  # it outlives the app
        assert rest.rstrip().endswith(" stopped"), rest


@pytest.fixture
def shop(cluster: None, show: Show) -> Iterator[tuple[Deployed, Namespace]]:
    """The program that makes its own namespace."""
    space = Namespace(f"shop-{uuid.uuid4().hex[:6]}")
    with show(space):
        yield space.deploy(EXAMPLES / "existing_program", namespace=space.name), space


def test_existing_program(shop: tuple[Deployed, Namespace], client: Client) -> None:
    program, space = shop
    labels = space.get("namespace", space.name)["metadata"]["labels"]
    assert labels[support.RESTRICTED_LABEL] == "restricted"
    assert len(space.pods("prices")) == 2
    assert client.steadily(program.url, program.ca).text == '{"article": "bicycle", "price": 499}\n'
    called = client.steadily(str(program.run.outputs["caller"]), "")
    assert called.text.startswith('The shop says: {"article": "bicycle"'), called


def test_production(space: Namespace, client: Client) -> None:
    """Whether the policy is enforced is the network plugin's matter: where it is, the client's namespace is let in."""
    run, objects = space.render(EXAMPLES / "production")
    (policy,) = (each for each in objects if each["kind"] == "NetworkPolicy")
    (clients,) = policy["spec"]["ingress"]
    ours = {"kubernetes.io/metadata.name": client.namespace}
    clients["from"].append({"namespaceSelector": {"matchLabels": ours}})
    web = Deployed(run, objects, space.name)
    space.apply(objects)
    space.wait_ready(web)
    until("the autoscaler keeps its minimum", lambda: len(space.pods()) == 2)
    answer = client.steadily(web.url, web.ca)
    assert answer.status == 200, answer
    assert web.run.outputs["endpoints"]["external"] == "https://shop.example.com"
    (spread, _) = web.one("Deployment")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert spread["topologyKey"] == "kubernetes.io/hostname"
