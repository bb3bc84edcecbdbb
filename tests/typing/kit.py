"""The types of the testing kit. Never run: mypy and pyright read it (test_typing.py)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, assert_type

from pulumi_sidecar.testing import (
    MockStack,
    OutputValue,
    Resource,
    ResourceArgs,
    Result,
    assert_no_plain_secrets,
    assert_provider_reaches_children,
)


def answered(args: ResourceArgs) -> Mapping[str, Any]:
    return {"id": args.name}


def test_program(pulumi_stack: MockStack) -> None:
    pulumi_stack.mock_resource("Bucket", answered)
    pulumi_stack.mock_resource("Bucket", {"arn": "arn"}, name="logs")
    pulumi_stack.mock_call("aws:index/getRegion:getRegion", lambda args: {"name": args["region"]})
    pulumi_stack.fail_resource("Secret", error=PermissionError("no"))
    assert_type(pulumi_stack.up(Path("infra")), Result)
    assert_type(pulumi_stack.preview(lambda: None), Result)
    assert_type(pulumi_stack.result, Result | None)
    MockStack(config={"replicas": 3}, secrets={"password": "x"}, load_balancer="192.0.2.1", node_ports=30000)


def results(result: Result) -> None:
    assert_type(result.one("Deployment"), Resource)
    assert_type(result.all(), list[Resource])
    assert_type(result.outputs["url"], OutputValue)
    assert_type(result.outputs["url"].known, bool)
    assert_type(result.one().is_secret("spec", "containers", 0), bool)
    assert_no_plain_secrets(result, "x", allow=["y"])
    assert_provider_reaches_children(result, "web", result.one(name="cluster"))
