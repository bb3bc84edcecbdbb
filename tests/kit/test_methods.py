"""Methods of resources: answered as functions are."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from pulumi_sidecar import offline
from pulumi_sidecar.testing import UNKNOWN, MockStack, OutputValue, assert_no_plain_secrets
from tests.support.foreign import Box, Foreign

SIGN = "acme:index:Site/sign"


def sign(site: pulumi.Resource, **args: Any) -> pulumi.Output[Any]:
    return pulumi.runtime.call(SIGN, {"__self__": site, **args}, res=site)


def test_a_method_without_a_result_is_unknown_and_named(pulumi_stack: MockStack) -> None:
    result = pulumi_stack.up(lambda: sign(Foreign("a")).apply(lambda _result: pytest.fail("it is not known")))
    assert not result.returned.known
    assert [(each.type, each.urn) for each in result.unmocked][1:] == [(SIGN, "")]


def test_a_method_is_answered(pulumi_stack: MockStack) -> None:
    seen: list[dict[str, Any]] = []

    def answer(args: dict[str, Any]) -> dict[str, Any]:
        seen.append(args)
        return {"url": f"signed {args['days']}"}

    pulumi_stack.mock_call(SIGN, answer)
    result = pulumi_stack.up(lambda: sign(Foreign("a"), days=2))
    assert result.returned == OutputValue({"url": "signed 2"})
    assert seen == [{"__self__": "a-id", "days": 2}]
    pulumi_stack.mock_call(SIGN, {"url": "signed"})
    assert pulumi_stack.up(lambda: sign(Box("box"))).returned.value == {"url": "signed"}


def test_in_a_preview_the_result_is_known_where_the_resource_is(pulumi_stack: MockStack) -> None:
    pulumi_stack.mock_call(SIGN, {"url": "signed"})
    there = pulumi.ResourceOptions(id="site-1")
    assert pulumi_stack.preview(lambda: sign(Foreign("a"))).returned == OutputValue(UNKNOWN)
    assert pulumi_stack.preview(lambda: sign(Foreign("a", there))).returned.known


def test_the_result_for_a_secret_argument_is_secret(pulumi_stack: MockStack) -> None:
    def program() -> pulumi.Output[Any]:
        signed = sign(Foreign("a"), key=pulumi.Output.secret("open sesame"))
        pulumi.export("signed", signed)
        return signed

    pulumi_stack.mock_call(SIGN, lambda args: {"url": args["key"]})
    result = pulumi_stack.up(program)
    assert result.returned == OutputValue({"url": "open sesame"}, secret=True)
    assert_no_plain_secrets(result, "open sesame")


def test_a_rendering_names_the_method() -> None:
    run = offline.run(lambda: pulumi.export("url", sign(k8s.core.v1.ConfigMap("map"))))
    assert [each.type for each in run.remote] == [SIGN]
    assert run.outputs == {"url": offline.UNKNOWN}
