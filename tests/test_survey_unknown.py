"""What only the engine can tell, in pictures and words: said to be not known, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from click.testing import CliRunner

from pulumi_sidecar import SidecarDeployment, offline
from pulumi_sidecar.cli import main
from pulumi_sidecar.commands.explain import lines
from pulumi_sidecar.survey import mermaid, svg, words
from pulumi_sidecar.survey.read import read
from pulumi_sidecar.survey.unknown import NotKnown
from tests.conftest import BASIC, merged
from tests.test_survey import everything

Key = str | int


def all_said(run: offline.Run) -> str:
    survey = read(run)
    drawn = svg.draw(survey, words.headline(survey), words.summary(survey))
    return "\n".join([drawn, mermaid.draw(survey), repr(survey), *lines(survey, {}, ())])


def everywhere(value: Any, path: tuple[Key, ...] = ()) -> Iterator[tuple[Key, ...]]:
    """The path of every value, those that hold others among them."""
    if path:
        yield path
    if isinstance(value, Mapping | list):
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from everywhere(item, (*path, key))


def with_unknown(value: Any, path: tuple[Key, ...]) -> Any:
    """A copy in which that one value is not known."""
    if not path:
        return offline.UNKNOWN
    key, *rest = path
    changed = value.copy()
    if key in changed or isinstance(changed, list):
        changed[key] = with_unknown(changed[key], tuple(rest))
    return changed


def others() -> None:
    """What `everything` has not: cert-manager, a StatefulSet with a claim, a CronJob, a Gateway's route, hooks."""
    gateway = {"kind": "http_route", "gateway": {"name": "edge"}, "hosts": ["a.example.com"]}
    tls = {"kind": "cert_manager", "issuer": "internal"}
    peers = [{"kind": "pods", "namespaces": ["edge"]}, {"kind": "addresses", "cidr": "192.0.2.0/24"}]
    app = {"lifecycle": "native"}
    SidecarDeployment(
        "web",
        merged(
            BASIC,
            {"gateway": gateway, "network_policy": {"allow_from": peers}, "proxy": app, "metrics": {"exporter": {}}},
        ),
    )
    SidecarDeployment("api", merged(BASIC, {"tls": tls}))
    container = {
        "name": "main",
        "image": "i",
        "ports": [{"containerPort": 1, "name": "db"}],
        "livenessProbe": {"grpc": {"port": 1}},
        "readinessProbe": {"tcpSocket": {"port": "db"}},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "1"]}}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    pod = {"containers": [container], "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
    template = {"metadata": {"labels": {"app": "db"}}, "spec": pod}
    k8s.apps.v1.StatefulSet("db", spec={"selector": {"matchLabels": {"app": "db"}}, "template": template})
    k8s.batch.v1.CronJob("night", spec={"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}})


@pytest.mark.parametrize("program", [everything, others])
def test_any_value_may_be_unknown(program: Callable[[], None]) -> None:
    run = offline.run(program)
    tried = 0
    for number, each in enumerate(run.resources):
        for path in everywhere(each.inputs) if each.is_object else ():
            if path[0] in ("apiVersion", "kind"):
                continue
            partly = replace(each, inputs=with_unknown(each.inputs, path), outputs=with_unknown(each.outputs, path))
            resources = [*run.resources[:number], partly, *run.resources[number + 1 :]]
            said = all_said(replace(run, resources=resources))
            assert offline.UNKNOWN not in said, (each.name, path)
            tried += 1
    assert tried > 300


STACK = """
import pulumi
import pulumi_kubernetes as k8s
from pulumi_sidecar import SidecarDeployment
other = pulumi.StackReference("acme/x/prod").get_output
SidecarDeployment("web", {
    "app": {"image": other("image"), "port": 8080, "resources": {"limits": {"cpu": other("cpu")}}},
    "proxy": {"kind": "nginx"},
    "tls": {"kind": "secret", "name": other("certificate")},
})
labels = {"app": "db"}
k8s.apps.v1.Deployment("db", metadata={"name": other("name")}, spec={
    "replicas": other("count"), "selector": {"matchLabels": labels},
    "template": {"metadata": {"labels": labels}, "spec": {
        "terminationGracePeriodSeconds": other("grace"),
        "containers": [{"name": "db", "image": "db", "resources": {"limits": other("limits")}, "ports": other("ports"),
                        "lifecycle": {"preStop": {"sleep": {"seconds": other("seconds")}}}}]}}})
k8s.core.v1.Service("db", metadata={"name": "db"}, spec={"selector": labels, "ports": [{"port": other("port")}]})
k8s.networking.v1.Ingress("in", metadata={"name": "in"}, spec={"rules": [{"host": other("host"), "http": {"paths": [
    {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "db", "port": {"number": 1}}}}]}}]})
"""


def test_outputs_of_another_stack_are_said_to_be_not_known(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(STACK)
    result = CliRunner().invoke(main, ["explain", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert offline.UNKNOWN not in result.output
    said = [line.strip() for line in result.stdout.splitlines()]
    assert "app: the app, (not known), at most (not known) CPU" in said
    assert "Deployment db (name not known)" in said
    assert "Deployment db (name not known) in namespace default: (not known) pods, in each:" in said
    assert "db: container, db, at most (not known)" in said
    assert "Ingress in: http://(not known)/" in said
    assert "db.default.svc:(not known) → (not known), from within the cluster" in said
    assert "Secret (not known)" in said
    assert "after (not known) s  db is told to stop" in said
    assert "after (not known) s  what still runs is killed" in said
    # Nothing is claimed that may be otherwise: that Secret may be the program's own.
    assert "in Secret (not known)" in said
    assert not [line for line in said if "not part of the program" in line]


def test_who_may_connect_is_not_known_rather_than_anybody() -> None:
    spec = {"podSelector": {"matchLabels": {"pulumi-sidecar/component": "web"}}}
    ports = [{"port": 8443}]

    def program() -> None:
        unknown = pulumi.Output.from_input(offline.UNKNOWN)
        rules = [{"ports": ports, "from": [unknown]}, {"ports": ports, "from": [{"podSelector": unknown}]}]
        SidecarDeployment("web", merged(BASIC, {}))
        k8s.networking.v1.NetworkPolicy("policy", spec={**spec, "policyTypes": ["Ingress"], "ingress": rules})

    (of,) = read(offline.run(program)).workloads
    assert of.rules[0].lines == ("in: 8443 from (not known)", "in: 8443 from pods (not known)")


def test_a_secret_number_is_redacted() -> None:
    def program() -> None:
        ports = [{"port": pulumi.Output.secret(8080)}]
        labels = {"app": "a"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
        k8s.apps.v1.Deployment("a", spec={"selector": {"matchLabels": labels}, "template": template})
        k8s.core.v1.Service("a", spec={"selector": labels, "ports": ports})

    said = all_said(offline.run(program))
    assert "REDACTED" in said
    assert "8080" not in said


def test_an_unknown_value_reads_as_text_mapping_and_list() -> None:
    value = NotKnown()
    assert f"{value}" == str(value) == "(not known)"
    assert str(value["a"].get("b")) == "(not known)"
    assert [*value, *value.values(), *(item for _, item in value.items())] == ["(not known)"] * 3
    assert "not" not in value
