"""Updates that cannot work: the state says which and why, old pods go on serving, and nobody else is touched.

All in one namespace and at the same time: a healthy component beside one for each fault.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster.clients import Client
from tests.cluster.clients import Running as Counting
from tests.cluster.shops import LIGHT, Shop, certificate, deploy, load, name_of, program, shop
from tests.cluster.support import Namespace, Object, until

DEADLINE_SECONDS = 20
"""After so long without progress the Deployment says so. Kubernetes' default is 600."""
MISSING = "not-there"
PROXY_OF = {"wrong-key-apache": "apache"}


def _secret(names: dict[str, Any]) -> dict[str, Any]:
    return {"tls": {"kind": "secret", **names}}


CHANGES: dict[str, dict[str, Any]] = {
    "never-ready": {"env": {"HEALTH": "bad"}},
    "no-image": {"app": {"image": "registry.invalid/none:1"}},
    "no-config-map": {"more": {"volumes": {"code": {"kind": "config_map", "name": MISSING}}}},
    "no-secret": {"more": _secret({"name": MISSING})},
    "no-secret-key": {"env": {"PASSWORD": {"secret": MISSING, "key": "password"}}},
    "wrong-key-nginx": {"more": _secret({"name": "wrong-key"})},
    "wrong-key-apache": {"more": _secret({"name": "wrong-key"})},
    "out-of-memory": {"env": {"GROW": "at once"}},
}
"""What the second version of each component gets wrong."""


@dataclass
class Broken:
    """Every component after its update, and who counts."""

    space: Namespace
    counting: dict[str, Counting]
    before: dict[str, set[str]]
    deployments: dict[str, str]

    def new_pod(self, name: str) -> Object:
        """The pod of the second version."""

        def found() -> Object | None:
            new = [pod for pod in self.space.pods(name) if name_of(pod) not in self.before[name]]
            return new[0] if new else None

        pod: Object = until(f"the new pod of {name}", found)
        return pod

    def status(self, name: str, container: str) -> Object:
        """A container's status in the new pod; empty while there is none."""
        statuses = self.new_pod(name)["status"].get("containerStatuses", [])
        return next((each for each in statuses if each["name"] == container), {})

    def waits(self, name: str, container: str, *reasons: str) -> str:
        """Wait until the container waits for one of these reasons. The message."""

        def waiting() -> Object | None:
            found = self.status(name, container).get("state", {}).get("waiting", {})
            return found if found.get("reason") in reasons else None

        return str(until(f"{container} of {name}: {reasons}", waiting).get("message", ""))

    def event(self, name: str, reason: str, words: str) -> None:
        """Wait for an event of the new pod."""

        def there() -> bool:
            chosen = f"involvedObject.name={name_of(self.new_pod(name))},reason={reason}"
            events = self.space.get("events", fields=chosen)["items"]
            return any(words in each["message"] for each in events)

        until(f"{name}: event {reason}: {words}", there)


@pytest.fixture(scope="module")
def broken(namespace: Namespace, client: Client) -> Broken:
    """The healthy versions, then under load the broken ones."""
    shops = [_healthy(namespace, name, PROXY_OF.get(name, "nginx")) for name in ("bystander", *CHANGES)]
    found = deploy(namespace, *shops)
    namespace.apply([_mismatched(namespace)])
    before = {each.name: {name_of(pod) for pod in namespace.pods(each.name)} for each in shops}
    counting = {each.name: load(client, found, each, LIGHT, per_second=20) for each in shops}
    for each in counting.values():
        each.steady()
    objects = namespace.render(program(*(each.but(**CHANGES.get(each.name, {})) for each in shops)))[1]
    deployments = {}
    for each in objects:
        if each["kind"] == "Deployment":
            each["spec"]["progressDeadlineSeconds"] = DEADLINE_SECONDS
            deployments[each["metadata"]["labels"]["pulumi-sidecar/component"]] = name_of(each)
    namespace.apply(objects)
    return Broken(namespace, counting, before, deployments)


def _healthy(space: Namespace, name: str, proxy: str) -> Shop:
    limits = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}}
    app = {"health_path": "/health", "resources": limits}
    return shop(space, "http", proxy, name, app=app, more={"replicas": 1})


