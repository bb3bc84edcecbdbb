"""JSON in: kubectl takes a text that begins with a brace for JSON, and then reads nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.inject.test_manifests import objects
from tests.inject.test_several import A, B, ejected, injected, proxied, text

INDENTS: list[Any] = [None, 2, 4, "\t"]


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("indent", INDENTS)
def test_a_list_gets_more_items(indent: Any, end: str) -> None:
    before = json.dumps({"kind": "List", "items": objects(text("a", "b")), "apiVersion": "v1"}, indent=indent) + end
    one = injected(before, "a")
    both = injected(one, "b")
    for found in (one, both):
        json.loads(found)
    assert proxied(one) == [*A[:2], A[2]]
    assert proxied(both) == [*A[:2], *B[:2], A[2], B[2]]
    assert injected(both, "a") == both
    assert ejected(both, "--workload", "b") == one
    assert ejected(both) == before


@pytest.mark.parametrize("end", ["\n", ""])
@pytest.mark.parametrize("indent", INDENTS)
@pytest.mark.parametrize("mark", ["", "---\n"])
def test_an_object_is_read_as_yaml(mark: str, indent: Any, end: str) -> None:
    before = mark + json.dumps(objects(text("a"))[0], indent=indent) + end
    once = injected(before)
    assert once.startswith("---")
    assert proxied(once.replace("\t", " ")) == [A[0], A[2]]  # PyYAML takes no tabs, kubectl does
    assert injected(once) == once
    assert ejected(once) == before


def test_what_others_wrote_becomes_no_yaml() -> None:
    """A record of how YAML spelled it is none for JSON."""
    before = (
        text("a")
        .replace("targetPort: 8080", "targetPort: 'http'")
        .replace("- containerPort", "- name: http\n              containerPort")
    )
    once = objects(injected(before, None, "--service-ports", "point"))
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": once})
    back = ejected(listed)
    assert json.loads(back)["items"] == list(yaml.safe_load_all(before))


def test_texts_that_yaml_reads_in_another_way() -> None:
    odd = "\U0001f600 \u2028 \x85 \ufeff \x7f é"
    found = objects(text("a"))
    found[0]["spec"]["template"]["metadata"]["annotations"] = {"odd": odd}
    before = json.dumps({"apiVersion": "v1", "kind": "List", "items": found})
    # Halves of a character, which YAML does not join, would be what was to be left alone.
    assert ejected(injected(before)) == before
