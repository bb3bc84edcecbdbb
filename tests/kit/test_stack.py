"""MockStack: what it records, what it answers, and what becomes of failures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls
import pytest

from pulumi_sidecar.testing import UNKNOWN, MockStack, OutputValue
from tests.support.foreign import CONFIG_MAP, Box, Foreign, balancer

# --- recording --------------------------------------------------------------------------------------------------------


def test_options_are_recorded(pulumi_stack: MockStack) -> None:
    def program() -> None:
        provider = k8s.Provider("there", namespace="theirs")
        box = Box("box", pulumi.ResourceOptions(provider=provider))
        options = pulumi.ResourceOptions(
            parent=box,
            depends_on=[box.map],
            protect=True,
            retain_on_delete=True,
            delete_before_replace=True,
            ignore_changes=["data"],
            replace_on_changes=["immutable"],
            additional_secret_outputs=["data"],
            custom_timeouts=pulumi.CustomTimeouts(create="10m"),
            deleted_with=box.map,
            aliases=[pulumi.Alias(name="old")],
            import_="theirs/old",
            version="4.0.0",
        )
        k8s.core.v1.ConfigMap("map", data={"b": "2"}, opts=options)

    result = pulumi_stack.up(program)
    made, box, provider = result.one("ConfigMap", "map"), result.one("Box"), result.one(name="there")
    assert made.parent == box.urn
    assert made.provider_urn == provider.urn
    assert (provider.is_provider, provider.package, made.package) == (True, "kubernetes", "kubernetes")
    assert made.dependencies == (result.one("ConfigMap", "box-map").urn,)
    assert (made.protect, made.retain_on_delete, made.delete_before_replace) == (True, True, True)
    assert (made.ignore_changes, made.replace_on_changes) == (("data",), ("immutable",))
    assert made.additional_secret_outputs == ("data",)
    assert "data" in made.secret_outputs
    assert made.custom_timeouts == {"create": "10m"}
    assert made.deleted_with == result.one("ConfigMap", "box-map").urn
    assert made.aliases[0] == {"name": "old"}
    assert (made.import_id, made.version) == ("theirs/old", "4.0.0")
    assert made.inputs["data"] == {"b": "2"}
    assert made.outputs["metadata"]["namespace"] == "theirs"
    assert box.registered_outputs == {"map": result.one("ConfigMap", "box-map").outputs["metadata"]["name"]}


def test_children_and_descendants(pulumi_stack: MockStack) -> None:
    def program() -> None:
        outer = Box("outer")
        Box("inner", pulumi.ResourceOptions(parent=outer))

    result = pulumi_stack.up(program)
    outer = result.one("Box", "outer")
    assert {each.name for each in result.children(outer)} == {"outer-map", "inner"}
    assert {each.name for each in result.descendants(outer)} == {"outer-map", "inner", "inner-map"}


def test_one_says_what_there_is(pulumi_stack: MockStack) -> None:
    result = pulumi_stack.up(lambda: Box("box"))
    with pytest.raises(AssertionError, match=r"0 resources are Secret(.|\n)*kubernetes:core/v1:ConfigMap 'box-map'"):
        result.one("Secret")


def test_secrets_of_the_program_and_of_providers(pulumi_stack: MockStack) -> None:
    def program() -> dict[str, Any]:
        key = tls.PrivateKey("key", algorithm="ED25519")
        made = k8s.core.v1.ConfigMap("map", data={"open": "x", "closed": pulumi.Output.secret("y")})
        pulumi.export("key", key.private_key_pem)
        return {"key": key.private_key_pem, "public": [key.public_key_pem], "map": made.data["open"]}

    result = pulumi_stack.up(program)
    made = result.one("ConfigMap")
    assert made.is_secret("data", "closed")
    assert not made.is_secret("data", "open")
    assert made.holds_secret("data")
    assert result.outputs["key"].secret
    assert result.returned["key"].secret
    assert result.returned["public"][0].value.startswith("-----BEGIN PUBLIC KEY-----")
    assert not result.returned["public"][0].secret
    assert "PRIVATE" not in repr(result.outputs["key"])


def test_names_are_given_as_the_engine_does(pulumi_stack: MockStack) -> None:
    name = pulumi_stack.up(lambda: Box("box")).one("ConfigMap").outputs["metadata"]["name"]
    assert name.startswith("box-map-")
    assert len(name) == len("box-map-") + 8


def test_diagnostics(pulumi_stack: MockStack) -> None:
    def program() -> None:
        pulumi.log.warn("beware", Box("box"))

    result = pulumi_stack.up(program)
    (warning,) = result.diagnostics
    assert (warning.severity, warning.message, warning.urn) == ("warning", "beware", result.one("Box").urn)


# --- what providers answer --------------------------------------------------------------------------------------------


def test_a_load_balancer_has_an_address_on_request() -> None:
    def status(**cluster: Any) -> Any:
        return MockStack(**cluster).up(balancer).one("Service").outputs.get("status")

    assert status() is None
    assert status(load_balancer="192.0.2.1") == {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    assert status(load_balancer="lb.acme.com") == {"loadBalancer": {"ingress": [{"hostname": "lb.acme.com"}]}}


def test_node_ports_on_request(pulumi_stack: MockStack) -> None:
    def ports(kind: str) -> list[int | None]:
        result = pulumi_stack.up(lambda: balancer(kind=kind))
        assert result.one("Service").inputs["spec"]["ports"][0] == {"port": 80}
        return [port.get("nodePort") for port in result.one("Service").outputs["spec"]["ports"]]

    assert ports("NodePort") == [None, 32000]
    pulumi_stack.cluster(node_ports=30000)
    assert ports("NodePort") == [30000, 32000]
    assert ports("ClusterIP") == [None, 32000]


def test_outputs_of_foreign_resources(pulumi_stack: MockStack) -> None:
    def program() -> dict[str, Any]:
        sites = [Foreign("a", size=1), Foreign("b", size=2)]
        return {site._name: [site.url, site.arn, site.id] for site in sites}

    pulumi_stack.mock_resource("Site", {"url": "https://all", "arn": None})
    pulumi_stack.mock_resource("acme:index:Site", lambda args: {"url": f"https://{args.inputs['size']}"}, name="b")
    pulumi_stack.mock_resource("acme:index:Site", {"id": "site-1"}, name="a")
    result = pulumi_stack.up(program)
    values = {name: [each.value for each in outputs] for name, outputs in result.returned.items()}
    assert values == {"a": ["https://all", None, "site-1"], "b": ["https://2", None, "b-id"]}
    assert result.unmocked == []


def test_foreign_resources_without_outputs_are_unknown_and_named(pulumi_stack: MockStack) -> None:
    def program() -> list[Any]:
        site = Foreign("a", size=1)
        return [site.url, site.id, site.url.apply(lambda url: url.upper())]

    result = pulumi_stack.up(program)
    assert result.returned == [OutputValue(UNKNOWN), OutputValue("a-id"), OutputValue(UNKNOWN)]
    assert [each.known for each in result.returned] == [False, True, False]
    assert [(each.type, each.name) for each in result.unmocked] == [("acme:index:Site", "a")]


def test_what_is_looked_up_can_be_mocked(pulumi_stack: MockStack) -> None:
    def program() -> Any:
        return k8s.core.v1.Service.get("theirs", "space/db").spec.apply(lambda spec: spec.cluster_ip)

    assert not pulumi_stack.up(program).returned.known
    pulumi_stack.mock_resource("Service", {"spec": {"clusterIP": "10.0.0.1"}}, name="theirs")
    result = pulumi_stack.up(program)
    assert result.returned.value == "10.0.0.1"
    assert result.one("Service").read


def test_functions(pulumi_stack: MockStack) -> None:
    def program() -> Any:
        found = pulumi.runtime.invoke_output("acme:index:getZone", {"name": "eu"})
        return found.apply(lambda zone: zone["id"])

    assert not pulumi_stack.up(program).returned.known
    pulumi_stack.mock_call("acme:index:getZone", lambda args: {"id": f"zone-{args['name']}"})
    assert pulumi_stack.up(program).returned.value == "zone-eu"
    pulumi_stack.mock_call("acme:index:getZone", {"id": "zone"})
    assert pulumi_stack.up(program).returned.value == "zone"


def test_stack_references(pulumi_stack: MockStack) -> None:
    def program() -> list[Any]:
        other = pulumi.StackReference("acme/net/prod")
        return [other.get_output("host"), other.require_output("key")]

    pulumi_stack.mock_stack_reference("acme/net/prod", {"host": "db", "key": "k"}, secret=("key",))
    assert pulumi_stack.up(program).returned == [OutputValue("db"), OutputValue("k", secret=True)]


def test_tls_material_is_real(pulumi_stack: MockStack) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    result = pulumi_stack.up(lambda: tls.PrivateKey("key", algorithm="ECDSA", ecdsa_curve="P256"))
    pem = result.one("PrivateKey").outputs["privateKeyPem"]
    assert load_pem_private_key(pem.encode(), None)


# --- transforms -------------------------------------------------------------------------------------------------------


def test_transforms_run_in_the_engines_order(pulumi_stack: MockStack) -> None:
    def tag(text: str) -> Any:
        def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
            if args.type_ != CONFIG_MAP:
                return None
            old = args.props["data"]
            return pulumi.ResourceTransformResult({**args.props, "data": {"a": old["a"] + text}}, args.opts)

        return transform

    def program() -> None:
        pulumi.runtime.register_resource_transform(tag(" stack"))
        outer = pulumi.ResourceOptions(transforms=[tag(" component")])
        Box("box", outer)

    assert pulumi_stack.up(program).one("ConfigMap").inputs["data"] == {"a": "1 component stack"}


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["prod", "acme/prod", "acme/p1/prod"])
def test_the_stack_has_its_own_name(given: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: p1\nruntime: python\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {p1:size: big}\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi\n"
        "pulumi.export('is', [pulumi.get_organization(), pulumi.get_stack(), pulumi.Config().get('size')])\n"
    )
    result = MockStack(stack=given, organization="acme").up(tmp_path)
    assert result.outputs["is"].value == ["acme", "prod", "big"]
    made = MockStack(stack=given).up(lambda: Foreign("a", size=pulumi.get_stack()) and None).one()
    assert (made.inputs["size"], made.urn.split("::")[0]) == ("prod", "urn:pulumi:prod")
