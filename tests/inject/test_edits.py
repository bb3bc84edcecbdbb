"""Changes and the way back: whatever is changed, what comes back is what was there, order and all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_sidecar.inject.edits import Editor, apply, find, read

KEYS = st.sampled_from(["a", "b", "name"])
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
NAMED = st.lists(st.fixed_dictionaries({"name": st.text(max_size=2)}), max_size=3)
VALUES = st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)
DOCUMENTS = st.dictionaries(KEYS, VALUES | NAMED, max_size=3)


def same(one: Any, other: Any) -> bool:
    return json.dumps(one) == json.dumps(other)  # the order of keys counts


@given(DOCUMENTS, st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=3), VALUES), max_size=4))
def test_puts_are_taken_back(document: dict[str, Any], puts: list[tuple[list[str], Any]]) -> None:
    editor = Editor(document)
    for path, value in puts:
        above = [find(editor.document, path[:depth]) for depth in range(1, len(path))]
        if any(each is not None and not isinstance(each, dict) for each in above):
            continue  # shapes are looked at before anything is changed
        editor.put(tuple(path), value)
        assert find(editor.document, path) == value
    assert same(apply(document, editor.edits), editor.document)
    back = read(editor.recorded())
    assert back is not None
    assert apply(editor.document, back) == document
    if not puts:
        assert same(apply(editor.document, back), document)


@given(st.none() | NAMED, st.lists(st.text(max_size=2), unique=True, max_size=4))
def test_items_are_taken_back(there: list[Any] | None, names: list[str]) -> None:
    document: dict[str, Any] = {"spec": {"items": there}}
    taken = {each["name"] for each in there or ()}
    editor = Editor(document)
    for name in names:
        if name not in taken:
            editor.append(("spec", "items"), {"name": name, "more": 1}, {"name": name})
    assert same(apply(document, editor.edits), editor.document)
    assert same(apply(editor.document, editor.undo), document)


def test_a_missing_list_is_made_and_goes_again() -> None:
    editor = Editor({"spec": {}})
    editor.append(("spec", "volumes"), {"name": "one"}, {"name": "one"})
    editor.append(("spec", "volumes"), {"name": "two"}, {"name": "two"})
    assert editor.document == {"spec": {"volumes": [{"name": "one"}, {"name": "two"}]}}
    assert apply(editor.document, editor.undo) == {"spec": {}}


def test_what_others_added_since_stays() -> None:
    editor = Editor({"spec": {}})
    editor.append(("spec", "volumes"), {"name": "ours"}, {"name": "ours"})
    editor.put(("metadata", "annotations", "ours"), "1")
    later = editor.document
    later["spec"]["volumes"].append({"name": "theirs"})
    later["metadata"]["annotations"]["theirs"] = "2"
    assert apply(later, editor.undo) == {
        "spec": {"volumes": [{"name": "theirs"}]},
        "metadata": {"annotations": {"theirs": "2"}},
    }


def test_what_is_gone_already_is_no_error() -> None:
    editor = Editor({"spec": {"items": [{"name": "app"}]}})
    editor.put(("spec", "items", {"name": "app"}, "lifecycle", "preStop"), {})
    assert apply({"spec": {"items": []}}, editor.undo) == {"spec": {"items": []}}
    assert apply({}, editor.undo) == {}


def test_the_document_that_was_given_stays_as_it_is() -> None:
    document: dict[str, Any] = {"spec": {"items": [{"name": "app"}]}}
    editor = Editor(document)
    editor.put(("spec", "items", {"name": "app"}, "image"), "x")
    editor.append(("spec", "items"), {"name": "new"}, {"name": "new"})
    assert document == {"spec": {"items": [{"name": "app"}]}}


def test_whole_numbers_from_the_wire_come_back_whole() -> None:
    editor = Editor({"grace": 30.0})
    editor.put(("grace",), 40)
    assert editor.recorded() == '[["put",["grace"],30]]'


@pytest.mark.parametrize("text", [None, 1, "", "{}", "[[]]", '[["run",["a"]]]', '[["put",[],1]]', '[["put",[1],1]]'])
def test_no_other_text_is_taken_for_a_record(text: Any) -> None:
    assert not read(text)
