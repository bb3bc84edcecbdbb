"""Patches of what Pulumi does not own, by server-side apply."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from pulumi_sidecar import ArgumentsError
from pulumi_sidecar.testing import MockStack, assert_children_parented, assert_no_plain_secrets
from tests.inject.support import POD, SELECTOR, injection
from tests.inject.test_template import PLAN

LIVE: dict[str, Any] = {
    "spec": {"replicas": 2, "selector": SELECTOR, "template": {**POD, "spec": {**POD["spec"], "dnsPolicy": "Default"}}}
}
SERVICE: dict[str, Any] = {"spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": "http"}]}}


def patched(
    stack: MockStack, live: dict[str, Any], service: dict[str, Any], args: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    stack.mock_resource("kubernetes:apps/v1:Deployment", live)
    stack.mock_resource("kubernetes:core/v1:Service", service)

    def run() -> None:
        tls = {"kind": "secret", "name": "web-tls"}  # another certificate would be another Secret
        injection({"namespace": "shop", "tls": tls, **(args or {})}).patch("Deployment", "web")

    result = stack.up(run)
    assert_children_parented(result)
    assert_no_plain_secrets(result)
    return result.one("DeploymentPatch").inputs, result.one("ServicePatch").inputs


def test_a_patch_holds_only_what_is_added(pulumi_stack: MockStack) -> None:
    deployment, service = patched(pulumi_stack, LIVE, SERVICE)
    assert deployment["metadata"] == {
        "name": "web",
        "namespace": "shop",
        "annotations": {"pulumi.com/patchForce": "true"},
    }
    assert deployment["spec"].keys() == {"template"}
    spec = deployment["spec"]["template"]["spec"]
    assert spec.keys() == {"containers", "volumes", "terminationGracePeriodSeconds"}
    app, proxy = spec["containers"]
    assert app == {"name": "web", "lifecycle": {"preStop": {"sleep": {"seconds": PLAN.app_stop_delay_seconds}}}}
    assert proxy["name"] == "proxy"
    assert service["spec"]["ports"] == [
        {"port": 80, "protocol": "TCP", "name": "http"},
        {"port": 443, "protocol": "TCP", "name": "https", "targetPort": 8443, "appProtocol": "https"},
    ]
    assert service["metadata"]["annotations"].keys() == {"pulumi.com/patchForce", "pulumi-sidecar/injected"}


def test_a_patch_stays_the_same_when_it_has_been_applied(pulumi_stack: MockStack) -> None:
    deployment, service = patched(pulumi_stack, LIVE, SERVICE)
    live, there = copy.deepcopy(LIVE), copy.deepcopy(SERVICE)
    template, added = live["spec"]["template"], deployment["spec"]["template"]
    template["metadata"]["annotations"] = added["metadata"]["annotations"]
    template["spec"]["containers"][0]["lifecycle"] = added["spec"]["containers"][0]["lifecycle"]
    template["spec"]["containers"].append({**added["spec"]["containers"][1], "terminationMessagePath": "/dev/x"})
    template["spec"]["volumes"] = added["spec"]["volumes"]
    template["spec"]["terminationGracePeriodSeconds"] = PLAN.grace_seconds
    there["spec"]["ports"] = [{"targetPort": "http", **service["spec"]["ports"][0]}, service["spec"]["ports"][1]]
    there["metadata"] = {"annotations": service["metadata"]["annotations"]}
    assert patched(MockStack(), live, there) == (deployment, service)


def test_a_patch_gives_what_is_its_own_the_place_that_it_has_on_the_cluster(pulumi_stack: MockStack) -> None:
    """The provider compares items of lists by their places: anything else is a change at every update."""
    spec = POD["spec"]
    (app,) = spec["containers"]
    log, data = {"name": "log", "image": "log:1"}, {"name": "data", "emptyDir": {}}
    several = {**spec, "containers": [log, app, {"name": "third", "image": "third:1"}], "volumes": [data]}
    live = {"spec": {**LIVE["spec"], "template": {**POD, "spec": several}}}
    named = [
        {"name": name, "port": port, "protocol": "TCP", "targetPort": "http"} for name, port in (("a", 1), ("b", 2))
    ]
    deployment, service = patched(pulumi_stack, live, {"spec": {"ports": named}})
    added = deployment["spec"]["template"]["spec"]
    assert [each["name"] for each in added["containers"]] == ["log", "web", "third", "proxy"]
    assert [each.keys() for each in added["containers"][:3]] == [{"name"}, {"name", "lifecycle"}, {"name"}]
    assert added["volumes"][0] == {"name": "data"}
    assert [each["port"] for each in service["spec"]["ports"]] == [1, 2, 443]
    assert service["spec"]["ports"][0] == {"name": "a", "port": 1, "protocol": "TCP"}


def test_claims_of_a_stateful_set_on_the_cluster(pulumi_stack: MockStack) -> None:
    claims = [{"metadata": {"name": "data"}}]
    pulumi_stack.mock_resource(
        "kubernetes:apps/v1:StatefulSet", {"spec": {**LIVE["spec"], "volumeClaimTemplates": claims}}
    )

    def run(volume: str) -> None:
        app = {"port": 8080, "volume_mounts": [{"volume": volume, "mount_path": "/data"}]}
        web = injection({"app": app, "service": {"ports": "leave"}})
        web.patch("StatefulSet", "web")

    made = pulumi_stack.up(lambda: run("data")).one("StatefulSetPatch").inputs["spec"]["template"]["spec"]
    assert made["containers"][0]["volumeMounts"] == [{"mountPath": "/data", "name": "data"}]
    with pytest.raises(ArgumentsError, match=r"is none of the workload's volumes \(data\) \(got 'nope'\)"):
        pulumi_stack.up(lambda: run("nope"))


def test_only_what_serves_can_be_patched(pulumi_stack: MockStack) -> None:
    with pytest.raises(ArgumentsError, match="One of Deployment, StatefulSet, DaemonSet"):
        pulumi_stack.up(lambda: injection().patch("Job", "x") and None)  # type: ignore[arg-type]


def test_what_a_service_on_the_cluster_says_is_heeded(pulumi_stack: MockStack) -> None:
    """The SDK gives objects that it has read in snake_case, once they are together."""
    port = {"name": "web", "port": 80, "protocol": "TCP", "targetPort": "http", "appProtocol": "http"}
    redirecting = {"proxy": {"kind": "nginx", "redirect_http": True}}
    _, redirected = patched(pulumi_stack, LIVE, {"spec": {"ports": [port]}}, redirecting)
    assert redirected["spec"]["ports"][0]["targetPort"] == 8081
    _, pointed = patched(MockStack(), LIVE, {"spec": {"ports": [port]}}, {"service": {"ports": "point", "port": 80}})
    assert (pointed["spec"]["ports"][0]["targetPort"], pointed["spec"]["ports"][0]["appProtocol"]) == (8443, "https")
    headless = {"spec": {"clusterIP": "None", "ports": [port]}}
    _, added = patched(MockStack(), LIVE, headless, {"service": {"port": 8443}})
    assert [each["port"] for each in added["spec"]["ports"]] == [80, 8443]


# --- what was there before --------------------------------------------------------------------------------------------

POINT: dict[str, Any] = {"service": {"ports": "point", "port": 80}}
REDIRECT: dict[str, Any] = {"proxy": {"kind": "nginx", "redirect_http": True}}
WEB = {"port": 80, "protocol": "TCP", "targetPort": "http", "name": "web", "appProtocol": "http"}


def applied(service: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """The Service when a patch of its ports has been applied."""
    there = {(port["port"], port["protocol"]): port for port in service["spec"]["ports"]}
    ports = [{**there.get((port["port"], port["protocol"]), {}), **port} for port in sent["spec"]["ports"]]
    return {"metadata": {"annotations": sent["metadata"]["annotations"]}, "spec": {"ports": ports}}


@pytest.mark.parametrize(("first", "target"), [(POINT, 8443), (REDIRECT, 8081)])
def test_what_is_no_longer_changed_is_given_back(first: dict[str, Any], target: int) -> None:
    """Server-side apply would take the field away, and the port lead to its own number."""
    before = {"spec": {"ports": [WEB]}}
    _, one = patched(MockStack(), LIVE, before, first)
    assert one["spec"]["ports"][0]["targetPort"] == target
    live = applied(before, one)
    _, two = patched(MockStack(), LIVE, live)
    assert two["spec"]["ports"][0]["targetPort"] == "http"
    assert two["spec"]["ports"][0].get("appProtocol") == ("http" if first is POINT else None)
    live = applied(before, two)
    assert patched(MockStack(), LIVE, live)[1] == two
    live["spec"]["ports"][0]["targetPort"] = "other"  # its owner's
    assert "targetPort" not in patched(MockStack(), LIVE, live)[1]["spec"]["ports"][0]
    _, again = patched(MockStack(), LIVE, applied(before, two), first)
    assert again == one


def test_a_grace_period_is_given_back(pulumi_stack: MockStack) -> None:
    live = copy.deepcopy(LIVE)
    live["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 60
    template, _ = patched(pulumi_stack, live, SERVICE, {"drain_seconds": 90})
    added = template["spec"]["template"]
    assert added["spec"]["terminationGracePeriodSeconds"] > 90
    live["spec"]["template"]["spec"] |= {
        "terminationGracePeriodSeconds": added["spec"]["terminationGracePeriodSeconds"]
    }
    live["spec"]["template"]["metadata"]["annotations"] = added["metadata"]["annotations"]
    # Of the record only the grace period matters here.
    template, _ = patched(MockStack(), live, SERVICE)
    assert template["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 60


@pytest.mark.parametrize("args", [POINT, REDIRECT, {}])
def test_what_destroy_does_not_give_back_is_told(args: dict[str, Any], pulumi_stack: MockStack) -> None:
    patched(pulumi_stack, LIVE, SERVICE, args)
    assert pulumi_stack.result is not None
    said = [each.message for each in pulumi_stack.result.diagnostics]
    assert len(said) == bool(args)
    assert not args or 'spec.ports[80].targetPort (was "http") becomes Kubernetes\' default' in said[0]


def test_what_was_the_default_comes_back_by_itself(pulumi_stack: MockStack) -> None:
    live = copy.deepcopy(LIVE)
    live["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 30
    same = {"spec": {"ports": [{"port": 8080, "protocol": "TCP", "targetPort": 8080}]}}
    patched(pulumi_stack, live, same, {"service": {"ports": "point", "port": 8080}})
    assert pulumi_stack.result is not None
    assert pulumi_stack.result.diagnostics == []


# --- several ----------------------------------------------------------------------------------------------------------


def test_two_workloads_by_one_injection(pulumi_stack: MockStack) -> None:
    for kind in ("Deployment", "StatefulSet"):
        pulumi_stack.mock_resource(f"kubernetes:apps/v1:{kind}", LIVE)
    pulumi_stack.mock_resource("kubernetes:core/v1:Service", SERVICE)

    def run() -> None:
        web = injection({"namespace": "shop"})
        web.patch("Deployment", "web")
        web.patch("StatefulSet", "db")

    result = pulumi_stack.up(run)
    assert result.one("StatefulSetPatch").inputs["metadata"]["name"] == "db"
    assert result.one("DeploymentPatch").inputs["metadata"]["name"] == "web"
    assert len(result.one("ServicePatch").inputs["spec"]["ports"]) == 2


@pytest.mark.parametrize(("name", "namespace"), [("other", "shop"), ("other", "bank"), ("web", "shop")])
def test_two_patches_of_one_workload(name: str, namespace: str, pulumi_stack: MockStack) -> None:
    pulumi_stack.mock_resource("kubernetes:apps/v1:Deployment", LIVE)

    def run() -> None:
        web = injection({"namespace": "shop", "service": {"ports": "leave"}})
        web.patch("Deployment", "web")
        other = web if name == "web" else injection({"namespace": namespace, "service": {"ports": "leave"}}, name)
        other.patch("Deployment", "web")

    if namespace == "bank":
        assert len(pulumi_stack.up(run).all("DeploymentPatch")) == 2
        return
    with pytest.raises(ArgumentsError, match='is of what SidecarInjection "web" patches'):
        pulumi_stack.up(run)
