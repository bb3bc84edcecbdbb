"""The checks of the kit: each passes what is right, and names what is wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls
import pytest

from pulumi_sidecar.testing import (
    MockStack,
    assert_children_parented,
    assert_no_fixed_names,
    assert_no_plain_secrets,
    assert_outputs_resolved,
    assert_provider_reaches_children,
)

PASSWORD = "open sesame"


class Box(pulumi.ComponentResource):
    """A component that can be built wrongly in one way at a time."""

    def __init__(
        self,
        name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        orphan: bool = False,
        finished: bool = True,
        provider: pulumi.ProviderResource | None = None,
        **outputs: Any,
    ) -> None:
        super().__init__("box:index:Box", name, None, opts)
        child = pulumi.ResourceOptions(parent=None if orphan else self, provider=provider)
        self.map = k8s.core.v1.ConfigMap(f"{name}-map", data={"a": "1"}, opts=child)
        if finished:
            self.register_outputs(outputs)


# --- parents ----------------------------------------------------------------------------------------------------------


def test_children_parented(pulumi_stack: MockStack) -> None:
    def program() -> None:
        k8s.Provider("provider")
        Box("inner", pulumi.ResourceOptions(parent=Box("outer")))

    assert_children_parented(pulumi_stack.up(program))


def test_an_orphan_is_named(pulumi_stack: MockStack) -> None:
    result = pulumi_stack.up(lambda: Box("box", orphan=True))
    with pytest.raises(AssertionError, match="ConfigMap 'box-map' has no component above it"):
        assert_children_parented(result)
    assert_children_parented(result, top_level=["box-map"])


# --- secrets ----------------------------------------------------------------------------------------------------------


def leak(kind: str) -> Any:
    """A program that keeps the configuration's password well, and leaks it in one way."""

    def program() -> None:
        config = pulumi.Config()
        secret = config.require_secret("password")
        k8s.core.v1.Secret("kept", string_data={"password": secret})
        k8s.core.v1.ConfigMap("kept", data={"url": secret.apply(lambda word: f"postgres://me:{word}@db")})
        pulumi.export("kept", secret)
        plain = config.require("password")
        match kind:
            case "none":
                pass
            case "input":
                k8s.core.v1.ConfigMap("leak", data={"password": plain})
            case "part of an input":
                k8s.core.v1.ConfigMap("leak", data={"url": f"postgres://me:{plain}@db"})
            case "key":
                k8s.core.v1.ConfigMap("leak", data={plain: "x"})
            case "base64":
                k8s.core.v1.ConfigMap("leak", binary_data={"x": base64.b64encode(plain.encode()).decode()})
            case "json":
                k8s.core.v1.ConfigMap("leak", data={"x": json.dumps({"password": plain})})
            case "export":
                pulumi.export("leak", {"password": plain})
            case "unsecret":
                pulumi.export("leak", pulumi.Output.unsecret(secret))
            case "component":
                Box("leak", password=plain)
            case "message":
                pulumi.log.info(f"the password is {plain}")
            case "name":
                k8s.core.v1.ConfigMap(f"leak-{plain}")
            case _:
                raise AssertionError(kind)

    return program


def test_secrets_that_are_kept(pulumi_stack: MockStack) -> None:
    pulumi_stack.secrets["password"] = PASSWORD
    assert_no_plain_secrets(pulumi_stack.up(leak("none")))


@pytest.mark.parametrize("password", [PASSWORD, 'quo"te\nline', "p4"])
@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("input", r"ConfigMap 'leak': input data\.password"),
        ("part of an input", r"ConfigMap 'leak': input data\.url"),
        ("key", r"ConfigMap 'leak': input data"),
        ("base64", r"ConfigMap 'leak': input binaryData\.x"),
        ("json", r"ConfigMap 'leak': input data\.x"),
        ("export", r"the export leak\.password"),
        ("unsecret", r"the export leak"),
        ("component", r"Box 'leak': output password"),
        ("message", r"a message of the program"),
        ("name", r"ConfigMap 'leak-"),
    ],
)
def test_a_leak_is_named_and_not_repeated(pulumi_stack: MockStack, kind: str, where: str, password: str) -> None:
    pulumi_stack.secrets["password"] = password
    result = pulumi_stack.up(leak(kind))
    with pytest.raises(AssertionError, match=where) as failure:
        assert_no_plain_secrets(result)
    if kind not in ("key", "name"):  # there the path is the secret
        assert password not in str(failure.value)


