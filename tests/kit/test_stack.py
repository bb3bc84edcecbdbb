"""MockStack: what it records, what it answers, and what becomes of failures."""

from __future__ import annotations

import asyncio
import base64
import threading
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls
import pytest

from pulumi_sidecar.testing import UNKNOWN, CreationFailed, MockStack, OutputValue, ResourceArgs

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


class Foreign(pulumi.CustomResource):
    """A resource of a provider that nobody here knows."""

    url: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **props: Any) -> None:
        super().__init__("acme:index:Site", name, {"url": None, "arn": None, **props}, opts)


class Box(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("box:index:Box", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.map = k8s.core.v1.ConfigMap(f"{name}-map", data={"a": "1"}, opts=child)
        self.register_outputs({"map": self.map.metadata.name})


def balancer(name: str = "web", kind: str = "LoadBalancer") -> k8s.core.v1.Service:
    return k8s.core.v1.Service(name, spec={"type": kind, "ports": [{"port": 80}, {"port": 443, "node_port": 32000}]})


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


# --- configuration and folders ----------------------------------------------------------------------------------------


def test_configuration() -> None:
    def program() -> list[Any]:
        config = pulumi.Config()
        return [config.require("a"), config.require_int("b"), config.require_object("c"), config.require_secret("d")]

    stack = MockStack(project="shop", stack="dev", config={"a": "x", "shop:b": 2, "c": {"k": [1]}}, secrets={"d": "s"})
    assert stack.up(program).returned == ["x", 2, {"k": [1]}, OutputValue("s", secret=True)]
    names = stack.up(lambda: [pulumi.get_project(), pulumi.get_stack()]).returned
    assert names == ["shop", "dev"]


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: demo\nruntime: python\nconfig:\n  a: {default: one}\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {demo:b: two}\n")
    (tmp_path / "part.py").write_text("A = 1\n")
    main = "import pulumi, part\nc = pulumi.Config()\npulumi.export('x', [part.A, c.get('a'), c.get('b'), c.get('e')])"
    (tmp_path / "__main__.py").write_text(main)
    before = Path.cwd()
    for folder in (tmp_path, str(tmp_path)):
        result = MockStack(stack="dev", config={"e": "three"}).up(folder)
        assert result.outputs["x"] == OutputValue([1, "one", "two", "three"])
    assert Path.cwd() == before


def test_async_programs(pulumi_stack: MockStack) -> None:
    async def program() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"name": Box("box").map.metadata.name}

    assert pulumi_stack.up(program).outputs["name"].value.startswith("box-map-")


# --- previews ---------------------------------------------------------------------------------------------------------


def test_a_preview_knows_inputs_and_names_and_no_more(pulumi_stack: MockStack) -> None:
    def program() -> dict[str, Any]:
        made = k8s.core.v1.ConfigMap("map", data={"a": "1"})
        service = balancer()
        key = tls.PrivateKey("key", algorithm="ED25519")
        site = Foreign("site", size=1)
        return {
            "data": made.data,
            "name": made.metadata.name,
            "id": made.id,
            "status": service.status,
            "key": key.private_key_pem,
            "algorithm": key.algorithm,
            "public": key.public_key_pem,
            "url": site.url,
        }

    pulumi_stack.cluster(load_balancer="192.0.2.1")
    pulumi_stack.mock_resource("Site", {"url": "https://a"})
    seen = pulumi_stack.preview(program).returned
    assert {name for name, output in seen.items() if output.known} == {"data", "name", "algorithm"}
    assert {name for name, output in seen.items() if output.secret} == {"key"}
    assert all(output.known for output in pulumi_stack.up(program).returned.values())


def test_unknown_inputs_are_marked(pulumi_stack: MockStack) -> None:
    def program() -> None:
        key = tls.PrivateKey("key", algorithm="ED25519")
        data = {"public": key.public_key_pem, "private": key.private_key_pem, "plain": "x"}
        k8s.core.v1.ConfigMap("map", data=data)

    result = pulumi_stack.preview(program)
    made = result.one("ConfigMap")
    assert result.preview
    assert made.inputs["data"] == {"public": UNKNOWN, "private": UNKNOWN, "plain": "x"}
    assert made.is_unknown("data", "public")
    assert not made.is_unknown("data", "plain")
    assert made.is_secret("data", "private")


def test_names_can_be_fixed() -> None:
    result = MockStack(name_suffix="1a2b3c4d").up(lambda: balancer("shop").metadata.name)
    assert result.returned.value == "shop-1a2b3c4d"


@pytest.mark.parametrize("known", [False, True])
def test_what_an_update_before_made_is_known_in_a_preview(known: bool) -> None:
    stack = MockStack()
    stack.mock_resource("Site", {"url": "https://acme"}, known_in_preview=known)
    assert stack.up(lambda: Foreign("it").url).returned.value == "https://acme"
    assert stack.preview(lambda: Foreign("it").url).returned.known is known


def test_programs_can_tell_a_preview(pulumi_stack: MockStack) -> None:
    assert pulumi_stack.preview(pulumi.runtime.is_dry_run).returned is True
    assert pulumi_stack.up(pulumi.runtime.is_dry_run).returned is False


# --- failures ---------------------------------------------------------------------------------------------------------


def three() -> None:
    first = k8s.core.v1.ConfigMap("first")
    k8s.core.v1.ConfigMap("after", opts=pulumi.ResourceOptions(depends_on=[first]))
    k8s.core.v1.Secret("uses", string_data={"name": first.metadata.name})
    k8s.core.v1.ConfigMap("apart")


@pytest.mark.parametrize("type_", [CONFIG_MAP, "ConfigMap"])
def test_what_depends_on_a_failure_is_not_created(pulumi_stack: MockStack, type_: str) -> None:
    pulumi_stack.fail_resource(type_, name="first", error="quota exceeded")
    with pytest.raises(CreationFailed, match="creating kubernetes:core/v1:ConfigMap 'first': quota exceeded"):
        pulumi_stack.up(three)
    result = pulumi_stack.result
    assert result is not None
    assert [each.name for each in result.resources] == ["apart"]
    assert [(each.type, each.name) for each in result.failed] == [(CONFIG_MAP, "first")]


def test_a_failure_of_ones_own(pulumi_stack: MockStack) -> None:
    pulumi_stack.fail_resource("Secret", error=PermissionError("forbidden"))
    with pytest.raises(PermissionError, match="forbidden"):
        pulumi_stack.up(three)
    assert pulumi_stack.result is not None
    assert {each.name for each in pulumi_stack.result.resources} == {"first", "after", "apart"}


def test_a_failure_without_dependents_still_raises(pulumi_stack: MockStack) -> None:
    pulumi_stack.fail_resource("ConfigMap", name="apart")
    with pytest.raises(CreationFailed):
        pulumi_stack.up(three)


def test_a_preview_does_not_see_failures_to_come(pulumi_stack: MockStack) -> None:
    pulumi_stack.fail_resource("ConfigMap")
    assert len(pulumi_stack.preview(three).resources) == 4


@pytest.mark.parametrize("preview", [False, True])
def test_an_assertion_inside_apply_fails_the_test(pulumi_stack: MockStack, preview: bool) -> None:
    def check(value: int) -> None:
        assert value == 2

    def program() -> None:
        pulumi.Output.from_input(1).apply(check)

    with pytest.raises(AssertionError):
        (pulumi_stack.preview if preview else pulumi_stack.up)(program)


def test_the_programs_own_exception_is_what_is_raised(pulumi_stack: MockStack) -> None:
    def refuse(_name: str) -> str:
        raise ValueError("mine")

    def program() -> None:
        name = Box("box").map.metadata.name
        k8s.core.v1.ConfigMap("other", data={"a": name.apply(refuse)})

    with pytest.raises(ValueError, match=r"^mine$"):
        pulumi_stack.up(program)


def test_an_output_in_an_f_string_raises(pulumi_stack: MockStack) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("map", data={"a": f"{Box('box').map.metadata.name}"})

    with pytest.raises(Exception, match="Calling __str__ on an Output"):
        pulumi_stack.up(program)


def test_two_resources_of_one_urn_are_refused(pulumi_stack: MockStack) -> None:
    def program() -> None:
        Box("box")
        k8s.core.v1.ConfigMap("map")
        k8s.core.v1.ConfigMap("map")

    with pytest.raises(pulumi.RunError, match="Duplicate resource URN"):
        pulumi_stack.up(program)
    assert pulumi_stack.result is not None
    assert len(pulumi_stack.result.all("ConfigMap", "map")) == 1


def test_a_refusal_of_the_tls_provider(pulumi_stack: MockStack) -> None:
    with pytest.raises(ValueError, match="'DSA' is none of RSA, ECDSA, ED25519"):
        pulumi_stack.up(lambda: tls.PrivateKey("key", algorithm="DSA"))


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


# --- isolation --------------------------------------------------------------------------------------------------------


def test_two_programs_share_nothing(pulumi_stack: MockStack) -> None:
    def program() -> dict[str, Any]:
        pulumi.runtime.register_resource_transform(lambda _args: None)
        pulumi.export("a", pulumi.Config().get("a"))
        return {"name": Box("box").map.metadata.name}

    other = MockStack(config={"a": "set"})
    assert [other.up(program).outputs["a"].value, pulumi_stack.up(program).outputs["a"].value] == ["set", None]
    assert len(pulumi_stack.up(program).resources) == 2  # not a second time under the same URN
    assert pulumi.runtime.settings.get_root_resource() is None
    with pytest.raises(pulumi.RunError):
        pulumi.Config().require("a")


def test_the_event_loop_of_the_test_stays() -> None:
    async def main() -> Any:
        loop = asyncio.get_running_loop()
        result = MockStack().up(lambda: Box("box"))
        assert asyncio.get_running_loop() is loop
        return result

    assert asyncio.run(main()).one("Box")
    kept: list[bool] = []

    def beside() -> None:  # in a thread, because this one's loop is the other tests' affair
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        MockStack().up(lambda: Box("box"))
        kept.append(asyncio.get_event_loop() is loop)
        loop.close()

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join()
    assert kept == [True]


def test_after_a_failure_the_next_run_is_clean(pulumi_stack: MockStack) -> None:
    def fails() -> None:
        Box("box")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        pulumi_stack.up(fails)
    assert len(pulumi_stack.up(lambda: Box("box")).resources) == 2
    assert pulumi_stack.result is not None
    assert pulumi_stack.result.failed == []


def test_answers_get_what_the_program_asked_for(pulumi_stack: MockStack) -> None:
    seen: list[ResourceArgs] = []

    def answer(args: ResourceArgs) -> dict[str, Any]:
        seen.append(args)
        return {"data": {"extra": base64.b64encode(b"x").decode()}}

    pulumi_stack.mock_resource(CONFIG_MAP, answer)
    outputs = pulumi_stack.up(lambda: Box("box")).one("ConfigMap").outputs
    assert outputs["data"] == {"a": "1", "extra": "eA=="}
    assert (seen[0].name, seen[0].inputs["data"]) == ("box-map", {"a": "1"})
