"""Arguments for autoscaling and placement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_sidecar import ArgumentsError

if TYPE_CHECKING:
    from tests.conftest import Deploy


SELECTOR = {"matchLabels": {"pulumi-sidecar/component": "web"}}


def refused(deploy: Deploy, changes: dict[str, Any]) -> list[str]:
    with pytest.raises(ArgumentsError) as failure:
        deploy(changes)
    return [str(problem) for problem in failure.value.problems]
