"""What Pod Security's level "restricted" asks of a container, and what we ask beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def assert_hardened(container: Mapping[str, Any]) -> None:
    """The container is admitted by "restricted", and its root file system is read-only."""
    found = container["securityContext"]
    assert found["runAsNonRoot"] is True
    assert found["allowPrivilegeEscalation"] is False
    assert found["readOnlyRootFilesystem"] is True
    assert found["capabilities"] == {"drop": ["ALL"]}
    assert found["seccompProfile"] == {"type": "RuntimeDefault"}
