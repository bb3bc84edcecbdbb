"""The components that the load is on: both proxies before an HTTP app and before a uWSGI app (Flask)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from pulumi_sidecar import SidecarDeployment
from tests.cluster import api
from tests.cluster.clients import Client
from tests.cluster.clients import Running as Counting
from tests.cluster.support import Deployed, Namespace, Object, until
from tests.support.pki import Ca, Pair

APPS = Path(__file__).with_name("apps")
AUTHORITY = Ca("the shops' CA")
IMAGE = "docker.io/library/python:3.11-slim"

PAIRS = [(protocol, proxy) for protocol in ("http", "uwsgi") for proxy in ("nginx", "apache")]

LOAD: dict[str, Mapping[str, int]] = {
    "http": {"kept": 4, "new": 2, "download": 2, "upload": 2, "websocket": 2},
    "uwsgi": {"kept": 4, "new": 2, "download": 2, "upload": 2},
}
"""What is counted: kinds of requests, and how many connections of each. uWSGI's protocol has no websocket."""
LIGHT = {"kept": 2, "new": 1}
"""Where many components are counted at once."""

_COMMANDS: dict[str, dict[str, Any]] = {
    "http": {"command": ["python3", "/srv/app/http_app.py"], "port": 8080},
    "uwsgi": {
        "command": ["uwsgi", "--wsgi-file", "/srv/app/uwsgi_app.py", "--callable", "app", "--need-app"],
        # A slow download holds a thread for as long as it lasts.
        "args": ["--processes", "2", "--threads", "8", "--disable-logging"],
        "protocol": {"kind": "uwsgi"},
    },
}


@dataclass(frozen=True)
class Shop:
    """A component that is asked for, by what decides its objects. Rendered twice, it is the same."""

    name: str
    protocol: str
    proxy: str
    pair: Pair
    version: str = "1"
    env: tuple[tuple[str, str], ...] = ()
    app: tuple[tuple[str, Any], ...] = ()
    """Further arguments of `app`."""
    more: tuple[tuple[str, Any], ...] = ()
    """Further arguments of the component."""
    proxy_more: tuple[tuple[str, Any], ...] = ()
    """Further arguments of `proxy`."""

    def but(self, **changes: Any) -> Shop:
        """The same with changes; dicts go over what is there."""
        flat = {
            key: tuple({**dict(getattr(self, key)), **value}.items()) if isinstance(value, dict) else value
            for key, value in changes.items()
        }
        return replace(self, **flat)

    def make(self) -> SidecarDeployment:
        """Declare it; within a Pulumi program."""
        code = ConfigMap(f"{self.name[:40]}-code", data={file.name: file.read_text() for file in APPS.glob("*.py")})
        args: Any = {
            "app": {
                "image": IMAGE,
                **_COMMANDS[self.protocol],
                "env": {"NAME": self.name, "VERSION": self.version, **dict(self.env)},
                "volume_mounts": [{"volume": "code", "mount_path": "/srv/app", "read_only": True}],
                "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
                **dict(self.app),
            },
            "proxy": {"kind": self.proxy, **dict(self.proxy_more)},
            "tls": {
                "kind": "certificate",
                "cert_pem": self.pair.cert,
                "private_key_pem": pulumi.Output.secret(self.pair.key),
            },
            "volumes": {"code": {"kind": "config_map", "name": code.metadata.name}},
            "replicas": 2,
            **dict(self.more),
        }
        return SidecarDeployment(self.name, args)

    @property
    def expect(self) -> str:
        """What every short answer says, whichever version."""
        return f"hello from {self.name}, version "


def shop(space: Namespace, protocol: str, proxy: str, name: str = "", **changes: Any) -> Shop:
    """A component for that namespace, with a certificate of its own."""
    name = name or f"{protocol}-{proxy}"
    return Shop(name, protocol, proxy, certificate(name, space.name)).but(**changes)


def certificate(name: str, namespace: str) -> Pair:
    """A certificate for a Service, by the shops' CA."""
    return AUTHORITY.issue("shop", [name, f"{name}.{namespace}", f"{name}.{namespace}.svc"])


def program(*shops: Shop) -> Callable[[], None]:
    """A program of one or more components."""

    def run() -> None:
        for each in shops:
            pulumi.export(f"url-{each.name}", each.make().url)

    return run


def deploy(space: Namespace, *shops: Shop) -> Deployed:
    """Rendered, applied, and every pod Ready."""
    return space.deploy(program(*shops))


def load(client: Client, found: Deployed, each: Shop, kinds: Mapping[str, int] | None = None, **more: Any) -> Counting:
    """A counting client for the component."""
    url = str(found.run.outputs[f"url-{each.name}"])
    return client.count(url, AUTHORITY.pem, each.expect, kinds=kinds or LOAD[each.protocol], **more)


def other_name(image: str) -> str | None:
    """Another name of the same image, if the nodes know one: a second tag, or its digest."""
    nodes = api.get("", "nodes")["items"]
    for known in (known for node in nodes for known in node["status"].get("images", [])):
        names = known.get("names", [])
        if image in names:
            return next((name for name in names if name != image), None)
    return None


def with_other_names(objects: list[Object]) -> bool:
    """Give every image its other name, if it has one. Whether any had."""
    names = {each["image"]: other_name(each["image"]) for each in containers(objects)}
    for each in containers(objects):
        each["image"] = names[each["image"]] or each["image"]
    return any(names.values())


def containers(objects: list[Object]) -> Iterator[Object]:
    """Every container of every Deployment."""
    for each in objects:
        if each["kind"] == "Deployment":
            spec = each["spec"]["template"]["spec"]
            yield from [*spec["containers"], *spec.get("initContainers", [])]


def gone(space: Namespace, component: str, pods: set[str]) -> None:
    """Wait until none of these pods is there."""
    until("the old pods are gone", lambda: not pods & {name_of(pod) for pod in space.all_pods(component)})


def name_of(each: Object) -> str:
    """The name of an object."""
    return str(each["metadata"]["name"])


class Running:
    """A component as it is at the moment."""

    def __init__(self, space: Namespace, now: Shop) -> None:
        self.space, self.now = space, now
        self.found = deploy(space, now)
        self.deployment = name_of(self.found.one("Deployment"))
        self.url = str(self.found.run.outputs[f"url-{now.name}"])

    def render(self, **changes: Any) -> Deployed:
        """The same component with changes."""
        self.now = self.now.but(**changes)
        return Deployed(*self.space.render(program(self.now)), self.space.name)

    def roll(self, second: Deployed) -> None:
        """Apply it and wait until every pod of before is gone."""
        before = {name_of(pod) for pod in self.space.all_pods(self.now.name)}
        self.space.apply(second.objects)
        self.space.wait_ready(second)
        gone(self.space, self.now.name, before)

    def load(self, client: Client, kinds: Mapping[str, int] | None = None, **more: Any) -> Counting:
        """A client that is counting."""
        return load(client, self.found, self.now, kinds, **more).steady()
