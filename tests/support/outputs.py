"""What a component gave back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import Run


Basic = Callable[..., dict[str, Any]]
TOKEN = "sidecar:index:SidecarDeployment"
OUTPUTS = {
    "url",
    "endpoints",
    "ca_cert_pem",
    "certificate_not_after",
    "deployment_name",
    "service_name",
    "config_map_name",
    "secret_name",
}
SERVICE = "kubernetes:core/v1:Service"


def out(run: Run, name: str) -> Any:
    seen = run.result[name]
    assert seen.known
    return seen.value


INTERNAL = "https://web.default.svc"
