"""What texts say stays when something is added behind it or goes: values and comments; and the modes of files."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from pulumi_sidecar.commands.files import write
from tests.inject.test_json import INDENTS
from tests.inject.test_manifests import objects, run
from tests.inject.test_others_stay import added, files
from tests.inject.test_several import WORKLOAD, A, ejected, injected, proxied, text

# --- values and comments ----------------------------------------------------------------------------------------------

OPEN = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: |\n    x"
REASON = "the file ends in a block text without a line break: add one"


@pytest.mark.parametrize("style", ["|", ">", "|-", "|+"])
def test_a_value_that_a_line_break_would_change_is_refused(style: str, tmp_path: Path) -> None:
    last = OPEN.replace("|", style)
    lines = f"{text('a')}---\n{last}".count("\n") + 1
    named = files(tmp_path, web=f"{text('a')}---\n{last}")
    result = run(*named, "--secret", "tls")
    if style == "|-":
        assert last in result.stdout
        return
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {tmp_path}/web.yaml: line {lines}: {REASON}")


def test_a_value_that_the_next_file_would_change_is_refused(tmp_path: Path) -> None:
    named = files(tmp_path, c=f"kind: A\n---\n{OPEN}", web=text("a"))
    result = run(*named, "--secret", "tls")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {tmp_path}/c.yaml: line 8: {REASON}")
    assert run(*named, "--secret", "tls", "-i").exit_code == 0
    assert (tmp_path / "c.yaml").read_text() == f"kind: A\n---\n{OPEN}"


def test_a_workload_that_ends_in_such_a_text_is_refused_for_that() -> None:
    before = WORKLOAD.format(name="a", more="") + "          command:\n            - |\n              x"
    result = run("-f", "-", "--secret", "tls", stdin=before)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: -: Deployment/a: {REASON}")
    assert ejected(injected(f"{before}\n")) == f"{before}\n"


def test_what_is_no_number_is_no_such_text() -> None:
    before = f"{text('a')}---\nkind: A\nvalue: .nan"
    assert ejected(injected(before)) == before


def test_a_value_keeps_its_line_break_when_what_stood_behind_it_goes() -> None:
    before = f"{text('a')}---\n{OPEN}\n"
    assert ejected(injected(before).removesuffix("\n")) == before


@pytest.mark.parametrize("comment", ["# vim: ft=yaml\n", "# one\n\n# two", "\n# one\n  # two\n\n"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_comments_behind_what_was_added_stay_there(comment: str, end: str) -> None:
    before = text("a", "b").removesuffix("\n") + end
    both = injected(injected(before, "a"), "b")
    found = both + "\n" * (not end) + comment
    again = injected(found, "a")
    assert again.endswith(comment.lstrip("\n"))
    assert sorted(map(str, objects(again))) == sorted(map(str, objects(found)))
    assert injected(again, "a") == again
    assert ejected(found) == before + "\n" * (not end) + comment.lstrip("\n")
    for name in "ab":
        assert ejected(found, "--workload", name).endswith(comment.lstrip("\n"))


def test_comments_stay_between_documents_and_before_them() -> None:
    head, tail = added(injected(text("a"))), "---\nkind: Other\n"
    for before, kept in (
        (f"{injected(text('a'))}# of the other\n{tail}", f"{text('a')}# of the other\n{tail}"),
        (
            f"{head}# of the workload\n---\n{injected(text('a')).replace(head, '')}",
            f"# of the workload\n---\n{text('a')}",
        ),
    ):
        assert "# of the" in injected(before)
        assert injected(injected(before)) == injected(before)
        assert ejected(before).removesuffix("---\n") == kept


@pytest.mark.parametrize("indent", INDENTS)
def test_comments_behind_json_leave_it_readable(indent: Any) -> None:
    before = json.dumps(objects(text("a"))[0], indent=indent) + "\n"
    left = ejected(injected(before) + "# the end\n")
    assert left.startswith("---")
    assert left.endswith(f"\n{before}# the end\n")
    assert proxied(injected(left).replace("\t", " ")) == [A[0], A[2]]  # PyYAML takes no tabs, kubectl does


# --- the files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o755])
def test_a_file_keeps_its_mode(mode: int, tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(text("a", "b"))
    file.chmod(mode)

    def after(*options: str) -> int:
        assert run("-f", str(file), "-i", *options).exit_code == 0
        return stat.S_IMODE(file.stat().st_mode)

    assert after("--secret", "tls", "--workload", "a") == mode
    assert after("--eject") == mode
    assert after("--generate", "--write-generated-key", "--workload", "a") == 0o600
    assert after("--secret", "tls", "--workload", "b") == 0o600
    assert after("--eject", "--workload", "b") == 0o600


def test_a_new_file_has_the_mode_of_this_process(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "new", "x")
        write(tmp_path / "private", "x", private=True)
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "private")] == [0o640, 0o600]
