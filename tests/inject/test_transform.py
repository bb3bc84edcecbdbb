"""Transforms that give workloads of others the sidecar: what they pick, and what they make of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import pulumi
import pytest
from pulumi_kubernetes import apps, core, yaml

from pulumi_sidecar import ArgumentsError, SidecarDeployment, SidecarInjection, offline
from pulumi_sidecar.testing import MockStack, assert_no_plain_secrets
from tests.conftest import BASIC as COMPONENT
from tests.inject.support import POD, SELECTOR, containers, injection, program
from tests.inject.test_template import BASIC


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


@pytest.mark.parametrize(
    "other", [{"sidecars": {"shipper": {"image": "s:1"}}}, {**BASIC, "tls": {"kind": "secret", "name": "else"}}]
)
def test_two_injections_of_one_workload(other: Any, pulumi_stack: MockStack) -> None:
    def run() -> None:
        for each in (injection(), SidecarInjection("other", other)):
            pulumi.runtime.register_resource_transform(each.transform())
        apps.v1.Deployment("one", spec={"selector": SELECTOR, "template": POD})

    with pytest.raises(ArgumentsError, match='has what SidecarInjection "web" adds'):
        pulumi_stack.up(run)


@pytest.mark.parametrize(
    ("volume", "claim", "problem"),
    [
        ("data", "data", None),
        ("nope", "data", r"is none of the workload's volumes \(data\) \(got 'nope'\)"),
        (None, "proxy-work", 'makes a volume "proxy-work", and the workload has one of that name'),
    ],
)
def test_claims_of_a_stateful_set(volume: str | None, claim: str, problem: str | None, pulumi_stack: MockStack) -> None:
    def run(late: bool) -> None:
        mounts = [{"volume": volume, "mount_path": "/data"}] if volume else []
        app = {"port": 8080, "volume_mounts": mounts}
        pulumi.runtime.register_resource_transform(injection({"app": app}).transform())
        name = Thing("thing").word if late else claim
        claims: Any = [{"metadata": {"name": name}}]
        spec: Any = {"service_name": "s", "selector": SELECTOR, "template": POD, "volume_claim_templates": claims}
        apps.v1.StatefulSet("one", spec=spec)

    pulumi_stack.mock_resource("acme:index:Thing", {"word": claim})
    for late in (False, True):
        with pytest.raises(ArgumentsError, match=problem) if problem else nullcontext():
            pulumi_stack.up(lambda late=late: run(late))
    pulumi_stack.preview(lambda: run(late=True))


def test_a_secret_name_is_not_told(pulumi_stack: MockStack) -> None:
    def run() -> None:
        pulumi.runtime.register_resource_transform(injection().transform(name="none"))
        metadata: Any = {"name": pulumi.Output.secret("hush-hush")}
        apps.v1.Deployment("one", metadata=metadata, spec={"selector": SELECTOR, "template": POD})
        core.v1.Service("two", metadata=metadata, spec={"ports": [{"port": 80}]})

    said = " ".join(each.message for each in pulumi_stack.up(run).diagnostics)
    assert 'seen: Deployment "one"' in said
    assert "hush" not in said


def test_a_headless_service_is_warned_of(pulumi_stack: MockStack) -> None:
    def run(port: int | None) -> None:
        web = injection({"service": {"port": port}} if port else {})
        pulumi.runtime.register_resource_transform(web.transform(name="web"))
        spec: Any = {"cluster_ip": "None", "ports": [{"port": 8080}]}
        core.v1.Service("web", metadata={"name": "web"}, spec=spec)
        apps.v1.StatefulSet("web", spec={"service_name": "web", "selector": SELECTOR, "template": POD})

    said = [each.message for each in pulumi_stack.up(lambda: run(None)).diagnostics]
    assert any("Set service.port to 8443." in message for message in said), said
    assert not pulumi_stack.up(lambda: run(8443)).diagnostics


# --- what is secret, or not known yet ---------------------------------------------------------------------------------


PLACES: dict[str, tuple[str, tuple[str, ...]]] = {
    "metadata": ("Deployment", ("metadata", "name")),
    "metadata.labels": ("Deployment", ("metadata", "labels", "of")),
    "metadata.annotations": ("Service", ("metadata", "annotations", "of")),
    "template.labels": ("Deployment", ("spec", "template", "metadata", "labels", "of")),
    "template.annotations": ("Deployment", ("spec", "template", "metadata", "annotations", "of")),
    "selector": ("Service", ("spec", "selector", "app")),
}


class Thing(pulumi.CustomResource):
    """What only its provider knows: unknown in a preview."""

    word: pulumi.Output[str]

    def __init__(self, name: str) -> None:
        super().__init__("acme:index:Thing", name, {"word": None})


def with_late(where: str, *, own: bool = False, secret: bool = False) -> Callable[[], None]:
    """A workload and its Service with something in them that only a resource tells."""

    def run() -> None:
        web = injection()
        transform = web.transform(name="web")
        if not own:
            pulumi.runtime.register_resource_transform(transform)
        opts = pulumi.ResourceOptions(transforms=[transform]) if own else None
        word = Thing("thing").word
        late: Any = pulumi.Output.secret(word) if secret else word
        labels = late.apply(lambda name: {"app": "web", "of": name})
        metadata: Any = {"name": "web", "labels": labels if where == "metadata.labels" else {"a": "b"}}
        if where == "metadata.annotations":
            metadata["annotations"] = {"of": late}
        pod = copy.deepcopy(POD)
        if where == "template.labels":
            pod["metadata"]["labels"] = labels
        if where == "template.annotations":
            pod["metadata"]["annotations"] = labels
        if where == "metadata":
            metadata = late.apply(lambda _: {"name": "web"})
        selector = {"app": late} if where == "selector" else {"app": "web"}
        apps.v1.Deployment("web", metadata=metadata, spec={"selector": SELECTOR, "template": pod}, opts=opts)
        apps.v1.Deployment(
            "else", metadata={"name": "else", "labels": labels}, spec={"selector": SELECTOR, "template": pod}, opts=opts
        )
        ports: Any = [{"port": 80, "target_port": 8080}]
        core.v1.Service("web", metadata=metadata, spec={"selector": selector, "ports": ports}, opts=opts)

    return run


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("where", PLACES)
def test_outputs_where_a_transform_looks(where: str, own: bool, secret: bool, pulumi_stack: MockStack) -> None:
    """A resource's own transforms get an Output for each property that depends on something."""
    pulumi_stack.mock_resource("acme:index:Thing", {"word": "hush-hush"})
    assert pulumi_stack.preview(with_late(where, own=own, secret=secret)).all("Deployment")
    result = pulumi_stack.up(with_late(where, own=own, secret=secret))
    assert containers(result, name="web") == ["web", "proxy"]
    assert containers(result, name="else") == ["web"]
    service = result.one("Service").inputs
    assert [port["port"] for port in service["spec"]["ports"]] == [80, 443]
    assert "pulumi-sidecar/injected" in service["metadata"]["annotations"]
    kind, path = PLACES[where]
    assert result.one(kind, "web").is_secret(*path) == secret


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("secret", [False, True])
def test_outputs_in_a_pod(secret: bool, own: bool, pulumi_stack: MockStack) -> None:
    """A Pod is its own template."""
    pulumi_stack.mock_resource("acme:index:Thing", {"word": "hush-hush"})

    def run() -> None:
        transform = injection().transform(name="web", kinds=("Pod",))
        if not own:
            pulumi.runtime.register_resource_transform(transform)
        word = Thing("thing").word
        labels = (pulumi.Output.secret(word) if secret else word).apply(lambda known: {"app": known})
        opts = pulumi.ResourceOptions(transforms=[transform]) if own else None
        core.v1.Pod("web", metadata={"name": "web", "labels": labels}, spec=POD["spec"], opts=opts)

    assert pulumi_stack.preview(run).one("Pod")
    made = pulumi_stack.up(run).one("Pod")
    assert [each["name"] for each in made.inputs["spec"]["containers"]] == ["web", "proxy"]
    assert made.inputs["metadata"]["labels"] == {"app": "hush-hush"}
    assert made.is_secret("metadata", "labels", "app") == secret


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize(("key", "value"), [("targetPort", "http"), ("protocol", "TCP"), ("name", "https")])
def test_outputs_in_ports_of_a_service(key: str, value: str, secret: bool, pulumi_stack: MockStack) -> None:
    pulumi_stack.mock_resource("acme:index:Thing", {"word": value})

    def run(ports: str) -> None:
        service: Any = {"ports": ports, **({"port": 80} if ports == "point" else {})}
        pulumi.runtime.register_resource_transform(injection({"service": service}).transform(name="web"))
        word = Thing("thing").word
        port: Any = {"port": 80, "targetPort": "http", key: pulumi.Output.secret(word) if secret else word}
        core.v1.Service("web", metadata={"name": "web"}, spec={"selector": {"app": "web"}, "ports": [port]})

    for ports, names in (("point", [value if key == "name" else None]), ("add", None)):
        assert pulumi_stack.preview(lambda ports=ports: run(ports)).all("Service")
        made = pulumi_stack.up(lambda ports=ports: run(ports)).one("Service").inputs["spec"]["ports"]
        found = [port.get("name") for port in made]
        assert found == names if names else len(set(found)) == 2
        assert made[-1]["targetPort"] == 8443


