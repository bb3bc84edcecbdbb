"""Mocks that behave, for tests of any Pulumi program in Python. See docs/testing.md.

    from pulumi_sidecar.testing import MockStack, assert_no_plain_secrets

    def test_replicas():
        result = MockStack(config={"replicas": 3}).up("path/of/the/program")
        assert result.one("Deployment").inputs["spec"]["replicas"] == 3
        assert_no_plain_secrets(result)

With pytest the fixture `pulumi_stack` is a MockStack of the test's own. pytest itself is not needed.
"""

from pulumi_sidecar.runtime.recorded import UNKNOWN, ResourceArgs
from pulumi_sidecar.testing.checks import (
    assert_children_parented,
    assert_no_fixed_names,
    assert_no_plain_secrets,
    assert_outputs_resolved,
    assert_provider_reaches_children,
)
from pulumi_sidecar.testing.providers import CreationFailed
from pulumi_sidecar.testing.result import Diagnostic, OutputValue, Resource, Result
from pulumi_sidecar.testing.stack import MockStack

__all__ = [
    "UNKNOWN",
    "CreationFailed",
    "Diagnostic",
    "MockStack",
    "OutputValue",
    "Resource",
    "ResourceArgs",
    "Result",
    "assert_children_parented",
    "assert_no_fixed_names",
    "assert_no_plain_secrets",
    "assert_outputs_resolved",
    "assert_provider_reaches_children",
]
