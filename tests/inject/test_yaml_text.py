"""Edits in texts: what is not concerned stays, and what was taken away comes back as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pulumi_sidecar import manifest_stream
from pulumi_sidecar.inject.edits import Edit, read, written
from pulumi_sidecar.manifest_stream import Stream
from pulumi_sidecar.yaml_text import TextError, edited, load, load_plain, spelling, split, without
from tests.inject.test_manifests import run
from tests.inject.test_several import SERVICE, WORKLOAD, A, ejected, injected, proxied, text

NULL = "          lifecycle:\n            preStop:{}\n"


@pytest.mark.parametrize("null", ["", " # why", " ~", "   null   # why", " !!null null"])
@pytest.mark.parametrize("place", ["last", "before another key", "last of the file", "last, and the file ends in it"])
def test_what_was_empty_is_empty_again(null: str, place: str) -> None:
    workload, service = WORKLOAD.format(name="a", more=""), SERVICE.format(name="a", more="")
    hook = NULL.format(null)
    before = {
        "last": f"{workload}{hook}---\n{service}",
        "before another key": workload.replace("          image", f"{hook}          # theirs\n          image")
        + "---\n"
        + service,
        "last of the file": f"{service}---\n{workload}{hook}",
        "last, and the file ends in it": f"{service}---\n{workload}{hook}".removesuffix("\n"),
    }[place]
    once = injected(before)
    assert sorted(proxied(once)) == sorted(A)
    assert injected(once) == once
    assert ejected(once) == before
    assert injected(ejected(once)) == once


SPELLED = [
    "http",
    "'http'",
    '"http"',
    "   http   # why",
    "|-\n        http",
    ">-  # why\n        http\n\n",
    "!!str http",
    "\n        http",
    "# why\n        http # what",
    "   # why\n\n        # above\n        http # what",
]


@pytest.mark.parametrize("target", SPELLED)
@pytest.mark.parametrize("more", ["", "      protocol: TCP\n", "# the end\n"])
def test_what_was_led_elsewhere_is_spelled_as_before(target: str, more: str) -> None:
    workload = WORKLOAD.format(name="a", more="").replace(
        "- containerPort", "- name: http\n              containerPort"
    )
    before = f"{workload}---\n" + SERVICE.format(name="a", more="").replace(" 8080\n", f" {target}\n{more}")
    for end in ("---\nkind: Other\n", ""):
        once = injected(before + end, None, "--service-ports", "point")
        assert len(list(yaml.safe_load_all(once))) == len(list(yaml.safe_load_all(before + end))) + 1
        assert injected(once, None, "--service-ports", "point") == once
        assert ejected(once) == before + end


def test_documents_never_run_into_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream.of(["web.yaml"], ["kind: A\n---\nkind: B\n"])
    place = stream.places()[0]
    monkeypatch.setattr(manifest_stream, "edited", lambda *_: "kind: A")
    with pytest.raises(TextError, match=r"^web\.yaml: A/None: .*documents would run into each other"):
        stream.change(place, [])


BEHIND_A_DASH = [
    ("- name: a\n  port: 1\n", "- port: 1\n"),
    ("  -   name: a  # ours\n      port: 1", "  -   port: 1"),
    ("- name: a\n  # of the port\n\n  port: 1 # one\n- x\n", "  # of the port\n\n- port: 1 # one\n- x\n"),
    ("- name:\n    deep: [1]\n  port: 1\n", "- port: 1\n"),
    ("-\n  name: a\n  port: 1\n", "-\n  port: 1\n"),
    ("- - name: a\n    port: 1\n", "- - port: 1\n"),
]


@pytest.mark.parametrize(("before", "after"), BEHIND_A_DASH)
def test_the_next_key_moves_up_behind_the_dash(before: str, after: str) -> None:
    nested = before.startswith("- -")
    prefix = ["ports", 0, 0] if nested else ["ports", 0]
    assert edited(f"ports:\n{before}", [Edit("delete", ("name",))], prefix) == f"ports:\n{after}"


@pytest.mark.parametrize("before", ["- ? name\n  : a\n  port: 1\n", "- name: a\n  ? port\n  : 1\n"])
def test_what_cannot_move_up_is_refused(before: str) -> None:
    with pytest.raises(TextError, match="shares its line"):
        edited(f"ports:\n{before}", [Edit("delete", ("name",))], ["ports", 0])


def test_what_an_anchor_holds_elsewhere_is_not_taken_away() -> None:
    with pytest.raises(TextError, match="write it"):
        without("items:\n- &a {b: 1}\n- *a\n", ("items", 0))


# --- spellings --------------------------------------------------------------------------------------------------------


def test_only_what_is_not_written_in_the_usual_way_is_recorded() -> None:
    document = "a:\nb:   plain\nc: 30\nd: 'quoted'\ne: ~\nf: { }\ng: {h: plain, i: \"quoted\"}\n"
    usual = [("a", None), ("b", "plain"), ("c", 30)]
    assert [spelling(document, (), (key,), value) for key, value in usual] == [None] * 3
    odd = {"d": "quoted", "e": None, "f": {}}
    assert [spelling(document, (), (key,), value) for key, value in odd.items()] == [" 'quoted'", " ~", " { }"]
    assert spelling(document, (), ("g", "h"), "plain") == " plain"
    assert spelling(document, (), ("g", "i"), "quoted") is None
    assert spelling(document, (), ("nothing",), None) is None


def test_a_spelling_that_means_something_else_is_left_aside() -> None:
    for told in (" 'y'", "", "\n- x", " [", " {a: b}", "\nother: 1"):
        assert edited("a: x # why\n", [Edit("put", ("a",), "n", told)]) == 'a: "n" # why\n'
    assert edited('{"a": 1}', [Edit("put", ("a",), "b", " b")]) == '{"a": "b"}'
    assert edited("{a: 1}", [Edit("put", ("a",), "b", " b")]) == "{a: b}"


def test_records_hold_spellings() -> None:
    steps = [Edit("put", ("a",), None, " ~"), Edit("put", ("a",), 1), Edit("delete", ("b",))]
    assert read(written(steps)) == steps
    assert written(steps) == '[["put",["a"],null," ~"],["put",["a"],1],["delete",["b"]]]'
    assert read('[["put",["a"],1,2]]') is None


# --- streams ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "documents",
    [
        ["a: 1\n", "---\nb: 1\n", "---\n"],
        ["%YAML 1.2\n---\na: 1\n", "---\nb: 1\n"],
        ["# theirs\n", "%YAML 1.2\n# theirs\n%TAG ! tag:x,2000:\n\n---\na: 1\n"],
        ["a: 1\n...\n", "%YAML 1.2\r\n---\r\nb: 1\r\n"],
        ["--- |\n %no directive\n", "--- # b\nb: 1\n...\n"],
        ["--- |\n %no directive\n...\n# theirs\n", "---\nb: 1"],
    ],
)
def test_documents_with_their_directives(documents: list[str]) -> None:
    whole = "".join(documents)
    assert split(whole) == documents
    assert [each for each in map(load, documents) if each] == [each for each in yaml.safe_load_all(whole) if each]


@pytest.mark.parametrize("first", ["%YAML 1.2\n---\n", "# theirs\n%YAML 1.1\n---\n", "a: 1\n...\n%YAML 1.2\n---\n"])
def test_directives_stay(first: str) -> None:
    before = first + text("a")
    once = injected(before)
    assert once.startswith(first)
    assert injected(once) == once
    assert ejected(once) == before


def test_a_last_value_stays_what_it_is_where_the_file_has_no_line_break_at_its_end() -> None:
    (made,) = [
        each for each in yaml.safe_load_all(injected(text("a").removesuffix("\n"))) if each["kind"] == "ConfigMap"
    ]
    (same,) = [each for each in yaml.safe_load_all(injected(text("a"))) if each["kind"] == "ConfigMap"]
    assert made == same


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("a: b: c\n", 1),
        ("a:\n  - {{ .x }}\n", 2),
        ("a: 1\nb: \x00\n", 2),
        # Of a value that cannot be read PyYAML does not tell where it is: the line is that of its document.
        ("x: 1\nb: !!int x\n", 0),
        ("x: 1\na: 2001-99-99\n", 0),
        ("x: 1\na: " + "[" * 2000, 0),
    ],
)
def test_errors_name_the_file_and_its_line(wrong: str, line: int) -> None:
    before = text("a") + "---\n"
    result = run("-f", "-", "--secret", "tls", stdin=before + wrong)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: -: line {before.count(chr(10)) + line}: ")


def test_errors_name_the_file_and_the_object_that_cannot_be_edited(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    anchored = (
        text("a")
        .replace("metadata:\n      labels", "metadata: &m\n      labels")
        .replace("image:", "<<: *m\n          image:")
    )
    file.write_text(anchored)
    result = run("-f", str(file), "--secret", "tls")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {file}: Deployment/a: anchors, ")


def test_only_true_and_false_are_booleans_in_arguments() -> None:
    assert load_plain("[off, on, yes, no, y, true, False]") == ["off", "on", "yes", "no", "y", True, False]
    assert load("[off, true]") == [False, True]


# --- what kubectl reads -----------------------------------------------------------------------------------------------

READ: dict[str, str] = {
    "=": text("a") + "---\nkind: Foo\nenum:\n- =\n- '!='\n",
    "= in the workload": text("a").replace("image: app:1", "image: app:1\n          args: [a, =]"),
    "unknown tag": text("a") + "---\nkind: Foo\ndata: !Ref {a: [b, !Sub c]}\nlist: !Join [a]\n",
    "unknown tag in what is changed": text("a")
    .replace("- containerPort", "- name: web\n              containerPort")
    .replace("targetPort: 8080", "targetPort: !Ref web"),
    "tab before a comment": text("a").replace("image: app:1", "image: app:1\t\t# tab"),
    "tab at the end": text("a").replace("image: app:1", "image: app:1 \t").replace("port: 80\n", "port: 80\t\n"),
    "tab behind a colon": text("a").replace("image: app:1", "image:\tapp:1"),
    "tabs in values": text("a").replace("image: app:1", "image: app:1\t# x\n          args: ['a\t', \"\t# b\"]"),
    "tabs in a block": text("a") + "---\nkind: Foo\t\na: |\n  b\t# c\n  d\t\n",
}


@pytest.mark.parametrize("case", READ)
def test_what_kubectl_reads_is_read(case: str) -> None:
    options = ["--service", "a", "--service-ports", "point"] if "is changed" in case else []
    before = READ[case]
    once = injected(before, None, *options)
    labels = [each.label.partition("-")[0] for each in Stream.of(["-"], [once]).places()]
    assert {"Deployment/a", "Service/a", "ConfigMap/a"} <= {*labels}
    assert injected(once, None, *options) == once
    assert ejected(once) == before
    assert "\t" in once or "tab" not in case


def test_tabs_keep_their_place_in_values() -> None:
    assert load("a: 'b\t'\t# c\nd: |\n  e\t# f\n  g\t\nh: \"\t\"\t\n") == {"a": "b\t", "d": "e\t# f\ng\t\n", "h": "\t"}


@pytest.mark.parametrize("wrong", ["a:\n\tb: c\n", "a: b\n\t\nc: d\n", "a: b\tc\n", "-\ta: b\n\tc: d\n"])
def test_other_tabs_are_refused_with_what_to_do(wrong: str) -> None:
    with pytest.raises(TextError, match=r"line \d: .*; write spaces for the tab"):
        load(wrong)
