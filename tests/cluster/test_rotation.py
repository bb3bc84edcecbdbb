"""A certificate that changes in place under load, and client certificates. A new one is in test_updates.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment
from tests.cluster import support
from tests.cluster.clients import Answer, Client
from tests.cluster.support import EXAMPLES, Deployed, Namespace, kubectl, until
from tests.support.pki import Ca

AUTHORITY = Ca("the rotation's CA")
PROXIES = ("nginx", "apache")


def program(name: str, proxy: str, **more: Any) -> Callable[[], None]:
    """The first example's app. Each rendering makes key and certificate anew, by the same CA, as a `pulumi up` within
    the renewal window does."""

    def run() -> None:
        code = ConfigMap("code", data={"app.py": (EXAMPLES / "https_nginx" / "app.py").read_text()})
        args: Any = {
            "app": {
                "image": "docker.io/library/python:3.11-slim",
                "command": ["python3", "/srv/app/app.py"],
                "port": 8080,
                "volume_mounts": [{"volume": "code", "mount_path": "/srv/app"}],
            },
            "proxy": {"kind": proxy},
            "tls": {
                "kind": "signed_by",
                "ca_cert_pem": AUTHORITY.pem,
                "ca_private_key_pem": pulumi.Output.secret(AUTHORITY.key_pem),
            },
            "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
            **more,
        }
        web = SidecarDeployment(name, args)
        if "client_auth" in more:
            billing = web.issue_client("billing")
            pulumi.export("client_secret", pulumi.Output.unsecret(billing.metadata.apply(lambda known: known.name)))
        pulumi.export("url", web.url)
        pulumi.export("ca_cert_pem", web.ca_cert_pem)

    return run


@pytest.fixture(scope="module", params=PROXIES)
def web(request: pytest.FixtureRequest, namespace: Namespace) -> tuple[str, str, Deployed]:
    """A component for each proxy: its name, the proxy, what was deployed."""
    name = f"web-{request.param}"
    return name, request.param, namespace.deploy(program(name, request.param, replicas=2))


def serial(answer: Answer) -> int:
    """The serial number of the certificate that came with it. A number: its text may begin with a zero, or not."""
    return int(answer.certificate["serialNumber"], 16)


@pytest.mark.slow  # the kubelet brings changed files every minute or so
def test_a_secret_that_is_edited_in_place(web: tuple[str, str, Deployed], client: Client, namespace: Namespace) -> None:
    name, proxy, found = web
    first = serial(client.steadily(found.url, found.ca))
    pods = [each["metadata"]["name"] for each in namespace.pods(name)]
    restarts = [namespace.restarts(pod) for pod in pods]
    made, _ = namespace.render(program(name, proxy))
    secret = next(each for each in made.objects() if each["kind"] == "Secret")
    now = namespace.get("secret", found.one("Secret", f"{name}-tls")["metadata"]["name"])

    counting = client.count(found.url, found.ca)
    counting.wait_for("steady")
    namespace.kubectl("replace", "-f", "-", stdin=json.dumps({**now, "stringData": secret["stringData"]}))
    wanted = _serial(secret["stringData"]["tls.crt"])
    addresses = [(each["status"]["podIP"], 8443) for each in namespace.pods(name)]
    for address in addresses:

        def served(address: tuple[str, int] = address) -> bool:
            """By every worker: each keeps what it has read for a while."""
            return client.serials(found.url, found.ca, address) == {wanted}

        until(f"the new certificate at {address}", served, seconds=300, every=2)
    seen = counting.counts(f"{proxy}: Secret edited in place, hot reload")
    seen.none_failed()
    assert serial(client.steadily(found.url, found.ca)) == wanted != first
    assert [namespace.restarts(pod) for pod in pods] == restarts, "no container was started anew"


def _serial(pem: str) -> int:
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem.encode()).serial_number


# --- client certificates ----------------------------------------------------------------------------------------------

ASK = """
import json, ssl, sys, urllib.request
url, certificate = sys.argv[1:3]
context = ssl.create_default_context(cafile="/client/ca.crt")
context.verify_flags |= ssl.VERIFY_X509_STRICT
if certificate == "yes":
    context.load_cert_chain("/client/tls.crt", "/client/tls.key")
try:
    print(urllib.request.build_opener(urllib.request.HTTPSHandler(context=context)).open(url, timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError as error:
    print("refused" if "ALERT" in str(error).upper() else repr(error))
"""


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_client_with_an_issued_secret_is_let_in_and_nobody_else(namespace: Namespace, proxy: str) -> None:
    name = f"mutual-{proxy}"
    found = namespace.deploy(program(name, proxy, client_auth={"ca": {"kind": "own"}}))
    pod = support.sleeping_pod(f"client-of-{proxy}", namespace.name)
    pod["spec"]["volumes"] = [{"name": "client", "secret": {"secretName": found.run.outputs["client_secret"]}}]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "client", "mountPath": "/client", "readOnly": True}]
    namespace.apply([pod])
    limit = support.READY_SECONDS
    name = pod["metadata"]["name"]
    namespace.kubectl("wait", "--for=condition=Ready", f"pod/{name}", f"--timeout={limit}s", seconds=limit + 30)

    def ask(certificate: str) -> str:
        return kubectl("exec", "-n", namespace.name, name, "--", "python3", "-c", ASK, found.url, certificate).strip()

    until("the client is let in", lambda: ask("yes") == "200", 60)
    assert ask("no") == ("400" if proxy == "nginx" else "refused")
