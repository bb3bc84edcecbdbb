"""The pytest plugin of pulumi_sidecar.testing: one fixture.

It stands outside the package, because pytest imports it at every start: the package would bring the Pulumi SDK along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pulumi_sidecar.testing import MockStack


@pytest.fixture
def pulumi_stack() -> MockStack:
    """A stack of the test's own, with mocks for providers: `pulumi_stack.up(PROGRAM)`. See pulumi_sidecar.testing."""
    from pulumi_sidecar.testing import MockStack

    return MockStack()
