"""Pods and containers of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import Run


def template(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run.one("Deployment").inputs["spec"]["template"]
    return found


def pod(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = template(run)["spec"]
    return found


def container(run: Run, name: str) -> dict[str, Any]:
    everybody = [*pod(run)["containers"], *pod(run).get("initContainers", [])]
    (found,) = [each for each in everybody if each["name"] == name]
    return dict(found)


OTHERS = {
    "sidecars": {"log": {"image": "log:1"}, "agent": {"image": "agent:1", "lifecycle": "native"}},
    "init_containers": {"fill": {"image": "fill:1"}},
}


def restricted(spec: dict[str, Any]) -> list[str]:
    """What breaks https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted."""
    found = [f"pod: {key}" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    allowed = {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
    found += [f"volume {v['name']}" for v in spec.get("volumes", []) if not (set(v) - {"name"}) <= allowed]
    outer = spec.get("securityContext", {})
    for each in [*spec["containers"], *spec.get("initContainers", [])]:
        context = each.get("securityContext", {})
        capabilities = context.get("capabilities", {})
        checks = {
            "privileged": not context.get("privileged"),
            "escalation": context.get("allowPrivilegeEscalation") is False,
            "non-root": context.get("runAsNonRoot", outer.get("runAsNonRoot")) is True,
            "user": context.get("runAsUser", outer.get("runAsUser")) != 0,
            "seccomp": context.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
            "drop": "ALL" in capabilities.get("drop", []),
            "add": set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"},
            "procMount": context.get("procMount", "Default") == "Default",
            "hostPort": not any(port.get("hostPort") for port in each.get("ports", [])),
        }
        found += [f"{each['name']}: {name}" for name, right in checks.items() if not right]
    return found
