"""The contract with a user's state: URNs, types and names of what each example registers, and the output keys.

A URN that changes means that the engine deletes one resource and creates another. UPDATE_GOLDEN=1 rewrites the files,
but forgets no URN that has neither an alias nor a word in CHANGELOG.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pulumi_sidecar.testing import MockStack, Resource, Result

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(
    file.parent for file in (ROOT / "examples").glob("*/__main__.py") if (file.parent / "Pulumi.yaml").is_file()
)
GOLDEN = Path(__file__).parent / "golden" / "contract"
SECRETS = {"testing": {"password": "open sesame"}}
"""Configuration that has no default, on purpose."""

ACKNOWLEDGE = """
{file} no longer describes {example}:

{changes}

A resource whose URN changes is deleted and made anew in the stacks of everyone who updates. If that is meant:
  1. give the child an alias to its old name, type or parent, so that stacks keep it (aliases=[pulumi.Alias(name=…)]);
  2. say so in CHANGELOG.md, under "Changed", with what users have to do;
  3. run UPDATE_GOLDEN=1 pytest tests/test_contract.py, and commit the file together with both.
Where the example itself has become another one, delete its file before that."""


def described(each: Resource) -> dict[str, Any]:
    """What of a resource a stack's state, or a program, can come to depend on."""
    fixed = (each.inputs.get("metadata") or {}).get("name")
    return {
        "urn": each.urn,
        "type": each.type,
        "name": each.name,
        **({"outputs": sorted(each.registered_outputs or {})} if not each.custom else {}),
        **({"fixed name": fixed} if fixed else {}),
    }


