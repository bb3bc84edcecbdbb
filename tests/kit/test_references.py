"""What is there already: other stacks' outputs, what is looked up, and what is imported."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar.testing import UNKNOWN, MockStack, OutputValue
from tests.support.foreign import CONFIG_MAP, Foreign

STACK = "pulumi:pulumi:StackReference"
THERE = pulumi.ResourceOptions(id="site-1")


def run(stack: MockStack, program: Any, *, preview: bool) -> Any:
    return (stack.preview if preview else stack.up)(program)


# --- stacks -----------------------------------------------------------------------------------------------------------


def two_stacks() -> list[Any]:
    one, two = pulumi.StackReference("acme/net/prod"), pulumi.StackReference("acme/db/prod")
    return [one.get_output("host"), two.get_output("host"), two.require_output("host"), two.outputs]


def test_a_stack_that_is_not_mocked_is_unknown_beside_one_that_is(pulumi_stack: MockStack) -> None:
    pulumi_stack.mock_stack_reference("acme/net/prod", {"host": "net"})
    result = pulumi_stack.up(two_stacks)
    assert result.returned == [OutputValue("net"), *[OutputValue(UNKNOWN)] * 3]
    assert [(each.type, each.name) for each in result.unmocked] == [(STACK, "acme/db/prod")]
    pulumi_stack.mock_stack_reference("acme/db/prod", {"host": "db"})
    assert pulumi_stack.up(two_stacks).unmocked == []
    assert [each.value for each in pulumi_stack.up(two_stacks).returned] == ["net", "db", "db", {"host": "db"}]


def test_stacks_are_known_in_a_preview(pulumi_stack: MockStack) -> None:
    pulumi_stack.mock_stack_reference("acme/net/prod", {"host": "net"})
    returned = pulumi_stack.preview(two_stacks).returned
    assert [each.known for each in returned] == [True, False, False, False]
    assert returned[0].value == "net"


def test_a_stack_is_known_by_its_name_or_the_references(pulumi_stack: MockStack) -> None:
    def program() -> list[Any]:
        named = pulumi.StackReference("net", stack_name="acme/net/prod")
        return [named.get_output("host"), named.get_output("none"), pulumi.StackReference("other", "x").outputs]

    pulumi_stack.mock_stack_reference("acme/net/prod", {"host": "net"})
    pulumi_stack.mock_stack_reference("other", {})
    assert [each.value for each in pulumi_stack.up(program).returned] == ["net", None, {}]


@pytest.mark.parametrize("preview", [False, True])
def test_secrets_of_stacks_are_secret(pulumi_stack: MockStack, preview: bool) -> None:
    def program() -> list[Any]:
        other = pulumi.StackReference("acme/net/prod")
        return [other.get_output("host"), other.get_output("key"), other.outputs]

    pulumi_stack.mock_stack_reference("acme/net/prod", {"key": "k"}, secret=("key",))
    pulumi_stack.mock_stack_reference("acme/net/prod", {"host": "net"})  # what is given later comes on top
    returned = run(pulumi_stack, program, preview=preview).returned
    assert returned[:2] == [OutputValue("net"), OutputValue("k", secret=True)]
    assert returned[2] == OutputValue({"host": "net", "key": "k"}, secret=True)


# --- lookups and imports ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preview", [False, True])
def test_the_id_of_a_lookup_is_known(pulumi_stack: MockStack, preview: bool) -> None:
    result = run(pulumi_stack, lambda: Foreign("a", THERE).id, preview=preview)
    assert result.returned == OutputValue("site-1")
    assert result.one().id == "site-1"


@pytest.mark.parametrize("preview", [False, True])
def test_a_lookup_that_is_mocked_is_read_in_a_preview_too(pulumi_stack: MockStack, preview: bool) -> None:
    answer = {"url": "https://a", "id": "site-0001"}  # as a provider that normalizes ids
    pulumi_stack.mock_resource("Site", answer, name="a")
    result = run(pulumi_stack, lambda: [(site := Foreign("a", THERE)).id, site.url], preview=preview)
    assert [each.value for each in result.returned] == ["site-0001", "https://a"]
    assert result.one().id == "site-0001"
    assert "id" not in result.one().outputs


@pytest.mark.parametrize("preview", [False, True])
def test_the_id_of_all_of_a_type_is_no_lookups(pulumi_stack: MockStack, preview: bool) -> None:
    def program() -> list[Any]:
        return [(site := Foreign("a", THERE)).id, site.url, Foreign("b").id]

    pulumi_stack.mock_resource("Site", lambda args: {"url": "https://a", "id": f"made-{args.name}"})
    result = run(pulumi_stack, program, preview=preview)
    assert [each.value for each in result.returned] == ["site-1", "https://a", UNKNOWN if preview else "made-b"]
    assert result.one(name="a").id == "site-1"
    assert "id" not in result.one(name="a").outputs


def test_a_lookup_by_an_unknown_id_is_unknown(pulumi_stack: MockStack) -> None:
    def program() -> list[Any]:
        by_id = pulumi.ResourceOptions(id=Foreign("made").url)
        return [(found := Foreign("found", by_id)).id, found.url]

    pulumi_stack.mock_resource("Site", {"url": "https://a"})
    assert [each.known for each in pulumi_stack.preview(program).returned] == [False, False]


@pytest.mark.parametrize("preview", [False, True])
def test_what_is_imported_has_its_id(pulumi_stack: MockStack, preview: bool) -> None:
    def program() -> list[Any]:
        return [(site := Foreign("a", pulumi.ResourceOptions(import_="real-id"))).id, site.url]

    result = run(pulumi_stack, program, preview=preview)
    assert result.returned == [OutputValue("real-id"), OutputValue(UNKNOWN)]
    assert (result.one().id, result.one().import_id) == ("real-id", "real-id")
    pulumi_stack.mock_resource("Site", lambda args: {"id": args.name, "url": "https://a"})
    values = [each.value for each in run(pulumi_stack, program, preview=preview).returned]
    assert values == ["real-id", "https://a"]


@pytest.mark.parametrize("known", [False, True])
def test_the_id_of_what_an_update_before_made(pulumi_stack: MockStack, known: bool) -> None:
    pulumi_stack.mock_resource("Site", {"id": "site-1"}, known_in_preview=known)
    result = pulumi_stack.preview(lambda: Foreign("a").id)
    assert result.returned == OutputValue("site-1" if known else UNKNOWN)
    assert result.one().id == ("site-1" if known else "")
    assert result.one().outputs == {}


# --- names that the API server gives ----------------------------------------------------------------------------------


def prefixed() -> list[Any]:
    made = k8s.core.v1.ConfigMap("map", metadata={"generate_name": "x-"})
    return [made.metadata.name, made.id, made.metadata.namespace]


def test_a_generated_name_has_an_end(pulumi_stack: MockStack) -> None:
    result = pulumi_stack.up(prefixed)
    name, id_, _ = (each.value for each in result.returned)
    assert name.startswith("x-")
    assert len(name) == len("x-") + 8
    assert id_ == f"default/{name}"
    assert result.one(CONFIG_MAP).inputs["metadata"] == {"generateName": "x-"}
    assert result.objects()[0]["metadata"] == {"generateName": "x-", "namespace": "default"}
    assert MockStack(name_suffix="abcde").up(prefixed).returned[0].value == "x-abcde"


def test_a_generated_name_is_unknown_in_a_preview(pulumi_stack: MockStack) -> None:
    assert [each.known for each in pulumi_stack.preview(prefixed).returned] == [False, False, True]
