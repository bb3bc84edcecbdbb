"""The plugin's process, driven over its real interface by what stands in for the engine."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_sidecar.runtime.recorded import UNKNOWN as GAP
from pulumi_sidecar.testing.providers import Answers
from tests.plugin.engine import ROOT, UNKNOWN, Constructed, Engine, Refused, Sent, reference, secret_mark
from tests.support.argument_table import pki

BASIC: dict[str, Any] = {"app": {"image": "ghcr.io/acme/web:1.4", "port": 8080.0}, "proxy": {"kind": "nginx"}}
ELSEWHERE = "urn:pulumi:test::project::aws:rds/instance:Instance::db"


def containers(made: Constructed) -> dict[str, Any]:
    """The pod's containers by name."""
    pod = made.one("Deployment").inputs["spec"]["template"]["spec"]
    return {each["name"]: each for each in pod["containers"]}


def env(made: Constructed) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in containers(made)["app"]["env"]}


def with_app(**more: Any) -> dict[str, Any]:
    return {**BASIC, "app": {**BASIC["app"], **more}}


# --- what gets through ------------------------------------------------------------------------------------------------


def test_the_component_its_children_and_its_outputs(engine: Engine) -> None:
    made = engine.construct(BASIC)
    assert made.urn == "urn:pulumi:test::project::sidecar:index:SidecarDeployment::web"
    kinds = {each.type.rpartition(":")[2] for each in made.resources}
    assert {"ConfigMap", "Secret", "Deployment", "Service", "PrivateKey"} <= kinds
    assert all(each.parent == made.urn for each in made.resources if each.urn != made.urn)
    assert made.state["url"] == "https://web.default.svc"
    assert made.state["endpoints"] == {"internal": "https://web.default.svc"}
    assert "BEGIN CERTIFICATE" in made.state["caCertPem"]
    assert {"deploymentName", "serviceName", "configMapName", "secretName", "certificateNotAfter"} <= set(made.state)
    assert any("web-ca" in urn for urn in made.dependencies["caCertPem"])


def test_names_are_camel_case_but_not_the_users_keys(engine: Engine) -> None:
    made = engine.construct(
        {
            "app": {
                "image": "a",
                "port": 8080,
                "volumeMounts": [{"volume": "data", "mountPath": "/data", "readOnly": True}],
                "env": {"a_b": "1", "C_D": {"secret": "s", "key": "k_1"}, "E": {"configMap": "c", "key": "k"}},
            },
            "proxy": {"kind": "nginx", "hsts": {"maxAgeSeconds": 4711}, "timeouts": {"readSeconds": 33}},
            "volumes": {"data": {"kind": "persistent_volume_claim", "claimName": "claim"}},
            "labels": {"acme.com/some_thing": "x"},
            "drainSeconds": 12,
        }
    )
    assert containers(made)["app"]["volumeMounts"][0]["mountPath"] == "/data"
    found = env(made)
    assert found["a_b"] == "1"
    assert found["C_D"] == {"secretKeyRef": {"name": "s", "key": "k_1"}}
    assert found["E"] == {"configMapKeyRef": {"name": "c", "key": "k"}}
    assert made.one("Deployment").inputs["metadata"]["labels"]["acme.com/some_thing"] == "x"
    assert "max-age=4711" in json.dumps(made.one("ConfigMap").inputs["data"])


def test_numbers_are_numbers(engine: Engine) -> None:
    made = engine.construct({**with_app(user=1000.0), "replicas": Sent(3.0), "sidecars": {}, "drainSeconds": 7.0})
    deployment = made.one("Deployment").inputs
    assert deployment["spec"]["replicas"] == 3
    assert "127.0.0.1:8080;" in json.dumps(made.one("ConfigMap").inputs["data"])
    assert containers(made)["app"]["securityContext"]["runAsUser"] == 1000


def test_null_is_left_out(engine: Engine) -> None:
    made = engine.construct({**with_app(healthPath=None), "tls": None, "clientAuth": None})
    assert made.state["url"] == "https://web.default.svc"


def test_outputs_anywhere(engine: Engine) -> None:
    made = engine.construct(
        {
            **with_app(
                image=Sent("ghcr.io/acme/web:2", dependencies=(ELSEWHERE,)),
                env={"URL": Sent("postgres://db", dependencies=(ELSEWHERE,)), "B": Sent("b")},
                args=["--name", Sent("late")],
            ),
            "tls": {"kind": "issued", "dnsNames": [Sent("shop.acme.com")]},
            "namespace": Sent("shop"),
        }
    )
    app = containers(made)["app"]
    assert app["image"] == "ghcr.io/acme/web:2"
    assert app["args"] == ["--name", "late"]
    assert env(made)["URL"] == "postgres://db"
    deployment = made.one("Deployment")
    assert ELSEWHERE in deployment.property_dependencies["spec"]
    assert "shop.acme.com" in made.one("CertRequest").inputs["dnsNames"]
    assert deployment.inputs["metadata"]["namespace"] == "shop"


