"""What counts as a secret and what does not: short words of configuration, what is allowed, parts of objects."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar.testing import MockStack, assert_no_plain_secrets
from tests.support.foreign import Foreign

PASSWORD = "hunter2hunter2"


def plain(**data: str) -> Any:
    return lambda: k8s.core.v1.ConfigMap("c1", data=data) and None


# --- secret configuration ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1, 8443, 1.5, True, False, None, [], {}, [1], "1", "true", "null"])
def test_short_numbers_and_the_like_are_no_secrets_of_configuration(value: Any) -> None:
    result = MockStack(secrets={"some": value}).up(plain(a="1 8443 1.5 true false null [] {} [1]"))
    assert_no_plain_secrets(result)


@pytest.mark.parametrize("value", ["p4", "12345678", 12345678, '"quoted"', "1-a"])
def test_words_and_long_numbers_are(value: Any) -> None:
    result = MockStack(secrets={"some": value}).up(plain(a=f"<{value}>"))
    with pytest.raises(AssertionError, match=r"'c1': input data\.a holds a secret \(secret configuration\)"):
        assert_no_plain_secrets(result)


def test_secret_configuration_can_be_allowed() -> None:
    result = MockStack(secrets={"host": "db.acme.com", "db": {"user": "administrator"}}).up(
        plain(host="db.acme.com", user="administrator")
    )
    with pytest.raises(AssertionError, match=r"data\.user holds") as failure:
        assert_no_plain_secrets(result, allow=["db.acme.com"])
    assert "data.host" not in str(failure.value)
    assert_no_plain_secrets(result, allow=["db.acme.com", "administrator"])
    with pytest.raises(AssertionError, match="one of the given values"):  # what is asked for is looked for
        assert_no_plain_secrets(result, "db.acme.com", allow=["db.acme.com", "administrator"])


# --- parts of Kubernetes objects --------------------------------------------------------------------------------------


def pod(env: Any, name: str = "pod") -> None:
    k8s.core.v1.Pod(name, spec={"containers": [{"name": "main-container", "image": "i", "env": env}]})


def test_what_is_within_a_secret_part_of_an_object_counts(pulumi_stack: MockStack) -> None:
    def program() -> None:
        pod(pulumi.Output.secret([{"name": "PASSWORD", "value": PASSWORD}]))
        k8s.core.v1.ConfigMap("c", data={"url": f"postgres://u:{PASSWORD}@db"})

    with pytest.raises(AssertionError, match=r"'c': input data\.url holds a secret \(.*env\[0\]\.value of .*'pod'\)"):
        assert_no_plain_secrets(pulumi_stack.up(program))


def test_names_within_a_secret_part_of_an_object_are_none(pulumi_stack: MockStack) -> None:
    def program() -> None:
        pod(pulumi.Output.secret([{"name": "DATABASE_URL", "value": PASSWORD}]))
        pod([{"name": "DATABASE_URL", "value": "plain"}], "other")

    assert_no_plain_secrets(pulumi_stack.up(program))


def test_what_one_secret_makes_secret_with_it_is_none(pulumi_stack: MockStack) -> None:
    """As a transform does, or an apply."""

    def program() -> None:
        for name, secret in (("a", True), ("b", False)):
            env = [{"name": "PASSWORD", "value": PASSWORD}] if secret else []
            containers = [
                {"name": "main", "image": "docker.io/acme/web:1", "imagePullPolicy": "IfNotPresent", "env": env}
            ]
            template: Any = {"metadata": {"labels": {"app": "long-enough"}}, "spec": {"containers": containers}}
            template = pulumi.Output.secret(template) if secret else template
            spec: Any = {"selector": {"matchLabels": {"app": "long-enough"}}, "template": template}
            k8s.apps.v1.Deployment(name, spec=spec)

    assert_no_plain_secrets(pulumi_stack.up(program))


# --- another stack that is not known ----------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [["outputs"], ["secretOutputNames"], ["outputs", "secretOutputNames"]])
@pytest.mark.parametrize("preview", [False, True])
def test_a_stack_whose_outputs_are_secret_and_not_known(hidden: list[str], preview: bool) -> None:
    def program() -> None:
        pulumi.StackReference("o/p/s", opts=pulumi.ResourceOptions(additional_secret_outputs=hidden))
        Foreign("leak", text=PASSWORD)

    stack = MockStack()
    result = (stack.preview if preview else stack.up)(program)
    assert_no_plain_secrets(result)
    with pytest.raises(AssertionError, match="'leak': input text"):
        assert_no_plain_secrets(result, PASSWORD)
