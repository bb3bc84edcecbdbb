"""Transforms that pick nothing: told when the program has ended, in updates, previews and without an engine."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi_kubernetes import apps, core

from pulumi_sidecar import ArgumentsError, offline
from pulumi_sidecar.testing import MockStack, Result
from tests.inject.support import POD, SELECTOR, injection, program


def warnings(result: Result) -> list[str]:
    return [each.message for each in result.diagnostics if each.severity == "warning"]


@pytest.mark.parametrize("stack_wide", [True, False])
def test_a_transform_that_picks_nothing_is_told(pulumi_stack: MockStack, stack_wide: bool) -> None:
    for run in (pulumi_stack.up, pulumi_stack.preview):
        (said,) = warnings(run(program({"name": "wbe"}, stack_wide=stack_wide)))
        assert said.startswith('SidecarInjection "web": transform(name="wbe", kinds=(\'Deployment\', ')
        assert 'picked no workload, so none has the sidecar by it (seen: Deployment "web", StatefulSet "two")' in said
        assert warnings(run(program({"name": "web"}, stack_wide=stack_wide))) == []


def test_a_transform_that_comes_too_late_is_told(pulumi_stack: MockStack) -> None:
    def run() -> None:
        apps.v1.Deployment("one", spec={"selector": SELECTOR, "template": POD})
        pulumi.runtime.register_resource_transform(injection().transform())

    (said,) = warnings(pulumi_stack.up(run))
    assert "(seen: none: it sees only what is registered after it)" in said


def test_what_is_made_late_counts(pulumi_stack: MockStack) -> None:
    """The warning waits for Outputs that register resources."""

    def run() -> None:
        first = core.v1.ConfigMap("first")
        pulumi.runtime.register_resource_transform(injection().transform(required=True))

        def later(_: Any) -> None:
            apps.v1.Deployment("one", spec={"selector": SELECTOR, "template": POD})
            core.v1.Service("web", metadata={"name": "web"}, spec={"ports": [{"port": 80}]})

        first.urn.apply(lambda urn: pulumi.Output.from_input(urn).apply(later))

    assert warnings(pulumi_stack.up(run)) == []


def test_a_transform_may_require_a_workload(pulumi_stack: MockStack) -> None:
    with pytest.raises(ArgumentsError, match=r'transform\(name="wbe", .*\) picked no workload'):
        pulumi_stack.preview(program({"name": "wbe", "required": True}))
    assert warnings(pulumi_stack.up(program({"name": "web", "required": True}))) == []


def test_a_service_that_is_not_there_is_told(pulumi_stack: MockStack) -> None:
    (said,) = warnings(pulumi_stack.up(program({}, {"service": {"name": "front"}})))
    assert 'no Service "front" was seen, so none leads to the proxy (seen: "web", "x")' in said
    assert warnings(pulumi_stack.up(program({}, {"service": {"name": "front", "ports": "leave"}}))) == []


def test_a_program_that_fails_is_told_its_own_error_alone(pulumi_stack: MockStack) -> None:
    def run() -> None:
        program({"name": "wbe", "required": True})()
        raise RuntimeError("its own")

    with pytest.raises(RuntimeError, match="its own"):
        pulumi_stack.up(run)
    assert pulumi_stack.result is not None
    assert warnings(pulumi_stack.result) == []


def test_it_is_told_without_an_engine_too(caplog: pytest.LogCaptureFixture) -> None:
    offline.run(program({"name": "wbe"}))
    assert "picked no workload" in caplog.text
