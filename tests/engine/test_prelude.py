"""What prelude.py makes of the examples, through the testing kit: so much of the engine tests is tried without one."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pulumi_sidecar.testing import MockStack, Resource, Result
from tests.engine import test_examples as life
from tests.engine.conftest import ROOT, with_prelude

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs an example with the prelude before it."""
    programs = tmp_path_factory.mktemp("programs") / "examples"
    shutil.copytree(ROOT / "examples", programs, ignore=shutil.ignore_patterns("__pycache__"))
    for example in life.EXAMPLES:
        with_prelude(programs / example)

    @functools.cache
    def plain(example: str) -> Result:
        return stack(example).up(programs / example)

    def _run(example: str, config: Mapping[str, Any] | None = None) -> Result:
        return stack(example, config).up(programs / example) if config else plain(example)

    return _run


def stack(example: str, config: Mapping[str, Any] | None = None) -> MockStack:
    return MockStack(config=config, secrets=life.SECRETS.get(example), name_suffix="1a2b3c4d")


def changed(before: Result, after: Result) -> set[str]:
    """The resources with other inputs, but for what is new in each run: keys and certificates."""
    old = {each.urn: each for each in before.resources}
    assert set(old) == {each.urn for each in after.resources}
    return {
        f"{each.type.rpartition(':')[2]} {each.name}"
        for each in after.resources
        if steady(each) != steady(old[each.urn])
    }


def steady(each: Resource) -> str:
    text = json.dumps(each.inputs, sort_keys=True, default=str)
    text = re.sub(r"-----BEGIN .*?-----END [A-Z ]+-----", "PEM", text)
    text = re.sub(r'"(tls\.crt|tls\.key|ca\.crt|ca\.key)": "[^"]*"', "", text)
    return re.sub(r'sha256": "[0-9a-f]{64}"|[0-9]{4}-[0-9-]{5}T[0-9:]{8}Z', "", text)


@pytest.mark.parametrize("example", life.EXAMPLES)
def test_nothing_is_changed_unasked(run: Run, example: str) -> None:
    assert changed(stack(example).up(ROOT / "examples" / example), run(example)) == set()


@pytest.mark.parametrize("example", life.EXAMPLES)
def test_a_change(run: Run, example: str) -> None:
    before = run(example)
    if example in life.CHANGES:
        config, only = life.CHANGES[example]
        assert changed(before, run(example, config)) == {only}
    else:
        found = changed(before, run(example, life.OTHER_LIMIT))
        assert {each.partition(" ")[0] for each in found} == {"ConfigMap"}  # another name, and so the pods roll


@pytest.mark.parametrize("example", life.EXAMPLES)
def test_a_renewal(run: Run, example: str) -> None:
    certificates = run(example, {"engine:renew": True}).all("LocallySignedCert")
    for each in certificates:
        assert each.inputs["earlyRenewalHours"] == each.inputs["validityPeriodHours"] > 0


@pytest.mark.parametrize("example", life.EXAMPLES)
def test_a_new_name(run: Run, example: str) -> None:
    before, after = run(example), run(example, {"engine:rename": "-renamed"})
    for each in after.all("SidecarDeployment"):
        assert each.aliases == ({"name": each.name.removesuffix("-renamed")},)
    # The engine derives a child's old name from its parent's alias, and a Kubernetes object keeps the name it has.
    assert {each.urn.replace("-renamed", "") for each in after.resources} == {each.urn for each in before.resources}
    names = {each.outputs["metadata"]["name"] for each in after.resources if "metadata" in each.outputs}
    made_up = {name for name in names if "-renamed" in name}
    old = {each.urn: each for each in before.resources}
    for each in after.resources:
        text = steady(each)
        for name in made_up:
            text = text.replace(name, name.replace("-renamed", ""))
        assert text == steady(old[each.urn.replace("-renamed", "")])
