"""The contract with a user's state: URNs, types and names of what each example registers, and the output keys.

A URN that changes means that the engine deletes one resource and creates another. UPDATE_GOLDEN=1 rewrites the files.
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
  3. run UPDATE_GOLDEN=1 pytest tests/test_contract.py, and commit the file together with both."""


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


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.name))
def test_contract(example: Path) -> None:
    new = contract(MockStack(stack="contract", secrets=SECRETS.get(example.name)).up(example))
    file = GOLDEN / f"{example.name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
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
