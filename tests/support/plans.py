"""Plans of arguments in their dict form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.checks import check
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.plan import Plan, ProxyPlan, make_plan

Basic = Callable[..., dict[str, Any]]


def arguments(raw: Any) -> SidecarDeploymentArgs:
    return parse(SidecarDeploymentArgs, raw, "test")


def plan(raw: Any, name: str = "web") -> Plan:
    args = arguments(raw)
    check(name, args)
    return make_plan(name, args)


def proxy(raw: Any, name: str = "web") -> ProxyPlan:
    found = plan(raw, name).proxy
    assert found is not None
    return found


def problems(raw: Any, name: str = "web") -> dict[str, Problem]:
    with pytest.raises(ArgumentsError) as caught:
        check(name, arguments(raw))
    assert str(caught.value).startswith(f'SidecarDeployment "{name}": ')
    for problem in caught.value.problems:
        assert problem.reason
        assert problem.remedy
    return {problem.path: problem for problem in caught.value.problems}
