"""Secrets that are more than a text: the check looks inside, and accuses nobody who keeps them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar.testing import MockStack, assert_no_plain_secrets
from tests.support.foreign import Foreign

PASSWORD = "open sesame, long"
PEM = "-----BEGIN PRIVATE KEY-----\nx"
DATABASE = json.dumps({"host": "db", "users": [{"password": PASSWORD}]})


def stack() -> MockStack:
    made = MockStack()
    outputs = {"password": PASSWORD, "nested": {"deep": [PASSWORD]}, "key": PEM, "host": "net.acme.com"}
    made.mock_stack_reference("acme/net/prod", outputs, secret=("password", "nested", "key"))
    return made


def one_reference(program: Callable[[Any], None]) -> Callable[[], None]:
    return lambda: program(pulumi.StackReference("acme/net/prod"))


@pytest.mark.parametrize("which", ["password", "nested", "key"])
@pytest.mark.parametrize("preview", [False, True])
def test_secrets_of_another_stack_that_are_kept(which: str, preview: bool) -> None:
    def program(other: Any) -> None:
        Foreign("secret", text=other.get_output(which))
        Foreign("open", text=other.get_output("host"))
        pulumi.export("kept", other.get_output(which))
        pulumi.export("all", other.outputs)

    made = stack()
    assert_no_plain_secrets((made.preview if preview else made.up)(one_reference(program)), PASSWORD)


@pytest.mark.parametrize(("name", "of"), [("password", "password"), ("nested", r"nested\.deep\[0\]")])
def test_a_secret_of_another_stack_that_leaks(name: str, of: str) -> None:
    def program(other: Any) -> None:
        Foreign("leak", text=pulumi.Output.unsecret(other.get_output(name)))

    made = MockStack()
    made.mock_stack_reference("acme/net/prod", {"password": PASSWORD, "nested": {"deep": [PASSWORD]}}, secret=(name,))
    result = made.up(one_reference(program))
    with pytest.raises(AssertionError, match=rf"'leak': input text.* holds a secret \({of} of .*StackReference"):
        assert_no_plain_secrets(result)


def test_another_stacks_output_that_nobody_marked() -> None:
    made = MockStack()
    made.mock_stack_reference("acme/net/prod", {"name": PEM})
    result = made.up(one_reference(lambda _other: None))
    with pytest.raises(AssertionError, match="output name holds a private key"):
        assert_no_plain_secrets(result)


@pytest.mark.parametrize(
    ("marked", "of"),
    [
        ([PASSWORD], r"text\[0\]"),
        ({"k": {"z": PASSWORD}}, r"text\.k\.z"),
        ([{"k": ["short", PASSWORD]}], r"text\[0\]\.k\[1\]"),
    ],
)
def test_the_inside_of_a_marked_value_counts(pulumi_stack: MockStack, marked: Any, of: str) -> None:
    def program() -> None:
        Foreign("kept", text=pulumi.Output.secret(marked))
        Foreign("same-keys", text={"k": {"z": "short"}})
        Foreign("leak", text=f"postgres://me:{PASSWORD}@db")

    result = pulumi_stack.up(program)
    with pytest.raises(AssertionError, match=rf"'leak': input text holds a secret \({of} of .*'kept'\)") as failure:
        assert_no_plain_secrets(result)
    assert "same-keys" not in str(failure.value)
    assert PASSWORD not in str(failure.value)
    assert_no_plain_secrets(result, allow=[PASSWORD])


@pytest.mark.parametrize("given", [DATABASE, json.loads(DATABASE)])
def test_the_inside_of_secret_configuration_counts(given: Any) -> None:
    def program(leak: bool) -> None:
        database = pulumi.Config().require_secret_object("db")
        Foreign("kept", text=database)
        word = database.apply(lambda found: found["users"][0]["password"])
        Foreign("text", text=pulumi.Output.unsecret(word) if leak else word)
        Foreign("host", text="db")

    made = MockStack(secrets={"db": given})
    assert_no_plain_secrets(made.up(lambda: program(False)))
    with pytest.raises(AssertionError, match=r"input text holds a secret \(users\[0\]\.password of secret config"):
        assert_no_plain_secrets(made.up(lambda: program(True)))


def test_the_inside_of_an_output_that_is_to_be_secret_counts(pulumi_stack: MockStack) -> None:
    def program() -> None:
        site = Foreign("site", pulumi.ResourceOptions(additional_secret_outputs=["credentials"]))
        Foreign("leak", text=site.url)

    pulumi_stack.mock_resource("Site", {"credentials": {"password": PASSWORD}, "url": "x"}, name="site")
    assert_no_plain_secrets(pulumi_stack.up(program))
    pulumi_stack.mock_resource("Site", {"url": f"https://me:{PASSWORD}@x"}, name="site")
    with pytest.raises(AssertionError, match=r"'leak': input text holds a secret \(credentials\.password of"):
        assert_no_plain_secrets(pulumi_stack.up(program))


def test_a_kubernetes_spec_with_one_secret_in_it_makes_its_words_no_secrets(pulumi_stack: MockStack) -> None:
    def program() -> None:
        spec = pulumi.Output.secret(PASSWORD).apply(lambda word: {"type": "ClusterIP", "externalName": word})
        k8s.core.v1.Service("one", spec=spec)
        k8s.core.v1.Service("two", spec={"type": "ClusterIP"})

    result = pulumi_stack.up(program)
    assert result.one("Service", "one").is_secret("spec")
    assert_no_plain_secrets(result)


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("options", [{}, {"id": "site-1"}])
def test_an_output_that_is_to_be_secret_is_so_before_it_is_known(preview: bool, options: Any) -> None:
    def program() -> list[Any]:
        site = Foreign("site", pulumi.ResourceOptions(additional_secret_outputs=["arn"], **options), size=1)
        return [site.arn, site.url, site.arn.apply(lambda _arn: pytest.fail("it is not known"))]

    result = (MockStack().preview if preview else MockStack().up)(program)
    assert [(each.known, each.secret) for each in result.returned] == [(False, True), (False, False), (False, True)]
    assert result.one().secret_outputs == {"arn"}
    assert len(result.unmocked) == (0 if preview else 1)
