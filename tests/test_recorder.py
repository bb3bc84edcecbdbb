"""What the monitor remembers, and what it answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls
import pytest
from pulumi.runtime.proto import resource_pb2

from pulumi_sidecar import offline
from pulumi_sidecar.runtime import wire
from pulumi_sidecar.runtime.execution import execute
from pulumi_sidecar.runtime.local_providers import LocalProviders
from pulumi_sidecar.runtime.project import of_function
from pulumi_sidecar.runtime.recorded import Recorded
from pulumi_sidecar.runtime.recorder import RecordingMonitor


def recorded(run: offline.Run, name: str) -> Recorded:
    return next(each for each in run.resources if each.name == name)


class Box(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **outputs: Any) -> None:
        super().__init__("box:index:Box", name, None, opts)
        self.inner = k8s.core.v1.ConfigMap(
            f"{name}-map",
            data={"a": "1"},
            opts=pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name="old")], protect=True),
        )
        self.register_outputs(outputs)


def test_inputs_are_as_the_program_wrote_them() -> None:
    def program() -> None:
        k8s.core.v1.Service("svc", spec={"ports": [{"port": 443, "target_port": "https"}]})

    service = recorded(offline.run(program), "svc")
    port = service.inputs["spec"]["ports"][0]
    assert port == {"port": 443, "targetPort": "https"}
    assert type(port["port"]) is int
    assert "metadata" not in service.inputs


def test_secrets_are_unwrapped_and_their_paths_kept() -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("map", data={"open": "x", "hidden": pulumi.Output.secret("y")})

    config_map = recorded(offline.run(program), "map")
    assert config_map.inputs["data"] == {"hidden": "y", "open": "x"}
    assert config_map.secret_paths == {("data", "hidden")}


def test_parents_aliases_protect_dependencies_and_registered_outputs() -> None:
    def program() -> None:
        box = Box("box", count=3, hidden=pulumi.Output.secret("s"))
        k8s.core.v1.ConfigMap("late", data={"n": box.inner.metadata.name})
        Box("outer-box", pulumi.ResourceOptions(parent=box))

    run = offline.run(program, project="p", stack="s")
    box, inner = recorded(run, "box"), recorded(run, "box-map")
    assert box.urn == "urn:pulumi:s::p::box:index:Box::box"
    assert inner.parent == box.urn
    assert inner.urn == "urn:pulumi:s::p::box:index:Box$kubernetes:core/v1:ConfigMap::box-map"
    assert inner.aliases == ({"name": "old"},)
    assert inner.protect
    assert box.registered_outputs == {"count": 3, "hidden": "s"}
    assert box.secret_registered_outputs == {("hidden",)}
    assert recorded(run, "late").dependencies == (inner.urn,)
    # The engine's URNs hold the types of all ancestors; the SDK's mock keeps only the last one.
    assert "box:index:Box$box:index:Box$kubernetes" in recorded(run, "outer-box-map").urn


def test_secrets_that_are_registered_while_the_resource_is_made_stay_secret() -> None:
    class Early(LocalProviders):
        def new_resource(self, args: Any) -> Any:
            asked = resource_pb2.RegisterResourceOutputsRequest(urn=monitor.make_urn("", args.typ, args.name))
            asked.outputs.CopyFrom(wire.encode({"hidden": "s"}, ["hidden"]))
            monitor.RegisterResourceOutputs(asked)
            return super().new_resource(args)

    monitor = RecordingMonitor(Early())
    project = of_function(lambda: pulumi.ComponentResource("x:y:Z", "early") and None, "p", {})
    assert execute(project, "s", monitor).exception() is None
    assert monitor.recorded[0].secret_registered_outputs == {("hidden",)}


def test_provider_secrets_are_secret() -> None:
    def program() -> None:
        key = tls.PrivateKey("key", algorithm="ED25519")
        for name in ("private_key_pem", "private_key_openssh", "private_key_pem_pkcs8", "public_key_pem"):
            pulumi.export(name, getattr(key, name))
        secret = k8s.core.v1.Secret("s", string_data={"a": "b"})
        pulumi.export("data", secret.string_data)

    run = offline.run(program)
    assert run.secret_outputs == {"private_key_pem", "private_key_openssh", "private_key_pem_pkcs8", "data"}


def names(**data: str) -> tuple[str, str]:
    def program() -> None:
        k8s.core.v1.ConfigMap("map", data={"a": data.get("map", "")})
        k8s.core.v1.Secret("sec", string_data={"tls.crt": data.get("crt", ""), "tls.key": data.get("key", "")})

    config_map, secret = offline.run(program).objects()
    return config_map["metadata"]["name"], secret["metadata"]["name"]


def test_generated_names_follow_the_data_but_no_private_key() -> None:
    config_map, secret = names()
    assert config_map.startswith("map-")
    assert len(config_map) == len("map-") + 8
    assert names() == (config_map, secret)
    assert names(map="x")[0] != config_map
    assert names(crt="x")[1] != secret
    assert names(key="x")[1] == secret


def test_mutable_config_maps_keep_their_name() -> None:
    def named(text: str) -> str:
        def program() -> None:
            provider = k8s.Provider("p", enable_config_map_mutable=True)
            k8s.core.v1.ConfigMap("map", data={"a": text}, opts=pulumi.ResourceOptions(provider=provider))

        return str(offline.run(program).objects()[0]["metadata"]["name"])

    assert named("1") == named("2")


def test_given_names_and_generated_prefixes_stay() -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("a", metadata={"name": "mine"})
        k8s.core.v1.ConfigMap("b", metadata={"generate_name": "some-"})

    mine, prefixed = offline.run(program).objects()
    assert mine["metadata"]["name"] == "mine"
    assert prefixed["metadata"] == {"generateName": "some-", "namespace": "default"}


def test_namespaces() -> None:
    def program() -> None:
        provider = k8s.Provider("p", namespace="theirs")
        k8s.core.v1.ConfigMap("own", metadata={"namespace": "mine"})
        k8s.core.v1.ConfigMap("explicit", opts=pulumi.ResourceOptions(provider=provider))
        k8s.core.v1.ConfigMap("default")
        k8s.core.v1.Namespace("cluster")
        crd = {"group": "x.io", "scope": "Cluster", "names": {"kind": "Thing", "plural": "things"}, "versions": []}
        k8s.apiextensions.v1.CustomResourceDefinition("crd", spec=crd)
        k8s.apiextensions.CustomResource("thing", api_version="x.io/v1", kind="Thing")

    def found(**options: Any) -> dict[str, str | None]:
        run = offline.run(program, **options)
        return {each.name: each.outputs["metadata"].get("namespace") for each in run.resources if each.name != "p"}

    expected = {"own": "mine", "explicit": "theirs", "default": "default", "cluster": None, "crd": None, "thing": None}
    assert found() == expected
    assert found(config={"kubernetes:namespace": "conf"}) == {**expected, "default": "conf"}
    assert found(namespace="arg", config={"kubernetes:namespace": "conf"}) == {**expected, "default": "arg"}


def test_a_urn_is_taken_once() -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("twice")
        k8s.core.v1.ConfigMap("twice")

    with pytest.raises(offline.ProgramError, match=r"Duplicate resource URN .*twice"):
        offline.run(program)


def test_transforms_run_own_first_then_parents_then_the_stacks() -> None:
    def adds(mark: str) -> Any:
        async def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
            if args.type_ != "kubernetes:core/v1:ConfigMap":
                return None
            await asyncio.sleep(0)  # one that waits has to work as well
            data = {**args.props["data"], "marks": args.props["data"].get("marks", "") + mark}
            protected = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=True))
            return pulumi.ResourceTransformResult({**args.props, "data": data}, protected)

        return transform

    def program() -> None:
        pulumi.runtime.register_resource_transform(adds("stack "))
        parent = pulumi.ComponentResource("x:y:Z", "parent", None, pulumi.ResourceOptions(transforms=[adds("parent ")]))
        options = pulumi.ResourceOptions(parent=parent, transforms=[adds("own ")])
        k8s.core.v1.ConfigMap("map", data={"a": "b"}, opts=options)

    config_map = recorded(offline.run(program), "map")
    assert config_map.inputs["data"] == {"a": "b", "marks": "own parent stack "}
    assert config_map.protect


def test_a_transform_may_wait_for_another_resource() -> None:
    def program() -> None:
        other = k8s.core.v1.ConfigMap("other")

        def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
            if args.name != "map":
                return None
            return pulumi.ResourceTransformResult({**args.props, "data": {"other": other.metadata.name}}, args.opts)

        pulumi.runtime.register_resource_transform(transform)
        k8s.core.v1.ConfigMap("map")

    run = offline.run(program)
    other = recorded(run, "other").outputs["metadata"]["name"]
    assert recorded(run, "map").inputs["data"] == {"other": other}


def test_what_a_transform_raises_is_what_the_user_sees() -> None:
    def program() -> None:
        def transform(_args: pulumi.ResourceTransformArgs) -> None:
            raise KeyError("mine")

        pulumi.runtime.register_resource_transform(transform)
        k8s.core.v1.ConfigMap("map")

    with pytest.raises(offline.ProgramError) as failure:
        offline.run(program)
    assert isinstance(failure.value.__cause__, KeyError)


def test_hundreds_of_resources_keep_the_programs_order() -> None:
    def program() -> None:
        for number in range(400):
            k8s.core.v1.ConfigMap(f"map{number}")

    assert [each.name for each in offline.run(program).resources] == [f"map{number}" for number in range(400)]


def test_lookups_know_what_the_id_says_and_are_no_objects() -> None:
    def program() -> None:
        found = k8s.core.v1.ConfigMap.get("found", "ns/name")
        pulumi.export("name", found.metadata.name)
        pulumi.export("namespace", found.metadata.namespace)

    run = offline.run(program)
    assert run.outputs == {"name": "name", "namespace": "ns"}
    assert run.objects() == []
    assert run.remote == []
    assert recorded(run, "found").read


def test_no_secret_in_a_repr() -> None:
    def program() -> None:
        k8s.core.v1.Secret("s", string_data={"a": "hunter2"})
        pulumi.export("p", pulumi.Output.secret("hunter2"))

    assert "hunter2" not in repr(offline.run(program))
