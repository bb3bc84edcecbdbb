"""The harness of these tests: a wrong assertion must fail wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

if TYPE_CHECKING:
    from tests.conftest import Deploy, Runner


def test_a_wrong_assertion_inside_apply_fails(run: Runner) -> None:
    def check(value: int) -> None:
        assert value == 2

    with pytest.raises(AssertionError):
        run(lambda: pulumi.Output.from_input(1).apply(check))


def test_a_wrong_assertion_inside_apply_fails_though_nobody_returns_its_output(run: Runner) -> None:
    def check(value: int) -> None:
        assert value == 2

    def program() -> None:
        pulumi.Output.from_input(1).apply(check)

    with pytest.raises(AssertionError):
        run(program)


def test_an_output_in_an_f_string_raises(run: Runner) -> None:
    with pytest.raises(Exception, match="Calling __str__ on an Output"):
        run(lambda: f"{pulumi.Output.from_input(1)}")


def test_outputs_are_told_apart(run: Runner) -> None:
    seen = run(lambda: [pulumi.Output.secret(1), pulumi.Output.from_input(2)]).result
    assert [(each.value, each.secret, each.known) for each in seen] == [(1, True, True), (2, False, True)]


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_program_has_a_stack_of_its_own(run: Runner, attempt: int) -> None:
    def program() -> None:
        pulumi.ComponentResource("test:index:Thing", "same", None)

    assert [each.name for each in run(program).resources] == ["same"]
    assert pulumi.runtime.settings.get_root_resource() is None


def test_the_monitor_sees_what_stock_mocks_do_not(run: Runner) -> None:
    def program() -> Any:
        parent = pulumi.ComponentResource("test:index:Thing", "parent", None)
        pulumi.ComponentResource(
            "test:index:Thing", "child", None, pulumi.ResourceOptions(parent=parent, aliases=[pulumi.Alias(name="old")])
        )
        return parent.urn

    seen = run(program)
    child = seen.one("Thing", "child")
    assert child.parent == seen.result.value
    assert child.aliases


def test_a_deployment_is_recorded(deploy: Deploy) -> None:
    assert deploy().one("Deployment").inputs["spec"]["replicas"] == 1
