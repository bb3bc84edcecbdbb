"""The first example on a real cluster: an app that speaks only HTTP, read over HTTPS by a client elsewhere.

Everything once more with Apache in nginx's place: a word in the program, and nothing else may differ.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi_tls as tls
import pytest

from pulumi_sidecar import offline
from tests.cluster import support
from tests.cluster.conftest import Show
from tests.cluster.support import EXAMPLES, RESTRICTED_LABEL, Client, Deployed, Namespace, kubectl, until


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
    for host in (service["spec"]["clusterIP"], namespace.pod()["status"]["podIP"]):
        answer = client.fetch(web.url, web.ca, address=(host, 8080), seconds=3)
        assert "refused" in answer.error or "timed out" in answer.error, answer


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
    namespace.exec(name, "app", "python3", "-c", "import os; os.kill(1, 15)")
    watching.wait_for("502")
    watching.wait_for("200")
    watching.stop()
    until("the app is counted", lambda: namespace.restarts(name)["app"] == before["app"] + 1)
    assert namespace.restarts(name)["proxy"] == before["proxy"]
    assert client.steadily(web.url, web.ca).status == 200


def _renewed(run: offline.Run) -> dict[str, str]:
    """A second certificate from the same CA, for the same names: what a `pulumi up` near the end makes."""
    made = {each.name: each for each in run.resources if each.type.startswith("tls:")}
    request = made["web-request"].inputs

    def program() -> None:
        key = tls.PrivateKey("key", algorithm="ECDSA", ecdsa_curve="P256")
        asked = tls.CertRequest(
            "request",
            private_key_pem=key.private_key_pem,
            dns_names=request["dnsNames"],
            ip_addresses=request["ipAddresses"],
            subject={"common_name": request["subject"]["commonName"]},
        )
        signed = tls.LocallySignedCert(
            "certificate",
            cert_request_pem=asked.cert_request_pem,
            ca_private_key_pem=made["web-ca-key"].outputs["privateKeyPem"],
            ca_cert_pem=made["web-ca"].outputs["certPem"],
            allowed_uses=["digital_signature", "server_auth"],
            set_subject_key_id=True,
            validity_period_hours=24 * 90,
        )
        pulumi.export("tls.crt", signed.cert_pem)
        pulumi.export("tls.key", key.private_key_pem)

    return {name: str(pem) for name, pem in offline.run(program).outputs.items()}


@pytest.mark.slow  # the kubelet updates files of Secrets every minute or so, and nginx looks every 60 s
def test_a_certificate_changed_in_place_is_served_without_a_restart(
    web: Deployed, client: Client, namespace: Namespace
) -> None:
    first = client.steadily(web.url, web.ca).certificate["serialNumber"]
    name = namespace.pod()["metadata"]["name"]
    before = namespace.restarts(name)
    secret = namespace.get("secret", web.one("Secret")["metadata"]["name"])
    namespace.kubectl("replace", "-f", "-", stdin=json.dumps({**secret, "stringData": _renewed(web.run)}))

    def served() -> bool:
        answer = client.fetch(web.url, web.ca)
        assert answer.status == 200, answer
        return bool(answer.certificate["serialNumber"] != first)

    until("the second certificate is served", served, seconds=240, every=2)
    assert namespace.pod()["metadata"]["name"] == name
    assert namespace.restarts(name) == before


def test_changed_configuration_rolls_the_pods_without_a_failed_request(
    web: Deployed, client: Client, namespace: Namespace, kind: str, tmp_path: Path
) -> None:
    changed = _example(tmp_path, f'"kind": "{kind}", "hsts": {{"max_age_seconds": 60}}')
    run, objects = namespace.render(changed)
    second = _with_the_same_certificate(Deployed(run, objects, web.namespace), web)
    names = [each.one("ConfigMap", "web-config")["metadata"]["name"] for each in (web, second)]
    assert names[0] != names[1]
    old = namespace.pod()["metadata"]["name"]

    counting = client.count(web.url, web.ca)
    counting.wait_for("steady")
    namespace.apply(second.objects)
    namespace.wait_ready(second)
    until("the old pod is gone", lambda: old not in namespace.kubectl("get", "pods", "-o", "name"))
    seen = counting.counts(f"{kind}: rolling update by new configuration")
    assert seen.requests > 100, seen
    assert seen.failed == {}, seen
    assert client.fetch(web.url, web.ca).headers["strict-transport-security"] == "max-age=60"


def _with_the_same_certificate(rendered: Deployed, first: Deployed) -> Deployed:
    """Each rendering makes a CA of its own; an engine would have kept the first."""
    ours, theirs = first.one("Secret"), rendered.one("Secret")
    text = json.dumps([each for each in rendered.objects if each is not theirs])
    objects: list[Any] = json.loads(text.replace(theirs["metadata"]["name"], ours["metadata"]["name"]))
    return Deployed(rendered.run, objects, first.namespace)