def test_values_of_ones_own_and_values_allowed(pulumi_stack: MockStack) -> None:
    def program() -> None:
        k8s.core.v1.Secret("secret", string_data={"host": "db.acme.com", "user": "admin"})
        k8s.core.v1.ConfigMap("map", data={"host": "db.acme.com", "user": "admin", "token": "t0"})

    result = pulumi_stack.up(program)
    with pytest.raises(AssertionError, match=r"input data\.host holds a secret \(stringData\.host of .*'secret'\)"):
        assert_no_plain_secrets(result)
    assert_no_plain_secrets(result, allow=["db.acme.com"])
    with pytest.raises(AssertionError, match=r"input data\.token holds a secret \(one of the given values\)"):
        assert_no_plain_secrets(result, "t0", allow=["db.acme.com"])


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("after", ["", "?", "??", "???"])
@pytest.mark.parametrize("password", [PASSWORD, f"{PASSWORD}>", f"{PASSWORD}>>"])
def test_base64_of_a_longer_text(pulumi_stack: MockStack, before: str, after: str, password: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        pulumi_stack.secrets["password"] = password
        text = encode(f"{before}{password}{after}".encode()).decode()
        result = pulumi_stack.up(lambda text=text: pulumi.export("leak", text))
        with pytest.raises(AssertionError, match="the export leak"):
            assert_no_plain_secrets(result)


def test_the_data_of_a_secret_counts_in_base64_too(pulumi_stack: MockStack) -> None:
    def program() -> None:
        k8s.core.v1.Secret("secret", data={"password": base64.b64encode(PASSWORD.encode()).decode()})
        k8s.core.v1.ConfigMap("map", data={"password": PASSWORD})

    with pytest.raises(AssertionError, match=r"data\.password of .*Secret 'secret'"):
        assert_no_plain_secrets(pulumi_stack.up(program))


@pytest.mark.parametrize("algorithm", ["ED25519", "ECDSA"])
def test_private_keys_are_secrets_and_certificates_are_none(pulumi_stack: MockStack, algorithm: str) -> None:
    def program(plain: bool) -> None:
        key = tls.PrivateKey("key", algorithm=algorithm, ecdsa_curve="P256")
        subject = {"common_name": "x"}
        made = tls.SelfSignedCert(
            "crt",
            private_key_pem=key.private_key_pem,
            subject=subject,
            allowed_uses=["server_auth"],
            validity_period_hours=9,
        )
        k8s.core.v1.Secret("secret", string_data={"tls.crt": made.cert_pem, "tls.key": key.private_key_pem})
        pulumi.export("crt", made.cert_pem)
        if plain:
            pulumi.export("key", pulumi.Output.unsecret(key.private_key_pem))

    assert_no_plain_secrets(pulumi_stack.up(lambda: program(False)))
    with pytest.raises(AssertionError, match="the export key holds a private key"):
        assert_no_plain_secrets(pulumi_stack.up(lambda: program(True)))


# --- names ------------------------------------------------------------------------------------------------------------


def test_fixed_names(pulumi_stack: MockStack) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("free")
        k8s.core.v1.ConfigMap("prefix", metadata={"generate_name": "x-"})
        k8s.core.v1.Service("service", metadata={"name": "fixed"})
        k8s.core.v1.Secret("secret", metadata={"name": "fixed"})
        k8s.core.v1.ConfigMap.get("theirs", "default/theirs")

    result = pulumi_stack.up(program)
    with pytest.raises(AssertionError, match="fixed name") as failure:
        assert_no_fixed_names(result)
    assert str(failure.value).splitlines()[1:-1] == ["  - kubernetes:core/v1:Secret 'secret' is always called 'fixed'"]
    assert_no_fixed_names(result, allow=["fixed"])
    assert_no_fixed_names(result, kinds=["ConfigMap"])
    with pytest.raises(AssertionError, match="Service 'service'"):
        assert_no_fixed_names(result, kinds=["Service"])


# --- outputs ----------------------------------------------------------------------------------------------------------


def test_resolved_outputs(pulumi_stack: MockStack) -> None:
    def program() -> None:
        pulumi.export("none", None)
        Box("box", a=1)

    assert_outputs_resolved(pulumi_stack.up(program))
    with pytest.raises(ValueError, match=r"use MockStack\.up"):
        assert_outputs_resolved(pulumi_stack.preview(program))


def test_outputs_that_are_not_resolved(pulumi_stack: MockStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ERROR_OUTPUT_STRING", "0")

    def program() -> None:
        service = k8s.core.v1.Service.get("theirs", "default/db")
        pulumi.export("late", {"ip": [service.spec.cluster_ip]})
        box = Box("box", ip=service.spec)
        Box("unfinished", finished=False)
        k8s.core.v1.ConfigMap("text", data={"a": f"{box.map.id}", "b": f"{[box.map.id]}"})

    with pytest.raises(AssertionError) as failure:
        assert_outputs_resolved(pulumi_stack.up(program))
    assert str(failure.value).splitlines() == [
        "outputs that are not resolved:",
        "  - the export 'late' is not known",
        "  - box:index:Box 'box': output ip is not known",
        "  - box:index:Box 'unfinished' never calls register_outputs",
        "  - kubernetes:core/v1:ConfigMap 'text': data.a holds the text of an Output",
        "  - kubernetes:core/v1:ConfigMap 'text': data.b holds the text of an Output",
        'Without outputs here: "kubernetes:core/v1:Service".',
    ]


# --- providers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["provider", "providers"])
def test_a_provider_that_reaches_the_children(pulumi_stack: MockStack, option: str) -> None:
    def program() -> None:
        provider = k8s.Provider("mine")
        given = provider if option == "provider" else [provider]
        Box("box", pulumi.ResourceOptions(**{option: given}))  # type: ignore[arg-type]  # either is right

    result = pulumi_stack.up(program)
    assert_provider_reaches_children(result, "box", "mine")
    assert_provider_reaches_children(result, result.one("Box"), result.one(name="mine"))


def test_a_provider_that_does_not_reach_the_children(pulumi_stack: MockStack) -> None:
    def program() -> None:
        mine = k8s.Provider("mine")
        Box("default", pulumi.ResourceOptions())
        Box("other", pulumi.ResourceOptions(provider=mine), provider=k8s.Provider("theirs"))
        Box("orphan", pulumi.ResourceOptions(provider=mine), orphan=True)

    result = pulumi_stack.up(program)
    with pytest.raises(AssertionError, match="ConfigMap 'default-map' uses the default provider"):
        assert_provider_reaches_children(result, "default", "mine")
    with pytest.raises(AssertionError, match="ConfigMap 'other-map' uses theirs"):
        assert_provider_reaches_children(result, "other", "mine")
    with pytest.raises(AssertionError, match="Box 'orphan' has no children of the package 'kubernetes'"):
        assert_provider_reaches_children(result, "orphan", "mine")
    with pytest.raises(AssertionError, match="0 explicit providers are called 'nobody'"):
        assert_provider_reaches_children(result, "default", "nobody")
