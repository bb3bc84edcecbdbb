"""Transforms see and change every option that the engine lets them, and invokes go through theirs."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime.proto import resource_pb2

from pulumi_sidecar.runtime import transforms
from pulumi_sidecar.testing import MockStack, Resource
from tests.support.foreign import Foreign

GIVEN: dict[str, Any] = {
    "custom_timeouts": pulumi.CustomTimeouts(create="1m", delete="2m"),
    "version": "1.0.0",
    "plugin_download_url": "https://one",
    "import_": "one",
    "hide_diffs": ["size"],
}


def changed(stack: MockStack, given: dict[str, Any], asked: dict[str, Any] | None) -> tuple[Resource, Any]:
    """The resource as it is recorded, and the options that the transform saw."""
    seen: list[Any] = []

    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        seen.append(args.opts)
        if asked is None:
            return None
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(**asked))
        return pulumi.ResourceTransformResult(args.props, options)

    def program() -> None:
        other = Foreign("other")
        for options in (given, asked or {}):
            options.update({key: other for key in options if key == "deleted_with"})
            options.update({key: [other] for key in options if key == "replace_with"})
        Foreign("site", pulumi.ResourceOptions(**given, transforms=[transform]))

    return stack.up(program).one("Site", "site"), seen[0]


def test_a_transform_sees_the_options(pulumi_stack: MockStack) -> None:
    _, seen = changed(pulumi_stack, {**GIVEN, "deleted_with": None}, None)
    assert (seen.custom_timeouts.create, seen.custom_timeouts.delete) == ("1m", "2m")
    assert (seen.version, seen.plugin_download_url, seen.import_) == ("1.0.0", "https://one", "one")
    assert seen.deleted_with is not None


@pytest.mark.parametrize("asked", [None, {"protect": True}])
def test_a_transform_that_does_not_mind_leaves_the_options_alone(pulumi_stack: MockStack, asked: Any) -> None:
    made, _ = changed(pulumi_stack, {**GIVEN, "deleted_with": None}, asked)
    assert made.custom_timeouts == {"create": "1m", "delete": "2m"}
    assert (made.version, made.plugin_download_url) == ("1.0.0", "https://one")
    assert (made.import_id, made.id) == ("one", "one")
    assert made.deleted_with.endswith("::other")
    if asked is None:  # (what the SDK gives to a transform does not have it)
        assert made.hide_diffs == ("size",)


def test_a_transform_changes_the_options(pulumi_stack: MockStack) -> None:
    timeouts = pulumi.CustomTimeouts(create="9m")
    asked = {"custom_timeouts": timeouts, "version": "2.0.0", "plugin_download_url": "https://two", "import_": "two"}
    made, _ = changed(pulumi_stack, dict(GIVEN), {**asked, "deleted_with": None, "replace_with": None})
    assert made.custom_timeouts["create"] == "9m"
    assert (made.version, made.plugin_download_url) == ("2.0.0", "https://two")
    assert (made.import_id, made.id) == ("two", "two")
    assert made.deleted_with.endswith("::other")
    assert [each.rpartition("::")[2] for each in made.replace_with] == ["other"]


def test_every_option_that_the_engine_offers_is_passed_on() -> None:
    offered = resource_pb2.TransformResourceOptions.DESCRIPTOR.fields_by_name
    assert set(offered) == set(transforms._TRANSFORMED)


def test_hooks_reach_the_registration(pulumi_stack: MockStack) -> None:
    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
        hooks = pulumi.ResourceHookBinding(after_create=[lambda _args: None])
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(hooks=hooks))
        return pulumi.ResourceTransformResult(args.props, options)

    registered: list[Any] = []

    def look(request: Any, own: Any, others: Any) -> Any:
        registered.append(after(request, own, others))
        return registered[-1]

    after = transforms.transformed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transforms, "transformed", look)
        pulumi_stack.up(lambda: Foreign("site", pulumi.ResourceOptions(transforms=[transform])))
    assert len(registered[0].hooks.after_create) == 1


# --- invokes ----------------------------------------------------------------------------------------------------------


def test_invoke_transforms_run_in_their_order(pulumi_stack: MockStack) -> None:
    def appends(text: str) -> Any:
        async def transform(args: pulumi.InvokeTransformArgs) -> pulumi.InvokeTransformResult | None:
            if not args.token.endswith("getZone"):
                return None
            return pulumi.InvokeTransformResult({**args.args, "name": args.args["name"] + text}, args.opts)

        return transform

    def program() -> list[Any]:
        pulumi.runtime.register_invoke_transform(appends(" one"))
        pulumi.runtime.register_invoke_transform(appends(" two"))
        found = [
            pulumi.runtime.invoke_output(f"acme:index:{each}", {"name": "eu"}) for each in ("getZone", "getRegion")
        ]
        return [each.apply(lambda known: known["id"]) for each in found]

    for function in ("getZone", "getRegion"):
        pulumi_stack.mock_call(f"acme:index:{function}", lambda args: {"id": args["name"]})
    assert [each.value for each in pulumi_stack.up(program).returned] == ["eu one two", "eu"]


def test_what_an_invoke_transform_raises_is_what_the_test_sees(pulumi_stack: MockStack) -> None:
    def refuse(_args: pulumi.InvokeTransformArgs) -> None:
        raise PermissionError("mine")

    def program() -> None:
        pulumi.runtime.register_invoke_transform(refuse)
        pulumi.runtime.invoke_output("acme:index:getZone", {})

    with pytest.raises(PermissionError, match="mine"):
        pulumi_stack.up(program)
