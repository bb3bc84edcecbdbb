"""What the user of a component decides: options, providers, transforms, names. And that importing decides nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pulumi_tls as tls
import pytest

from pulumi_sidecar import CertificateAuthority, SidecarDeployment
from pulumi_sidecar.testing import (
    MockStack,
    Result,
    assert_children_parented,
    assert_no_fixed_names,
    assert_no_plain_secrets,
    assert_outputs_resolved,
    assert_provider_reaches_children,
)

ROOT = Path(__file__).parents[1]
BASIC: dict[str, Any] = {"app": {"image": "ghcr.io/acme/web:1.4", "port": 8080}, "proxy": {"kind": "nginx"}}
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CHILDREN = {
    "web-ca",
    "web-ca-key",
    "web-certificate",
    "web-config",
    "web-deployment",
    "web-key",
    "web-request",
    "web-service",
    "web-tls",
}


def made(stack: MockStack, name: str = "web", **options: Any) -> Result:
    return stack.up(lambda: SidecarDeployment(name, BASIC, pulumi.ResourceOptions(**options)))


# --- the kit's own checks, on every kind of component -----------------------------------------------------------------


def everything() -> None:
    shared = CertificateAuthority("shared", {"namespaces": ["web", "batch"]})
    SidecarDeployment("web", BASIC)
    SidecarDeployment(
        "behind", {**BASIC, "tls": {"kind": "issued", "ca": shared}, "client_auth": {"ca": {"kind": "own"}}}
    )
    SidecarDeployment("plain", {**BASIC, "tls": {"kind": "off"}, "service": {"type": "LoadBalancer"}})
    managed = {"kind": "cert_manager", "issuer": "letsencrypt", "dns_names": ["a.acme.com"]}
    SidecarDeployment("managed", {**BASIC, "tls": managed})
    password = pulumi.Output.secret("open sesame")
    app = {**BASIC["app"], "env": {"PASSWORD": password, "URL": pulumi.Output.concat("pg://me:", password, "@db")}}
    SidecarDeployment("secretive", {**BASIC, "app": app}).issue_client("batch")


def test_the_kits_checks_hold() -> None:
    result = MockStack(load_balancer="192.0.2.1").up(everything)
    assert_children_parented(result)
    assert_no_plain_secrets(result, "open sesame")
    assert_no_fixed_names(result)
    assert_outputs_resolved(result)


def test_a_preview_of_everything_works(pulumi_stack: MockStack) -> None:
    assert len(pulumi_stack.preview(everything).all("SidecarDeployment")) == 5


# --- options ----------------------------------------------------------------------------------------------------------


def test_parent_protect_depends_on_and_aliases(pulumi_stack: MockStack) -> None:
    def program() -> None:
        outer = pulumi.ComponentResource("test:index:Outer", "outer")
        first = k8s.core.v1.ConfigMap("first")
        aliases = [pulumi.Alias(name="old")]
        options = pulumi.ResourceOptions(parent=outer, protect=True, depends_on=[first], aliases=aliases)
        SidecarDeployment("web", BASIC, options)

    result = pulumi_stack.up(program)
    web = result.one("SidecarDeployment")
    assert web.parent == result.one("Outer").urn
    assert web.aliases[0] == {"name": "old"}
    assert result.one("ConfigMap", "first").urn in web.dependencies
    below = result.descendants(web)
    assert {each.name for each in below} == CHILDREN
    assert all(each.protect for each in [web, *below])  # children inherit it from their parent


@pytest.mark.parametrize("option", ["provider", "providers"])
def test_explicit_providers_reach_every_child(pulumi_stack: MockStack, option: str) -> None:
    def program() -> None:
        cluster, keys = k8s.Provider("cluster"), tls.Provider("keys")
        given = {"provider": cluster} if option == "provider" else {"providers": [cluster, keys]}
        SidecarDeployment("web", BASIC, pulumi.ResourceOptions(**given))  # type: ignore[arg-type]  # either is right
        CertificateAuthority("ca", {"namespaces": ["a"]}, pulumi.ResourceOptions(**given))  # type: ignore[arg-type]

    result = pulumi_stack.up(program)
    for component in ("web", "ca"):
        assert_provider_reaches_children(result, component, "cluster")
        if option == "providers":
            assert_provider_reaches_children(result, component, "keys")


def test_children_are_what_the_documentation_lists(pulumi_stack: MockStack) -> None:
    result = made(pulumi_stack)
    assert {each.name for each in result.children(result.one("SidecarDeployment"))} == CHILDREN
    listed = (ROOT / "docs" / "adjusting.md").read_text()
    assert all(f"`{name.replace('web', 'NAME')}`" in listed for name in CHILDREN)


# --- transforms: the hook for everything without an argument ----------------------------------------------------------


def test_transforms_in_opts_see_every_child(pulumi_stack: MockStack) -> None:
    seen: list[tuple[str, str]] = []

    def look(args: pulumi.ResourceTransformArgs) -> None:
        seen.append((args.type_, args.name))

    result = made(pulumi_stack, transforms=[look])
    assert sorted(seen) == sorted((each.type, each.name) for each in result.resources)
    assert {name for _, name in seen} == {"web", *CHILDREN}


def test_transforms_in_opts_see_children_that_come_later(pulumi_stack: MockStack) -> None:
    seen: list[str] = []

    def look(args: pulumi.ResourceTransformArgs) -> None:
        seen.append(args.name)

    options = pulumi.ResourceOptions(transforms=[look])
    pulumi_stack.up(lambda: SidecarDeployment("web", BASIC, options).issue_client("batch"))
    assert {name for name in seen if "batch" in name} == {
        "web-client-batch",
        "web-client-batch-key",
        "web-client-batch-request",
        "web-client-batch-certificate",
    }


def test_a_transform_changes_every_child_and_nothing_else(pulumi_stack: MockStack) -> None:
    def tag(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if not args.type_.startswith("kubernetes:"):
            return None
        metadata = {**args.props.get("metadata", {})}
        metadata["annotations"] = {**metadata.get("annotations", {}), "acme.com/cost": "42"}
        options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(retain_on_delete=True))
        return pulumi.ResourceTransformResult({**args.props, "metadata": metadata}, options)

    before, after = made(pulumi_stack), made(pulumi_stack, transforms=[tag])
    for each in after.resources:
        changed = each.package == "kubernetes"
        assert each.retain_on_delete is changed
        assert (each.inputs.get("metadata", {}).get("annotations", {}).get("acme.com/cost") == "42") is changed
        assert each.secret_paths >= before.one(each.type, each.name).secret_paths


def test_transformations_see_every_child(pulumi_stack: MockStack) -> None:
    seen: list[str] = []

    def protect(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        seen.append(args.name)
        args.opts.retain_on_delete = True
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    result = made(pulumi_stack, transformations=[protect])
    assert set(seen) == {"web", *CHILDREN}
    assert all(each.retain_on_delete for each in result.resources)


# --- renames and adoption ---------------------------------------------------------------------------------------------


def test_a_renamed_component_keeps_its_own_place_and_its_childrens(pulumi_stack: MockStack) -> None:
    """What the engine needs to find the old state: each old URN can be had from the new one and its aliases."""
    old = {each.urn for each in made(pulumi_stack).resources}
    renamed = made(pulumi_stack, "shop", aliases=[pulumi.Alias(name="web")])
    shop = renamed.one("SidecarDeployment")
    assert shop.aliases == ({"name": "web"},)
    # Of a child whose name begins with its parent's, the engine derives the old name from the parent's alias
    # (inheritedChildAlias in pulumi/pkg/resource/deploy).
    before = {each.urn.replace("::shop", "::web") for each in renamed.resources}
    assert before == old
    assert all(each.name.startswith("shop") for each in renamed.children(shop))


def test_children_take_aliases_from_transforms(pulumi_stack: MockStack) -> None:
    def adopt(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ != DEPLOYMENT:
            return None
        old = pulumi.Alias(name="before", parent=pulumi.ROOT_STACK_RESOURCE)
        aliases = pulumi.ResourceOptions(aliases=[old])
        return pulumi.ResourceTransformResult(args.props, pulumi.ResourceOptions.merge(args.opts, aliases))

    result = made(pulumi_stack, transforms=[adopt])
    alias = {"name": "before", "noParent": True}
    # (pulumi-kubernetes itself gives aliases for older API versions.)
    assert [each.type for each in result.resources if alias in each.aliases] == [DEPLOYMENT]


# --- imports, programs, components ------------------------------------------------------------------------------------


def test_importing_registers_nothing() -> None:
    modules = ["pulumi_sidecar", "pulumi_sidecar.testing", "pulumi_sidecar.offline"]
    script = f"""
import importlib, pulumi
def refuse(*_args, **_kwargs): raise SystemExit("a resource was made on import")
pulumi.Resource.__init__ = refuse
for name in {modules}: importlib.import_module(name)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr


def test_two_components_and_two_programs_in_one_process() -> None:
    def program() -> None:
        for name in ("web", "shop"):
            pulumi.export(name, SidecarDeployment(name, BASIC).url)

    stacks = [MockStack(stack=stack, namespace=stack) for stack in ("dev", "prod")]
    results = [stack.up(program) for stack in stacks]
    for stack, result in zip(stacks, results, strict=True):
        assert len(result.all("SidecarDeployment")) == 2
        assert result.outputs["shop"].value == f"https://shop.{stack.stack}.svc"
        assert all(each.urn.startswith(f"urn:pulumi:{stack.stack}::") for each in result.resources)
    dev, prod = ({each.urn.split("::", 1)[1] for each in result.resources} for result in results)
    assert dev == prod
    keys = {each.outputs["privateKeyPem"] for result in results for each in result.all("PrivateKey")}
    assert len(keys) == 8  # two each for two components in two stacks: none is shared