def test_a_secret_of_a_service_stays_one(pulumi_stack: MockStack) -> None:
    def run() -> None:
        pulumi.runtime.register_resource_transform(injection().transform(name="web"))
        metadata: Any = {"name": "web", "annotations": {"token": pulumi.Output.secret("hush-hush"), "plain": "yes"}}
        core.v1.Service("web", metadata=metadata, spec={"selector": {"app": "web"}, "ports": [{"port": 80}]})

    for result in (pulumi_stack.preview(run), pulumi_stack.up(run)):
        made = result.one("Service")
        assert len(made.inputs["spec"]["ports"]) == 2
        assert made.is_secret("metadata", "annotations", "token")
        assert not made.is_secret("metadata", "annotations", "plain")


# --- namespaces that are Outputs, names that are unknown --------------------------------------------------------------


def in_two_namespaces(namespace: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        web = injection({"namespace": namespace()})
        pulumi.runtime.register_resource_transform(web.transform(name="web", required=True))
        for space in ("shop", "bank"):
            metadata: Any = {"name": "web", "namespace": space}
            apps.v1.Deployment(space, metadata=metadata, spec={"selector": SELECTOR, "template": POD})
            core.v1.Service(space, metadata=metadata, spec={"selector": {"app": "web"}, "ports": [{"port": 80}]})

    return run


@pytest.mark.parametrize("late", [False, True])
def test_a_namespace_that_is_an_output(late: bool, pulumi_stack: MockStack) -> None:
    pulumi_stack.mock_resource("acme:index:Thing", {"word": "shop"})
    run = in_two_namespaces(lambda: Thing("thing").word if late else pulumi.Output.from_input("shop"))
    for result in (pulumi_stack.preview(run), pulumi_stack.up(run)):
        proxied = [each.name for each in result.all("Deployment") if "proxy-config" in json.dumps(each.inputs)]
        led = [each.name for each in result.all("Service") if len(each.inputs["spec"]["ports"]) == 2]
        unknown = late and result is not pulumi_stack.result
        assert proxied == led == (["shop", "bank"] if unknown else ["shop"])
        assert not result.diagnostics


def test_the_namespace_itself_is_not_waited_for(pulumi_stack: MockStack) -> None:
    """A transform of the whole stack sees the Namespace as well, of which its own namespace is an Output."""

    def run() -> Any:
        transform = injection({"namespace": Thing("thing").word}).transform(name="web")
        props = {"metadata": {"name": pulumi.Output.from_input("shop")}}
        opts = pulumi.ResourceOptions()
        kind = "kubernetes:core/v1:Namespace"
        return transform(pulumi.ResourceTransformArgs(custom=True, type_=kind, name="shop", props=props, opts=opts))

    assert pulumi_stack.up(run).returned is None


LATE: dict[str, tuple[dict[str, Any], Callable[[Any], dict[str, Any]]]] = {
    "name": ({"name": "web"}, lambda word: {"name": word}),
    "label": ({"labels": {"tier": "web"}}, lambda word: {"name": "web", "labels": {"tier": word}}),
    "labels": (
        {"labels": {"tier": "web"}},
        lambda word: {"name": "web", "labels": word.apply(lambda it: {"tier": it})},
    ),
    "annotations": ({"annotations": {"a": "web"}}, lambda word: {"name": "web", "annotations": {"a": word}}),
}


@pytest.mark.parametrize("where", LATE)
def test_what_may_be_picked_once_it_is_known_counts(where: str, pulumi_stack: MockStack) -> None:
    select, metadata = LATE[where]

    def run(found: str) -> None:
        pulumi.runtime.register_resource_transform(injection().transform(**select, required=True))
        late: Any = metadata(Thing("thing").word)
        apps.v1.Deployment("one", metadata=late, spec={"selector": SELECTOR, "template": POD})
        core.v1.Service("two", metadata={"name": late["name"]}, spec={"ports": [{"port": 80}]})

    for found in ("web", "else"):
        pulumi_stack.mock_resource("acme:index:Thing", {"word": found})
        assert not pulumi_stack.preview(lambda found=found: run(found)).diagnostics
        with pytest.raises(ArgumentsError, match="picked no workload") if found == "else" else nullcontext():
            assert not pulumi_stack.up(lambda found=found: run(found)).diagnostics


# --- redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "found"), [("http", "http"), (9090, "9090"), (8080, None)])
def test_a_service_that_cannot_redirect_is_warned_of(target: Any, found: str | None, pulumi_stack: MockStack) -> None:
    def run() -> None:
        web = injection({"proxy": {"kind": "nginx", "redirect_http": True}})
        pulumi.runtime.register_resource_transform(web.transform(name="web"))
        apps.v1.Deployment("web", metadata={"name": "web"}, spec={"selector": SELECTOR, "template": POD})
        ports: Any = [{"port": 80, "targetPort": target}]
        core.v1.Service("web", metadata={"name": "web"}, spec={"selector": {"app": "web"}, "ports": ports})

    result = pulumi_stack.up(run)
    said = [each.message for each in result.diagnostics]
    assert result.one("Service").inputs["spec"]["ports"][0]["targetPort"] == (target if found else 8081)
    assert len(said) == bool(found), said
    if found:
        assert f"lead to the app at port 8080 (targetPort {found}). Write 8080 as targetPort" in said[0]