def contract(result: Result) -> dict[str, Any]:
    return {
        "exports": {name: "secret" if output.secret else "plain" for name, output in sorted(result.outputs.items())},
        "resources": sorted(map(described, result.resources), key=lambda each: str(each["urn"])),
    }


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What changed, one line each."""
    lines = []
    for name in sorted({*old["exports"], *new["exports"]}):
        before, after = old["exports"].get(name), new["exports"].get(name)
        if before != after:
            lines.append(f"  export {name}: {before or 'absent'} → {after or 'absent'}")
    was, now = ({each["urn"]: each for each in side["resources"]} for side in (old, new))
    lines += [f"  gone:    {urn}" for urn in sorted(was.keys() - now.keys())]
    lines += [f"  new:     {urn}" for urn in sorted(now.keys() - was.keys())]
    for urn in sorted(was.keys() & now.keys()):
        changed = {key for key in {*was[urn], *now[urn]} if was[urn].get(key) != now[urn].get(key)}
        lines += [f"  changed: {urn}: {key}: {was[urn].get(key)} → {now[urn].get(key)}" for key in sorted(changed)]
    return lines


def former_urns(result: Result) -> set[str]:
    """The URNs under which the engine looks for the state of what is there, by aliases."""
    by_urn = {each.urn: each for each in result.resources}
    found = set()
    for each in result.resources:
        before, _, types = each.urn.rpartition("::")[0].rpartition("::")
        for alias in each.aliases:
            if isinstance(alias, str):
                found.add(alias)
                continue
            kind = alias.get("type", each.type)
            whole = kind if alias.get("noParent") else f"{types.removesuffix(each.type)}{kind}"
            found.add(f"{before}::{whole}::{alias.get('name', each.name)}")
        parent = by_urn.get(each.parent)
        # A child whose name begins with its parent's takes part in the parent's renaming.
        for alias in parent.aliases if parent and each.name.startswith(parent.name) else ():
            if not isinstance(alias, str) and "name" in alias:
                found.add(f"{before}::{types}::{alias['name']}{each.name.removeprefix(parent.name)}")
    return found


def unacknowledged(old: dict[str, Any], result: Result, changelog: str) -> list[str]:
    """URNs that are gone without an alias that leads from there, or without a word about them in the changelog."""
    gone = {each["urn"] for each in old["resources"]} - {each.urn for each in result.resources}
    formerly = former_urns(result)
    return sorted(urn for urn in gone if urn not in formerly or f"`{urn.rpartition('::')[2]}`" not in changelog)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.name))
def test_contract(example: Path) -> None:
    result = MockStack(stack="contract", secrets=SECRETS.get(example.name)).up(example)
    new = contract(result)
    file = GOLDEN / f"{example.name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        if file.is_file():
            old = json.loads(file.read_text(encoding="utf-8"))
            missing = unacknowledged(old, result, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
            lines = "\n".join(f"  gone:    {urn}" for urn in missing)
            assert not missing, ACKNOWLEDGE.format(file=file.relative_to(ROOT), example=example.name, changes=lines)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(new, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    assert file.is_file(), f"no {file.relative_to(ROOT)}: run UPDATE_GOLDEN=1 pytest tests/test_contract.py"
    changes = differences(json.loads(file.read_text(encoding="utf-8")), new)
    name = file.relative_to(ROOT)
    assert not changes, ACKNOWLEDGE.format(file=name, example=example.name, changes="\n".join(changes))


def test_no_contract_of_an_example_that_is_gone() -> None:
    assert {file.stem for file in GOLDEN.glob("*.json")} <= {example.name for example in EXAMPLES}


def test_a_preview_has_the_same_contract() -> None:
    stack = MockStack(stack="contract")
    update, preview = (
        {each.urn for each in run(ROOT / "examples" / "https_nginx").resources} for run in (stack.up, stack.preview)
    )
    assert update == preview


def test_changes_are_told_apart() -> None:
    old = json.loads((GOLDEN / "https_nginx.json").read_text(encoding="utf-8"))
    new = json.loads(json.dumps(old).replace("web-tls", "web-secret"))
    del new["exports"]["url"]
    lines = differences(old, new)
    assert any(line.startswith("  gone: ") and line.endswith("::web-tls") for line in lines)
    assert any(line.startswith("  new: ") and line.endswith("::web-secret") for line in lines)
    assert "  export url: plain → absent" in lines
    assert differences(old, old) == []


def test_a_change_has_to_be_acknowledged(pulumi_stack: MockStack) -> None:
    """By an alias and in the changelog: neither is enough."""
    import pulumi
    from pulumi_kubernetes.core.v1 import Secret

    old = contract(pulumi_stack.up(lambda: Secret("web-secret")))
    aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="web-secret")])
    without = pulumi_stack.up(lambda: Secret("web-tls"))
    renamed = pulumi_stack.up(lambda: Secret("web-tls", opts=aliases))
    word = "The Secret `web-secret` is called `web-tls`."
    (urn,) = [each["urn"] for each in old["resources"]]
    assert unacknowledged(old, without, word) == [urn]
    assert unacknowledged(old, renamed, "") == [urn]
    assert unacknowledged(old, renamed, word) == []
    assert unacknowledged(contract(renamed), renamed, "") == []


def test_a_renamed_component_leads_to_its_childrens_old_places(pulumi_stack: MockStack) -> None:
    import pulumi

    from pulumi_sidecar import SidecarDeployment

    args: Any = {"app": {"image": "a", "port": 8080}, "proxy": {"kind": "nginx"}}
    old = {each.urn for each in pulumi_stack.up(lambda: SidecarDeployment("web", args)).resources}
    options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="web")])
    assert old <= former_urns(pulumi_stack.up(lambda: SidecarDeployment("shop", args, options)))


def test_an_alias_keeps_the_old_place(pulumi_stack: MockStack) -> None:
    """What a rename inside the component would look like: with the alias, the engine finds the old URN."""
    import pulumi

    from pulumi_sidecar import SidecarDeployment

    def renamed(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.name != "web-tls":
            return None
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="web-secret")])
        return pulumi.ResourceTransformResult(args.props, pulumi.ResourceOptions.merge(args.opts, aliases))

    options = pulumi.ResourceOptions(transforms=[renamed])
    args = {"app": {"image": "a", "port": 8080}, "proxy": {"kind": "nginx"}}
    secret = pulumi_stack.up(lambda: SidecarDeployment("web", args, options)).one("Secret")  # type: ignore[arg-type]
    (alias,) = secret.aliases
    assert not isinstance(alias, str)
    old = secret.urn.rpartition("::")[0] + f"::{alias['name']}"
    assert old == "urn:pulumi:test::project::sidecar:index:SidecarDeployment$kubernetes:core/v1:Secret::web-secret"
