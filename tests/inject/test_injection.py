"""SidecarInjection in Pulumi programs, and pod templates of one's own."""

from __future__ import annotations

import copy
from typing import Any

import pulumi
import pytest
from pulumi_kubernetes import apps, core

from pulumi_sidecar import ArgumentsError, SidecarInjection, add_sidecar
from pulumi_sidecar.inject.template import with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, wanted
from pulumi_sidecar.testing import MockStack, assert_children_parented, assert_no_plain_secrets
from tests.inject.support import POD, injection
from tests.inject.test_template import BASIC

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


@pytest.mark.parametrize("template", [None, "web", pulumi.Output])
def test_what_is_no_template(pulumi_stack: MockStack, template: Any) -> None:
    def program() -> None:
        given = pulumi.Output.from_input(POD) if template is pulumi.Output else template
        add_sidecar(given, injection())

    with pytest.raises(ArgumentsError, match="template: must be a PodTemplateSpecArgs or a dict, and is of type"):
        pulumi_stack.up(program)


def test_two_injections_are_no_silent_exchange(pulumi_stack: MockStack) -> None:
    """What the first one added, TLS perhaps, would be taken back."""

    def program(other: Any) -> None:
        add_sidecar(add_sidecar(POD, injection()), SidecarInjection("other", other))

    for other in ({"sidecars": {"shipper": {"image": "s:1"}}}, {**BASIC, "tls": {"kind": "secret", "name": "else"}}):
        with pytest.raises(ArgumentsError, match='template: has what SidecarInjection "web" adds'):
            pulumi_stack.up(lambda other=other: program(other))


def test_a_template_that_a_text_was_injected_into(pulumi_stack: MockStack) -> None:
    """The same proxy takes the other's place, as it would in a text; whatever else is not taken out silently."""
    injected = with_sidecar(POD, wanted("text", BASIC), Mounted("c", "s"), "Deployment", "text").document

    def program(name: str, args: Any) -> None:
        template: Any = add_sidecar(injected, SidecarInjection(name, args))
        pulumi.export("containers", [each["name"] for each in template["spec"]["containers"]])

    assert pulumi_stack.up(lambda: program("web", BASIC)).outputs["containers"].value == ["web", "proxy"]
    with pytest.raises(ArgumentsError, match="template: has 'proxy' of another injection"):
        pulumi_stack.up(lambda: program("logs", {"sidecars": {"shipper": {"image": "s:1"}}}))


def test_claims_of_a_stateful_set(pulumi_stack: MockStack) -> None:
    def program(*claims: str) -> None:
        mounts = [{"volume": "data", "mount_path": "/data"}]
        add_sidecar(POD, injection({"app": {"port": 8080, "volume_mounts": mounts}}), claims=claims)

    pulumi_stack.up(lambda: program("data"))
    with pytest.raises(
        ArgumentsError, match=r"Of a StatefulSet: tell add_sidecar its volumeClaimTemplates, by .claims"
    ):
        pulumi_stack.up(program)


@pytest.mark.parametrize("restarts", ["Never", "OnFailure"])
def test_the_pod_template_of_a_job(restarts: str, pulumi_stack: MockStack) -> None:
    """Its kind is not known: restartPolicy tells that it ends."""
    template: Any = copy.deepcopy(POD)
    template["spec"]["restartPolicy"] = restarts

    def run(lifecycle: str) -> None:
        add_sidecar(template, injection({"proxy": {"kind": "nginx", "lifecycle": lifecycle}}))

    with pytest.raises(ArgumentsError, match=f'a pod with restartPolicy "{restarts}" would never end'):
        pulumi_stack.up(lambda: run("classic"))
    pulumi_stack.up(lambda: run("native"))
