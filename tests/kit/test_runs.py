"""Runs of MockStack: configuration, previews, failures, and nothing shared between two of them."""

from __future__ import annotations

import asyncio
import base64
import threading
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls
import pytest

from pulumi_sidecar.testing import UNKNOWN, CreationFailed, MockStack, OutputValue, ResourceArgs
from tests.support.foreign import CONFIG_MAP, Box, Foreign, balancer

# --- configuration ----------------------------------------------------------------------------------------------------


def test_configuration() -> None:
    def program() -> list[Any]:
        config = pulumi.Config()
        return [config.require("a"), config.require_int("b"), config.require_object("c"), config.require_secret("d")]

    stack = MockStack(project="shop", stack="dev", config={"a": "x", "shop:b": 2, "c": {"k": [1]}}, secrets={"d": "s"})
    assert stack.up(program).returned == ["x", 2, {"k": [1]}, OutputValue("s", secret=True)]
    names = stack.up(lambda: [pulumi.get_project(), pulumi.get_stack()]).returned
    assert names == ["shop", "dev"]


# --- previews ---------------------------------------------------------------------------------------------------------


def test_a_preview_knows_inputs_and_names_and_no_more(pulumi_stack: MockStack) -> None:
    def program() -> dict[str, Any]:
        made = k8s.core.v1.ConfigMap("map", data={"a": "1"})
        service = balancer()
        key = tls.PrivateKey("key", algorithm="ED25519")
        site = Foreign("site", size=1)
        return {
            "data": made.data,
            "name": made.metadata.name,
            "id": made.id,
            "status": service.status,
            "key": key.private_key_pem,
            "algorithm": key.algorithm,
            "public": key.public_key_pem,
            "url": site.url,
        }

    pulumi_stack.cluster(load_balancer="192.0.2.1")
    pulumi_stack.mock_resource("Site", {"url": "https://a"})
    seen = pulumi_stack.preview(program).returned
    assert {name for name, output in seen.items() if output.known} == {"data", "name", "algorithm"}
    assert {name for name, output in seen.items() if output.secret} == {"key"}
    assert all(output.known for output in pulumi_stack.up(program).returned.values())


def test_unknown_inputs_are_marked(pulumi_stack: MockStack) -> None:
    def program() -> None:
        key = tls.PrivateKey("key", algorithm="ED25519")
        data = {"public": key.public_key_pem, "private": key.private_key_pem, "plain": "x"}
        k8s.core.v1.ConfigMap("map", data=data)

    result = pulumi_stack.preview(program)
    made = result.one("ConfigMap")
    assert result.preview
    assert made.inputs["data"] == {"public": UNKNOWN, "private": UNKNOWN, "plain": "x"}
    assert made.is_unknown("data", "public")
    assert not made.is_unknown("data", "plain")
    assert made.is_secret("data", "private")


def test_names_can_be_fixed() -> None:
    result = MockStack(name_suffix="1a2b3c4d").up(lambda: balancer("shop").metadata.name)
    assert result.returned.value == "shop-1a2b3c4d"


@pytest.mark.parametrize("known", [False, True])
def test_what_an_update_before_made_is_known_in_a_preview(known: bool) -> None:
    stack = MockStack()
    stack.mock_resource("Site", {"url": "https://acme"}, known_in_preview=known)
    assert stack.up(lambda: Foreign("it").url).returned.value == "https://acme"
    assert stack.preview(lambda: Foreign("it").url).returned.known is known


def test_programs_can_tell_a_preview(pulumi_stack: MockStack) -> None:
    assert pulumi_stack.preview(pulumi.runtime.is_dry_run).returned is True
    assert pulumi_stack.up(pulumi.runtime.is_dry_run).returned is False


# --- failures ---------------------------------------------------------------------------------------------------------


def three() -> None:
    first = k8s.core.v1.ConfigMap("first")
    k8s.core.v1.ConfigMap("after", opts=pulumi.ResourceOptions(depends_on=[first]))
    k8s.core.v1.Secret("uses", string_data={"name": first.metadata.name})
    k8s.core.v1.ConfigMap("apart")


@pytest.mark.parametrize("type_", [CONFIG_MAP, "ConfigMap"])
def test_what_depends_on_a_failure_is_not_created(pulumi_stack: MockStack, type_: str) -> None:
    pulumi_stack.fail_resource(type_, name="first", error="quota exceeded")
    with pytest.raises(CreationFailed, match="creating kubernetes:core/v1:ConfigMap 'first': quota exceeded"):
        pulumi_stack.up(three)
    result = pulumi_stack.result
    assert result is not None
    assert [each.name for each in result.resources] == ["apart"]
    assert [(each.type, each.name) for each in result.failed] == [(CONFIG_MAP, "first")]