@pytest.mark.parametrize("mark", [lambda text: Sent(text, secret=True), secret_mark], ids=["output", "older engines"])
def test_secrets_stay_secret_and_nothing_else_becomes_one(engine: Engine, mark: Any) -> None:
    made = engine.construct(with_app(env={"PASSWORD": mark("open sesame"), "PLAIN": "x"}))
    assert env(made)["PASSWORD"] == "open sesame"
    deployment = made.one("Deployment")
    (path,) = deployment.secret_paths
    assert path[-1] == "value"
    for each in made.resources:
        if each.type != deployment.type:
            assert "open sesame" not in json.dumps(each.inputs)
    assert not made.secret


def test_previews_with_unknowns(engine: Engine) -> None:
    made = engine.construct({**with_app(image=UNKNOWN, env={"A": UNKNOWN}), "namespace": UNKNOWN}, preview=True)
    deployment = made.one("Deployment")
    assert containers(made)["app"]["image"] == GAP
    assert ("metadata", "namespace") in deployment.unknown_paths
    assert "caCertPem" in made.unknown
    bare = engine.construct(with_app(image=GAP), preview=True)  # as older engines mark it
    assert containers(bare)["app"]["image"] == GAP


def test_the_order_is_the_same_each_time(engine: Engine) -> None:
    """The wire keeps no order, and a pod must not change from run to run."""
    names = [f"V{number}" for number in range(40)]
    made = engine.construct(
        {
            **with_app(env=dict.fromkeys(names, "x")),
            "initContainers": {name.lower(): {"image": "a"} for name in reversed(names)},
        }
    )
    assert [each["name"] for each in containers(made)["app"]["env"]] == sorted(names)
    pod = made.one("Deployment").inputs["spec"]["template"]["spec"]
    assert [each["name"] for each in pod["initContainers"]] == sorted(name.lower() for name in names)


def test_options_are_honoured(engine: Engine) -> None:
    parent = "urn:pulumi:test::project::acme:index:Platform::platform"
    provider = "urn:pulumi:test::project::pulumi:providers:kubernetes::other::some-id"
    made = engine.construct(BASIC, parent=parent, providers={"kubernetes": provider}, protect=True)
    assert made.urn == "urn:pulumi:test::project::acme:index:Platform$sidecar:index:SidecarDeployment::web"
    (component,) = [each for each in made.resources if each.urn == made.urn]
    assert component.parent == parent
    assert component.protect
    for each in made.resources:
        if each.type.startswith("kubernetes:"):
            assert each.provider == provider


def test_several_at_once_do_not_mix(engine: Engine) -> None:
    def one(number: int) -> Constructed:
        return engine.construct(with_app(image=f"image{number}"), name=f"web{number}", preview=number % 2 == 0)

    with ThreadPoolExecutor(4) as pool:
        for number, made in enumerate(pool.map(one, range(4))):
            assert {each.name.partition("-")[0] for each in made.resources} == {f"web{number}"}
            assert containers(made)["app"]["image"] == f"image{number}"
            assert bool(made.unknown) == (number % 2 == 0)


# --- a CA for several -------------------------------------------------------------------------------------------------


def test_a_shared_authority_by_its_outputs(engine: Engine) -> None:
    ca = engine.construct({"namespaces": ["web"]}, type_="sidecar:index:CertificateAuthority", name="ca")
    assert ca.secret == {"privateKeyPem"}
    assert set(ca.state["configMapNames"]) == {"web"}
    key = Sent(ca.state["privateKeyPem"], secret=True)
    given = {"certPem": Sent(ca.state["certPem"]), "privateKeyPem": key, "bundlePem": ca.state["bundlePem"]}
    made = engine.construct({**BASIC, "tls": {"kind": "issued", "ca": given}})
    assert "SelfSignedCert" not in {each.type.rpartition(":")[2] for each in made.resources}
    assert made.state["caCertPem"] == ca.state["bundlePem"]
    signed = made.one("LocallySignedCert")
    assert signed.inputs["caPrivateKeyPem"] == ca.state["privateKeyPem"]
    assert ("caPrivateKeyPem",) in signed.secret_paths


def test_an_authority_cannot_be_given_whole(engine: Engine) -> None:
    ca = reference("urn:pulumi:test::project::sidecar:index:CertificateAuthority::ca")
    with pytest.raises(Refused) as refused:
        engine.construct({**BASIC, "tls": {"kind": "issued", "ca": ca}})
    assert "tls.ca: must be an object with a CA's outputs. Give its outputs: {certPem:" in refused.value.text


def test_what_is_wrong_with_an_authority_is_told_by_its_path(engine: Engine) -> None:
    given = {"certPem": "x", "privateKeyPem": Sent("y", secret=True), "bundlePem": pki()["ca"]}
    with pytest.raises(Refused) as refused:
        engine.construct({**BASIC, "tls": {"kind": "issued", "ca": given}})
    assert "tls.ca.certPem: is no PEM of certificates" in refused.value.text


# --- errors -----------------------------------------------------------------------------------------------------------