def _mismatched(space: Namespace) -> Object:
    """A certificate with another certificate's key."""
    first, second = (certificate("wrong", space.name) for _ in range(2))
    data = {"tls.crt": first.cert, "tls.key": second.key}
    metadata = {"name": "wrong-key", "namespace": space.name}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "stringData": data}


# --- what the state says ----------------------------------------------------------------------------------------------


def never_ready(broken: Broken, name: str) -> None:
    """The app is there, and the readiness probe through the proxy says what it answers."""
    broken.event(name, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
    assert broken.status(name, "app")["ready"]
    assert not broken.status(name, "proxy")["ready"]
    conditions = {each["type"]: each for each in broken.new_pod(name)["status"]["conditions"]}
    assert conditions["Ready"]["reason"] == "ContainersNotReady"
    assert "[proxy]" in conditions["Ready"]["message"]


def no_image(broken: Broken, name: str) -> None:
    """The app's container waits and names the image."""
    assert "registry.invalid/none:1" in broken.waits(name, "app", "ErrImagePull", "ImagePullBackOff")


def no_config_map(broken: Broken, name: str) -> None:
    """No container starts, and an event names the ConfigMap."""
    broken.event(name, "FailedMount", f'configmap "{MISSING}" not found')
    broken.waits(name, "app", "ContainerCreating", "PodInitializing")


def no_secret(broken: Broken, name: str) -> None:
    """No container starts, and an event names the Secret and the volume."""
    broken.event(name, "FailedMount", f'"proxy-tls" : secret "{MISSING}" not found')
    broken.waits(name, "proxy", "ContainerCreating", "PodInitializing")


def no_secret_key(broken: Broken, name: str) -> None:
    """Only the app's container waits."""
    assert f'secret "{MISSING}" not found' in broken.waits(name, "app", "CreateContainerConfigError")


def wrong_key(broken: Broken, name: str) -> None:
    """The proxy does not get through its startup probe, and its log says why."""
    words = {"nginx": "key values mismatch", "apache": "AH02565"}[PROXY_OF.get(name, "nginx")]
    pod = name_of(broken.new_pod(name))

    def said() -> bool:
        logs = [("--previous",), ()]
        return any(words in broken.space.kubectl("logs", pod, "-c", "proxy", *which, check=False) for which in logs)

    until(f"{name}: {words} in the log", said)
    assert not broken.status(name, "proxy").get("started")
    assert broken.status(name, "app")["ready"]


def out_of_memory(broken: Broken, name: str) -> None:
    """The app was killed for its memory, again and again; the proxy never."""

    def killed() -> bool:
        status = broken.status(name, "app")
        last = [status.get(state, {}).get("terminated", {}) for state in ("state", "lastState")]
        return any(each.get("reason") == "OOMKilled" for each in last)

    until("OOMKilled", killed)
    assert broken.status(name, "proxy")["restartCount"] == 0


SAID: dict[str, Callable[[Broken, str], None]] = {
    "never-ready": never_ready,
    "no-image": no_image,
    "no-config-map": no_config_map,
    "no-secret": no_secret,
    "no-secret-key": no_secret_key,
    "wrong-key-nginx": wrong_key,
    "wrong-key-apache": wrong_key,
    "out-of-memory": out_of_memory,
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_state_says_which_and_why(broken: Broken, name: str) -> None:
    SAID[name](broken, name)

    def stuck() -> bool:
        conditions = broken.space.get("deployment", broken.deployments[name])["status"]["conditions"]
        found = {each["type"]: each for each in conditions}
        assert found["Available"]["status"] == "True"
        return found["Progressing"].get("reason") == "ProgressDeadlineExceeded"

    until(f"the Deployment of {name} says that it is stuck", stuck)


def test_the_bystander_is_well(broken: Broken) -> None:
    conditions = broken.space.get("deployment", broken.deployments["bystander"])["status"]["conditions"]
    assert {each["type"]: each["status"] for each in conditions} == {"Available": "True", "Progressing": "True"}
    assert {name_of(pod) for pod in broken.space.pods("bystander")} == broken.before["bystander"]


def test_old_pods_served_throughout(broken: Broken) -> None:
    """Comes last: it ends the counting."""
    every = {name: each.counts(f"broken update: {name}") for name, each in broken.counting.items()}
    for seen in every.values():
        seen.none_failed(300)
    for name, before in broken.before.items():
        pods = json.dumps([name_of(pod) for pod in broken.space.pods(name)])
        assert all(pod in pods for pod in before), (name, pods)