def test_a_failure_of_ones_own(pulumi_stack: MockStack) -> None:
    pulumi_stack.fail_resource("Secret", error=PermissionError("forbidden"))
    with pytest.raises(PermissionError, match="forbidden"):
        pulumi_stack.up(three)
    assert pulumi_stack.result is not None
    assert {each.name for each in pulumi_stack.result.resources} == {"first", "after", "apart"}


def test_a_failure_without_dependents_still_raises(pulumi_stack: MockStack) -> None:
    pulumi_stack.fail_resource("ConfigMap", name="apart")
    with pytest.raises(CreationFailed):
        pulumi_stack.up(three)


def test_a_preview_does_not_see_failures_to_come(pulumi_stack: MockStack) -> None:
    pulumi_stack.fail_resource("ConfigMap")
    assert len(pulumi_stack.preview(three).resources) == 4


@pytest.mark.parametrize("preview", [False, True])
def test_an_assertion_inside_apply_fails_the_test(pulumi_stack: MockStack, preview: bool) -> None:
    def check(value: int) -> None:
        assert value == 2

    def program() -> None:
        pulumi.Output.from_input(1).apply(check)

    with pytest.raises(AssertionError):
        (pulumi_stack.preview if preview else pulumi_stack.up)(program)


def test_the_programs_own_exception_is_what_is_raised(pulumi_stack: MockStack) -> None:
    def refuse(_name: str) -> str:
        raise ValueError("mine")

    def program() -> None:
        name = Box("box").map.metadata.name
        k8s.core.v1.ConfigMap("other", data={"a": name.apply(refuse)})

    with pytest.raises(ValueError, match=r"^mine$"):
        pulumi_stack.up(program)


def test_an_output_in_an_f_string_raises(pulumi_stack: MockStack) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("map", data={"a": f"{Box('box').map.metadata.name}"})

    with pytest.raises(Exception, match="Calling __str__ on an Output"):
        pulumi_stack.up(program)


def test_two_resources_of_one_urn_are_refused(pulumi_stack: MockStack) -> None:
    def program() -> None:
        Box("box")
        k8s.core.v1.ConfigMap("map")
        k8s.core.v1.ConfigMap("map")

    with pytest.raises(pulumi.RunError, match="Duplicate resource URN"):
        pulumi_stack.up(program)
    assert pulumi_stack.result is not None
    assert len(pulumi_stack.result.all("ConfigMap", "map")) == 1


def test_a_refusal_of_the_tls_provider(pulumi_stack: MockStack) -> None:
    with pytest.raises(ValueError, match="'DSA' is none of RSA, ECDSA, ED25519"):
        pulumi_stack.up(lambda: tls.PrivateKey("key", algorithm="DSA"))


# --- isolation --------------------------------------------------------------------------------------------------------


def test_two_programs_share_nothing(pulumi_stack: MockStack) -> None:
    def program() -> dict[str, Any]:
        pulumi.runtime.register_resource_transform(lambda _args: None)
        pulumi.export("a", pulumi.Config().get("a"))
        return {"name": Box("box").map.metadata.name}

    other = MockStack(config={"a": "set"})
    assert [other.up(program).outputs["a"].value, pulumi_stack.up(program).outputs["a"].value] == ["set", None]
    assert len(pulumi_stack.up(program).resources) == 2  # not a second time under the same URN
    assert pulumi.runtime.settings.get_root_resource() is None
    with pytest.raises(pulumi.RunError):
        pulumi.Config().require("a")


def test_the_event_loop_of_the_test_stays() -> None:
    async def main() -> Any:
        loop = asyncio.get_running_loop()
        result = MockStack().up(lambda: Box("box"))
        assert asyncio.get_running_loop() is loop
        return result

    assert asyncio.run(main()).one("Box")
    kept: list[bool] = []

    def beside() -> None:  # in a thread, because this one's loop is the other tests' affair
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        MockStack().up(lambda: Box("box"))
        kept.append(asyncio.get_event_loop() is loop)
        loop.close()

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()
    assert kept == [True]


def test_after_a_failure_the_next_run_is_clean(pulumi_stack: MockStack) -> None:
    def fails() -> None:
        Box("box")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        pulumi_stack.up(fails)
    assert len(pulumi_stack.up(lambda: Box("box")).resources) == 2
    assert pulumi_stack.result is not None
    assert pulumi_stack.result.failed == []


def test_answers_get_what_the_program_asked_for(pulumi_stack: MockStack) -> None:
    seen: list[ResourceArgs] = []

    def answer(args: ResourceArgs) -> dict[str, Any]:
        seen.append(args)
        return {"data": {"extra": base64.b64encode(b"x").decode()}}

    pulumi_stack.mock_resource(CONFIG_MAP, answer)
    outputs = pulumi_stack.up(lambda: Box("box")).one("ConfigMap").outputs
    assert outputs["data"] == {"a": "1", "extra": "eA=="}
    assert (seen[0].name, seen[0].inputs["data"]) == ("box-map", {"a": "1"})
