"""Pod Security's level "restricted" admits every pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.pods import OTHERS, container, pod, restricted

if TYPE_CHECKING:
    from tests.conftest import Deploy


def test_every_container_is_restricted(deploy: Deploy) -> None:
    run = deploy(OTHERS)
    assert {each["name"] for each in pod(run)["containers"]} == {"app", "proxy", "log"}
    assert [each["name"] for each in pod(run)["initContainers"]] == ["agent", "fill"]
    assert restricted(pod(run)) == []


def test_the_proxys_root_is_read_only_and_its_work_is_not(deploy: Deploy) -> None:
    proxy = container(deploy(), "proxy")
    assert proxy["securityContext"]["readOnlyRootFilesystem"] is True
    assert proxy["securityContext"]["runAsUser"] == 101
    writable = [mount["mountPath"] for mount in proxy["volumeMounts"] if not mount.get("readOnly")]
    assert writable == ["/run/pulumi-sidecar"]
    assert all("subPath" not in mount for mount in proxy["volumeMounts"])


@pytest.mark.parametrize(
    ("security", "broken"),
    [
        ({"run_as_non_root": False}, ["app: non-root"]),
        ({"allow_privilege_escalation": True}, ["app: escalation"]),
        ({"add_capabilities": ["SYS_PTRACE"]}, ["app: add"]),
        ({"add_capabilities": ["NET_BIND_SERVICE"]}, []),
        ({"seccomp": "Unconfined"}, ["app: seccomp"]),
        ({"read_only_root_filesystem": True}, []),
    ],
)
def test_each_point_is_relaxed_by_name_for_the_app_alone(
    deploy: Deploy, security: dict[str, Any], broken: list[str]
) -> None:
    assert restricted(pod(deploy({"app": {"security": security}}))) == broken


def test_users_and_groups(deploy: Deploy) -> None:
    context = container(deploy(), "app")["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (65532, 65532)
    context = container(deploy({"app": {"user": 1000, "group": 2000}}), "app")["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (1000, 2000)
    for image in ({"user": "image"}, {"user": "image", "group": "image"}):
        context = container(deploy({"app": image}), "app")["securityContext"]
        assert "runAsUser" not in context
        assert "runAsGroup" not in context


def test_nobody_gets_a_token_unasked(deploy: Deploy) -> None:
    assert pod(deploy())["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in pod(deploy())
    own = pod(deploy({"service_account": "shop"}))
    assert own["serviceAccountName"] == "shop"
    assert own.get("automountServiceAccountToken") is not False
