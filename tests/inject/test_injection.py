"""SidecarInjection in Pulumi programs: pod templates of one's own, transforms, and patches."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from pulumi_kubernetes import apps, core, yaml

from pulumi_sidecar import ArgumentsError, SidecarDeployment, SidecarInjection, add_sidecar, offline
from pulumi_sidecar.testing import MockStack, Result, assert_children_parented, assert_no_plain_secrets
from tests.conftest import BASIC as COMPONENT
from tests.inject.test_template import BASIC, PLAN

TOKEN = "sidecar:index:SidecarInjection"
POD: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"name": "http", "containerPort": 8080}]}]},
}
SELECTOR = {"matchLabels": {"app": "web"}}


def injection(args: Mapping[str, Any] | None = None, name: str = "web") -> SidecarInjection:
    return SidecarInjection(name, {**BASIC, **(args or {})})  # type: ignore[arg-type]


def containers(result: Result, kind: str = "Deployment", name: str | None = None) -> list[str]:
    spec = result.one(kind, name).inputs["spec"]["template"]["spec"]
    return [each["name"] for each in spec["containers"]]


# --- the component ----------------------------------------------------------------------------------------------------


def test_what_is_registered(pulumi_stack: MockStack) -> None:
    result = pulumi_stack.up(lambda: injection() and None)
    made = {each.type.rpartition(":")[2]: each.name for each in result.resources}
    assert made.pop("PrivateKey") in ("web-key", "web-ca-key")
    assert made == {
        "SidecarInjection": "web",
        "ConfigMap": "web-config",
        "SelfSignedCert": "web-ca",
        "CertRequest": "web-request",
        "LocallySignedCert": "web-certificate",
        "Secret": "web-tls",
    }
    assert_children_parented(result)
    assert_no_plain_secrets(result)


def test_outputs(pulumi_stack: MockStack) -> None:
    def program() -> Any:
        made = injection({"namespace": "shop", "service": {"name": "front"}})
        left = injection({"service": {"ports": "leave"}, "tls": {"kind": "secret", "name": "theirs"}}, "other")
        return [made.url, made.ca_cert_pem, made.secret_name, left.url, left.secret_name]

    result = pulumi_stack.up(program)
    url, ca, secret, none, theirs = [each.value for each in result.returned]
    assert url == "https://front.shop.svc"
    assert ca.startswith("-----BEGIN CERTIFICATE")
    assert secret == result.one("Secret").outputs["metadata"]["name"]
    assert none is None
    assert theirs == "theirs"


def test_bad_arguments_before_anything_is_registered(pulumi_stack: MockStack) -> None:
    with pytest.raises(ArgumentsError, match=r'SidecarInjection "web": 2 arguments'):
        pulumi_stack.up(lambda: injection({"app": {}, "proxy": {"kind": "nginx", "hsts": {"preload": True}}}) and None)
    assert pulumi_stack.result is not None
    assert pulumi_stack.result.resources == []


# --- pod templates of one's own ---------------------------------------------------------------------------------------


def test_add_sidecar_gives_back_what_it_got(pulumi_stack: MockStack) -> None:
    plain = {"spec": {"containers": [{"name": "web", "image": "w", "imagePullPolicy": "Always"}]}}
    snake = {"spec": {"containers": [{"name": "web", "image": "w", "image_pull_policy": "Always"}]}}
    args = core.v1.PodTemplateSpecArgs(
        spec=core.v1.PodSpecArgs(
            containers=[core.v1.ContainerArgs(name="web", image="w", image_pull_policy="Always")],
            node_selector={"disk_type": "fast"},
        )
    )

    def program() -> None:
        web = injection()
        assert "volumeMounts" in add_sidecar(plain, web)["spec"]["containers"][1]  # type: ignore[call-overload]
        assert "volume_mounts" in add_sidecar(snake, web)["spec"]["containers"][1]  # type: ignore[call-overload]
        made = add_sidecar(args, web)
        assert isinstance(made, core.v1.PodTemplateSpecArgs)
        spec: Any = made.spec
        assert isinstance(spec, core.v1.PodSpecArgs)
        assert [each.name for each in spec.containers] == ["web", "proxy"]
        assert spec.containers[0].image_pull_policy == "Always"
        assert spec.containers[1].liveness_probe.http_get.port == 9443
        assert spec.node_selector == {"disk_type": "fast"}
        for form, template in (("plain", add_sidecar(plain, web)), ("snake", snake), ("args", args)):
            template = add_sidecar(add_sidecar(template, web), web)  # type: ignore[type-var]
            apps.v1.Deployment(form, spec={"selector": {"match_labels": {"a": "b"}}, "template": template})

    result = pulumi_stack.up(program)
    made = [each.inputs["spec"]["template"] for each in result.all("Deployment")]
    assert [len(each["spec"]["containers"]) for each in made] == [2, 2, 2]
    config = result.one("ConfigMap").outputs["metadata"]["name"]
    assert {each["spec"]["volumes"][0]["configMap"]["name"] for each in made} == {config}
    assert made[0] == made[1]
    assert_no_plain_secrets(result)


# --- transforms -------------------------------------------------------------------------------------------------------


def program(
    select: Mapping[str, Any], args: Mapping[str, Any] | None = None, stack_wide: bool = True
) -> Callable[[], None]:
    def run() -> None:
        web = injection(args)
        transform = web.transform(**select)
        if stack_wide:
            pulumi.runtime.register_resource_transform(transform)
        opts = None if stack_wide else pulumi.ResourceOptions(transforms=[transform])
        metadata: Any = {"name": "web", "namespace": "shop", "labels": {"tier": "front"}}
        apps.v1.Deployment("one", metadata=metadata, spec={"selector": SELECTOR, "template": POD}, opts=opts)
        apps.v1.StatefulSet("two", spec={"service_name": "two", "selector": SELECTOR, "template": POD}, opts=opts)
        ports: Any = [{"port": 80, "target_port": 8080}]
        core.v1.Service("service", metadata=metadata, spec={"selector": {"app": "web"}, "ports": ports}, opts=opts)
        core.v1.Service("other", metadata={"name": "x"}, spec={"selector": {"app": "x"}, "ports": ports}, opts=opts)

    return run


@pytest.mark.parametrize("stack_wide", [True, False])
@pytest.mark.parametrize(
    ("select", "picked"),
    [
        ({}, {"one", "two"}),
        ({"name": "web"}, {"one"}),
        ({"name": "two"}, {"two"}),  # by the resource's name, where the other is Pulumi's
        ({"labels": {"tier": "front"}}, {"one"}),
        ({"labels": {"app": "web"}}, {"one", "two"}),  # the pods'
        ({"labels": {"app": "other"}}, set()),
        ({"annotations": {"https": "yes"}}, set()),
        ({"kinds": ("StatefulSet",)}, {"two"}),
        ({"namespace": "shop"}, {"one", "two"}),
        ({"namespace": "else"}, {"two"}),
    ],
)
def test_which_workloads_are_picked(
    pulumi_stack: MockStack, select: Mapping[str, Any], picked: set[str], stack_wide: bool
) -> None:
    result = pulumi_stack.up(program(select, stack_wide=stack_wide))
    found = {each.name for each in result.resources if "proxy-config" in json.dumps(each.inputs)}
    assert found == picked
    ports = result.one("Service", "service").inputs["spec"]["ports"]
    assert len(ports) == (1 if select.get("namespace") == "else" else 2)
    assert len(result.one("Service", "other").inputs["spec"]["ports"]) == 1


def test_the_workload_waits_for_what_it_mounts(pulumi_stack: MockStack) -> None:
    result = pulumi_stack.up(program({}))
    mounts = {result.one("ConfigMap").urn, result.one("Secret").urn}
    assert mounts <= set(result.one("Deployment").dependencies)


def test_previews_and_secrets(pulumi_stack: MockStack) -> None:
    def run() -> None:
        pulumi.runtime.register_resource_transform(injection().transform())
        pod = copy.deepcopy(POD)
        pod["spec"]["containers"][0]["env"] = [{"name": "PASSWORD", "value": pulumi.Output.secret("hush")}]
        apps.v1.Deployment("one", spec={"selector": SELECTOR, "template": pod})

    for result in (pulumi_stack.preview(run), pulumi_stack.up(run)):
        assert containers(result) == ["web", "proxy"]
        assert result.one("Deployment").is_secret("spec", "template", "spec", "containers", 0, "env", 0, "value")
    assert_no_plain_secrets(pulumi_stack.up(run))


def test_a_transform_twice_is_once(pulumi_stack: MockStack) -> None:
    def run() -> None:
        web = injection()
        pulumi.runtime.register_resource_transform(web.transform())
        opts = pulumi.ResourceOptions(transforms=[web.transform(name="one")])
        apps.v1.Deployment("one", spec={"selector": SELECTOR, "template": POD}, opts=opts)

    assert containers(pulumi_stack.up(run)) == ["web", "proxy"]


def test_children_of_yaml(pulumi_stack: MockStack) -> None:
    """Those that run in the program; what a plugin expands goes through the engine, which asks transforms all the
    same."""

    def run() -> None:
        text = json.dumps(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "web"},
                "spec": {"selector": SELECTOR, "template": POD},
            }
        )
        pulumi.runtime.register_resource_transform(injection().transform(name="web"))
        yaml.ConfigGroup("group", yaml=[text])

    assert containers(pulumi_stack.up(run)) == ["web", "proxy"]


def test_a_deployment_of_our_own_is_left_alone(pulumi_stack: MockStack) -> None:
    def run() -> None:
        pulumi.runtime.register_resource_transform(injection().transform())
        SidecarDeployment("own", COMPONENT)  # type: ignore[arg-type]

    assert containers(pulumi_stack.up(run)) == ["app", "proxy"]


def test_a_log_shipper_in_a_job(pulumi_stack: MockStack) -> None:
    from pulumi_kubernetes import batch

    def run() -> None:
        args: Any = {"sidecars": {"shipper": {"image": "s:1", "lifecycle": "native"}}}
        shipper = SidecarInjection("logs", args)
        pulumi.runtime.register_resource_transform(shipper.transform(kinds=("CronJob",)))
        pod = {**POD, "spec": {**POD["spec"], "restartPolicy": "Never"}}
        batch.v1.CronJob("nightly", spec={"schedule": "@daily", "job_template": {"spec": {"template": pod}}})

    result = pulumi_stack.up(run)
    spec = result.one("CronJob").inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert [(each["name"], each["restartPolicy"]) for each in spec["initContainers"]] == [("shipper", "Always")]
    assert len(result.resources) == 2


def test_what_does_not_go_together_names_the_workload(pulumi_stack: MockStack) -> None:
    with pytest.raises(ArgumentsError) as caught:
        pulumi_stack.up(program({}, {"app": {"port": 8080, "container": "api"}}))
    assert 'SidecarInjection "web": Deployment "one"' in str(caught.value)
    assert caught.value.problems[0].path == "app.container"
    with pytest.raises(ArgumentsError, match="One of Deployment"):
        pulumi_stack.up(program({"kinds": ("Deploymint",)}))


def test_a_transform_can_be_called_by_a_test(pulumi_stack: MockStack) -> None:
    def run() -> Any:
        transform = injection().transform()
        props = {"metadata": {"name": "web"}, "spec": {"selector": SELECTOR, "template": POD}}
        asked = pulumi.ResourceTransformArgs(
            custom=True,
            type_="kubernetes:apps/v1:Deployment",
            name="web",
            props=props,
            opts=pulumi.ResourceOptions(),
        )
        made = transform(asked)
        assert made is not None
        return made.props

    made = pulumi_stack.up(run).returned
    assert len(made["spec"]["template"]["spec"]["containers"]) == 2


def test_rendered_offline_with_the_sidecar() -> None:
    run = offline.run(program({"name": "web"}, {"namespace": "shop"}))
    objects = {(each["kind"], each["metadata"]["name"]): each for each in run.objects()}
    assert not run.remote
    spec = objects["Deployment", "web"]["spec"]["template"]["spec"]
    assert spec["volumes"][0]["configMap"]["name"] in [name for kind, name in objects if kind == "ConfigMap"]


# --- patches ----------------------------------------------------------------------------------------------------------

LIVE: dict[str, Any] = {
    "spec": {"replicas": 2, "selector": SELECTOR, "template": {**POD, "spec": {**POD["spec"], "dnsPolicy": "Default"}}}
}
SERVICE: dict[str, Any] = {"spec": {"ports": [{"port": 80, "protocol": "TCP", "targetPort": "http"}]}}


def patched(stack: MockStack, live: dict[str, Any], service: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    stack.mock_resource("kubernetes:apps/v1:Deployment", live)
    stack.mock_resource("kubernetes:core/v1:Service", service)

    def run() -> None:
        tls = {"kind": "secret", "name": "web-tls"}  # another certificate would be another Secret
        injection({"namespace": "shop", "tls": tls}).patch("Deployment", "web")

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


def test_only_what_serves_can_be_patched(pulumi_stack: MockStack) -> None:
    with pytest.raises(ArgumentsError, match="One of Deployment, StatefulSet, DaemonSet"):
        pulumi_stack.up(lambda: injection().patch("Job", "x") and None)  # type: ignore[arg-type]
