"""ArgumentsError: every problem in its text, and as Pulumi's own property errors."""

from __future__ import annotations

import pulumi
import pytest

from pulumi_sidecar.errors import ArgumentsError, Problem, did_you_mean


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("app.port", "is missing"), "app.port: is missing."),
        (Problem("app.port", "is missing", "Give it."), "app.port: is missing. Give it."),
        (Problem("app.port", "is no port", "Give one.", 0), "app.port: is no port (got 0). Give one."),
        (Problem("app.image", "is bad", "", "a b"), "app.image: is bad (got 'a b')."),
        (Problem("proxy.http2", "is bad", "", False), "proxy.http2: is bad (got False)."),
        (Problem("app", "is bad", "", {"password": "hunter2"}), "app: is bad."),
        (Problem("app", "is bad", "", ["hunter2"]), "app: is bad."),
        (Problem("app", "is bad", "", None), "app: is bad."),
        (Problem("app", "is bad", "", b"hunter2"), "app: is bad."),
    ],
)
def test_a_problem_reads_path_reason_value_remedy(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_a_long_value_is_cut() -> None:
    shown = Problem("x", "is bad", "", "a" * 500).shown_value
    assert shown is not None
    assert len(shown) == 80
    assert shown.endswith("…")


@pytest.mark.parametrize("before", ["", "x" * 200])
def test_a_key_is_never_shown(before: str) -> None:
    pem = f"{before}-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n"
    assert Problem("x", "is bad", "", pem).shown_value is None
    assert "MIGH" not in str(Problem("x", "is bad", "", pem))


def test_a_value_on_many_lines_stays_on_one() -> None:
    assert "\n" not in str(Problem("x", "is bad", "", "a\nb"))


def test_the_text_holds_every_problem() -> None:
    error = ArgumentsError('SidecarDeployment "web"', [Problem("a", "is bad", "Mend it."), Problem("b", "is worse")])
    assert str(error) == (
        'SidecarDeployment "web": 2 arguments cannot be used\n  - a: is bad. Mend it.\n  - b: is worse.'
    )


def test_one_problem_is_one_argument() -> None:
    assert str(ArgumentsError("x", [Problem("a", "is bad")])).startswith("x: 1 argument cannot be used\n")


def test_it_is_a_pulumi_error_with_property_paths() -> None:
    problems = [Problem('app.env["PORT"]', "is bad", "Mend it.", 1), Problem("b", "is worse")]
    error = ArgumentsError("x", problems)
    assert isinstance(error, pulumi.InputPropertiesError)
    assert error.problems == tuple(problems)
    assert error.errors is not None
    assert [(each["property_path"], each["reason"]) for each in error.errors] == [
        ('app.env["PORT"]', "is bad (got 1). Mend it."),
        ("b", "is worse."),
    ]


def test_problems_may_come_from_a_generator() -> None:
    assert len(ArgumentsError("x", (Problem(name, "is bad") for name in "abc")).problems) == 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("imgae", 'Did you mean "image"?'),
        ("https-port", 'Did you mean "https_port"?'),
        ("zzzzzz", "Known here: https_port, image."),
    ],
)
def test_did_you_mean(name: str, said: str) -> None:
    assert did_you_mean(name, ["image", "https_port"]) == said
