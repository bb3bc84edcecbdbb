"""Secrets in pictures and words: hidden wherever they stand, and nothing is claimed about what is hidden."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar import offline
from pulumi_sidecar.commands.explain import lines
from pulumi_sidecar.survey import mermaid, svg, words
from pulumi_sidecar.survey.read import read

NAME = "tls-hunter2hunter2"


def said(program: Any) -> str:
    survey = read(offline.run(program))
    drawn = svg.draw(survey, words.headline(survey), words.summary(survey))
    return "\n".join([drawn, mermaid.draw(survey), repr(survey), *lines(survey, {}, ())])


def secret(name: Any, **more: Any) -> None:
    k8s.core.v1.Secret("tls", metadata={"name": name, **more}, string_data={"tls.key": "hunter2", "tls.crt": "c"})


def pod(volume: Any, **container: Any) -> None:
    labels = {"app": "db"}
    spec = {
        "containers": [{"name": "db", "image": "i", **container}],
        "volumes": [{"name": "b", **volume}],
    }
    template = {"metadata": {"labels": labels}, "spec": spec}
    k8s.apps.v1.Deployment("db", spec={"selector": {"matchLabels": labels}, "template": template})


def test_the_secret_name_of_a_secret_is_hidden() -> None:
    def program() -> None:
        secret(pulumi.Output.secret(NAME), annotations={"a": pulumi.Output.secret(NAME)})

    text = said(program)
    assert "hunter2" not in text
    assert "Secret tls (name redacted)" in text


def test_a_redacted_name_is_nobodys_and_nothing_is_claimed_about_it() -> None:
    def program() -> None:
        secret(pulumi.Output.secret("another"))
        pod({"secret": {"secretName": pulumi.Output.secret(NAME)}})

    survey = read(offline.run(program))
    found = [line for _, section in words.sections(survey.workloads[0]) for line in section]
    assert [line for line in found if "REDACTED" in line] == ["Secret REDACTED", "in Secret REDACTED"]
    assert "not part of the program" not in said(program)
    assert words.others(survey) == ["Secret tls (name redacted)"]


def test_the_files_and_certificates_of_a_secret_are_read_all_the_same() -> None:
    def program() -> None:
        secret("tls")
        pod({"secret": {"secretName": "tls"}})

    assert "Secret tls: tls.crt, tls.key" in said(program)
    assert "in Secret tls, and in the stack's state, encrypted" in said(program)


@pytest.mark.parametrize("which", ["container", "service"])
def test_whether_a_redacted_port_is_in_a_service_is_not_claimed(which: str) -> None:
    def program() -> None:
        hidden = pulumi.Output.secret(5432)
        pod({"emptyDir": {}}, ports=[{"containerPort": hidden if which == "container" else 5432}])
        ports = [{"port": 80, "targetPort": hidden if which == "service" else 5433}]
        k8s.core.v1.Service("db", metadata={"name": "db"}, spec={"selector": {"app": "db"}, "ports": ports})

    assert "not in a Service" not in said(program)


def test_two_redacted_ports_need_not_be_the_same() -> None:
    def program() -> None:
        pod({"emptyDir": {}}, ports=[{"containerPort": pulumi.Output.secret(5432)}])
        ports = [{"port": 80, "targetPort": pulumi.Output.secret(6543)}]
        k8s.core.v1.Service("db", metadata={"name": "db"}, spec={"selector": {"app": "db"}, "ports": ports})

    assert "db.default.svc:80 → REDACTED, from within the cluster" in said(program)