def refused(engine: Engine, inputs: dict[str, Any], **more: Any) -> Refused:
    with pytest.raises(Refused) as failure:
        engine.construct(inputs, **more)
    assert "Traceback" not in failure.value.text
    assert ".py" not in failure.value.text
    assert engine.printed == ""
    return failure.value


def test_errors_name_the_properties_as_they_were_written(engine: Engine) -> None:
    found = refused(
        engine,
        {
            "app": {"image": "not an image", "port": 2.5, "healthPath": "no path"},
            "proxy": {"kind": "nginx", "timeouts": {"readSeconds": -1}},
        },
    )
    assert found.message == 'SidecarDeployment "web": 4 arguments cannot be used'
    assert set(found.properties) == {"app.image", "app.port", "app.healthPath", "proxy.timeouts.readSeconds"}
    assert found.properties["app.port"] == "must be a whole number. Give a number without a fraction."


def test_what_does_not_go_together_is_told_likewise(engine: Engine) -> None:
    tls = {"kind": "issued", "validityDays": 20, "renewBeforeDays": 30}
    assert "Make renewBeforeDays smaller than validityDays" in refused(engine, {**BASIC, "tls": tls}).text


def test_an_argument_of_another_kind(engine: Engine) -> None:
    found = refused(engine, {**BASIC, "tls": {"kind": "off", "dnsNames": ["a.b"]}})
    assert "tls.dnsNames: is not an argument" in found.text


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({**BASIC, "app": {"image": "a", "port": Sent(8080.0)}}, "app.port"),
        ({**BASIC, "app": {"image": "a", "port": UNKNOWN}}, "app.port"),
        ({**BASIC, "proxy": {"kind": Sent("nginx")}}, "proxy.kind"),
        ({**BASIC, "proxy": Sent({"kind": "nginx"})}, "proxy"),
        ({**BASIC, "tls": Sent({"kind": "off"}, secret=True)}, "tls"),
        ({**BASIC, "app": Sent({"image": "a", "port": 8080})}, "app"),
        ({**BASIC, "volumes": Sent({})}, "volumes"),
    ],
)
def test_an_output_that_decides_the_shape(engine: Engine, inputs: dict[str, Any], path: str) -> None:
    assert f"{path}: is an Output, but decides the shape of the pod" in refused(engine, inputs, preview=True).text


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        (with_app(image=Sent("not an image")), "app.image"),
        ({**BASIC, "replicas": Sent(2.5)}, "replicas"),
        ({**BASIC, "service": {"annotations": {"some_key": Sent(["x"])}}}, 'service.annotations["some_key"]'),
        ({**BASIC, "imagePullSecrets": [Sent("Not A Name")]}, "imagePullSecrets[0]"),
    ],
)
def test_outputs_that_come_out_wrong(engine: Engine, inputs: dict[str, Any], path: str) -> None:
    found = refused(engine, inputs)
    assert path in found.text
    assert 'SidecarDeployment "web": 1 argument cannot be used' in found.message


def test_no_error_shows_a_secret(engine: Engine) -> None:
    """The engine prints the value at a property error's path: those of secrets are told in words alone."""
    for tls in (
        {"kind": "certificate", "certPem": "open sesame", "privateKeyPem": "open sesame"},
        {"kind": "certificate", "certPem": pki()["leaf"], "privateKeyPem": Sent("open sesame", secret=True)},
    ):
        found = refused(engine, {**BASIC, "tls": tls})
        assert "tls.privateKeyPem: is no PEM of one private key" in found.message
        assert found.properties == {}
        assert "sesame" not in found.text
    for image in (Sent("open sesame", secret=True), secret_mark("open sesame")):
        found = refused(engine, with_app(image=image))
        assert "app.image: is no image reference" in found.message
        assert "sesame" not in found.text


def test_what_is_missing(engine: Engine) -> None:
    assert refused(engine, {"proxy": {"kind": "nginx"}}).properties == {"app": "is missing. It has no default."}


def test_after_a_child_that_cannot_be_made_others_can(engine: Engine) -> None:
    for number in range(3):
        answers = Answers()
        answers.failures.append(("ConfigMap", None, RuntimeError("the cluster is away")))
        with pytest.raises(Refused) as failure:
            engine.construct(BASIC, answers=answers)
        assert "the cluster is away" in failure.value.text
        assert engine.construct(BASIC, name=f"web{number}").state["url"] == f"https://web{number}.default.svc"


@pytest.mark.parametrize("type_", ["sidecar:index:SidecarInjection", "x:index:SidecarDeployment", ""])
def test_what_is_no_component_here(engine: Engine, type_: str) -> None:
    with pytest.raises(Refused) as failure:
        engine.construct(BASIC, type_=type_)
    assert "One of sidecar:index:SidecarDeployment, sidecar:index:CertificateAuthority" in failure.value.text
    assert "Traceback" not in failure.value.text
    assert "File " not in failure.value.text


def test_a_process_without_an_engine_says_what_it_is() -> None:
    done = subprocess.run([sys.executable, str(ROOT)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "plugin of Pulumi's engine" in done.stderr
    assert done.stdout == ""
