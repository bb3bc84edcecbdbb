"""Namespaces with rules of their own, and names at their limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment
from pulumi_sidecar.names import LONGEST_LABEL, shorten
from tests.cluster.clients import Client
from tests.cluster.conftest import Show
from tests.cluster.shops import APPS, AUTHORITY, IMAGE, Running, deploy, shop
from tests.cluster.support import Namespace, Object, until
from tests.cluster.table import TABLE, Remark


@pytest.fixture
def space(show: Show, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """A namespace for one test."""
    with show("sidecar-rules") as found:
        yield found


def _object(space: Namespace, kind: str, version: str, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "rules", "namespace": space.name}, "spec": spec}


def test_resource_quota_and_limit_range(space: Namespace, client: Client) -> None:
    """An app that asks for nothing gets the namespace's defaults. An update fits; too many pods do not, and the state
    says so, while the others serve."""
    hard = {"pods": "3", "requests.cpu": "1", "requests.memory": "1Gi", "limits.cpu": "4", "limits.memory": "2Gi"}
    usual = {"cpu": "500m", "memory": "128Mi"}
    limits = [{"type": "Container", "default": usual, "defaultRequest": {"cpu": "20m", "memory": "64Mi"}}]
    space.apply([_object(space, "ResourceQuota", "v1", {"hard": hard})])
    space.apply([_object(space, "LimitRange", "v1", {"limits": limits})])
    running = Running(space, shop(space, "http", "nginx", app={"resources": None}))
    given = {
        each["name"]: each["resources"]["limits"] for each in space.pods(running.now.name)[0]["spec"]["containers"]
    }
    assert given == {"app": usual, "proxy": {"cpu": "500m", "memory": "128Mi"}}

    counting = running.load(client)
    running.roll(running.render(version="2"))
    counting.counts("quota and limit range: rolling update within").none_failed()

    counting = running.load(client)
    space.kubectl("scale", f"deployment/{running.deployment}", "--replicas=5")

    def refused() -> bool:
        conditions = space.get("deployment", running.deployment)["status"]["conditions"]
        return any(each["type"] == "ReplicaFailure" and "exceeded quota" in each["message"] for each in conditions)

    until("the Deployment says that the quota is exceeded", refused)
    counting.counts("quota and limit range: more pods than it admits").none_failed(100)
    assert len(space.pods(running.now.name)) == 3


def test_a_policy_that_denies_everything(space: Namespace, client: Client) -> None:
    """The object is taken and the kubelet's probes get through. Whether it is enforced is for the cluster's network."""
    found = deploy(space, each := shop(space, "http", "nginx", more={"replicas": 1}))
    url = str(found.run.outputs[f"url-{each.name}"])
    assert client.steadily(url, AUTHORITY.pem).status == 200
    space.apply(
        [_object(space, "NetworkPolicy", "networking.k8s.io/v1", {"podSelector": {}, "policyTypes": ["Ingress"]})]
    )
    answers = [client.fetch(url, AUTHORITY.pem, seconds=5) for _ in range(4)]
    enforced = answers[-1].status is None
    words = "enforced: nobody gets in" if enforced else "taken, and not enforced by this cluster's network"
    TABLE.append(Remark("default-deny NetworkPolicy", words))
    second = Running(space, each.but(version="2"))
    assert len(space.pods(second.now.name)) == 1


def _named(name: str) -> Callable[[], None]:
    """A component with no names but its own."""

    def program() -> None:
        code = ConfigMap("code", data={"app.py": (APPS / "http_app.py").read_text()})
        web = SidecarDeployment(
            name,
            {
                "app": {
                    "image": IMAGE,
                    "command": ["python3", "/srv/app/app.py"],
                    "env": {"NAME": name, "VERSION": "1"},
                    "port": 8080,
                    "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
                },
                "proxy": {"kind": "nginx"},
                "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
            },
        )
        pulumi.export("url", web.url)
        pulumi.export("ca_cert_pem", web.ca_cert_pem)

    return program


@pytest.mark.parametrize("length", [LONGEST_LABEL, LONGEST_LABEL + 20])
def test_long_names(space: Namespace, client: Client, length: int) -> None:
    name = ("a-component-with-a-very-long-name-" * 3)[:length].rstrip("-").ljust(length, "x")
    web = space.deploy(_named(name))
    assert web.url == f"https://{shorten(name)}.{space.name}.svc"
    answer = client.steadily(web.url, web.ca)
    assert answer.text == f"hello from {name}, version 1"


def test_the_same_component_in_several_namespaces(show: Show, client: Client) -> None:
    """Several components of one namespace are in test_broken.py and test_drain.py."""
    with show("sidecar-one") as one, show("sidecar-two") as two:
        found = [space.deploy(_named("web")) for space in (one, two)]
        for web, space in zip(found, (one, two), strict=True):
            assert web.url == f"https://web.{space.name}.svc"
            assert client.steadily(web.url, web.ca).status == 200
        assert "CERTIFICATE_VERIFY_FAILED" in client.fetch(found[0].url, found[1].ca).error
