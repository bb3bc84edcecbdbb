"""A Pulumi program under mocks, awaited to its end: what the program registered, and what it returned.

`run` and `deploy` await everything, so that an assertion which fails inside `apply` fails the test (test_harness.py
proves it). All of it is pulumi_sidecar.testing, as users have it; this adds short ways to say what our tests
ask again and again.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"  # an Output in an f-string raises, instead of writing nonsense

import pulumi
import pytest
from hypothesis import HealthCheck, settings

from pulumi_sidecar.testing import MockStack, Resource, Result

# A shell starts what runs in the background with these ignored, and children would inherit that.
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Two busy cores make single examples slow; the number of examples keeps the suite fast.
settings.register_profile("suite", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

Reply = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """A program that has ended."""

    result: Any
    """What the program returned, with every Output in it awaited: an OutputValue."""
    whole: Result

    @property
    def resources(self) -> list[Resource]:
        """All of them, in the order of registration."""
        return self.whole.resources

    @property
    def registered_outputs(self) -> dict[str, dict[str, Any]]:
        """What each component handed to register_outputs, by URN."""
        return {each.urn: each.registered_outputs for each in self.resources if each.registered_outputs is not None}

    def all(self, kind: str) -> list[Resource]:
        """Resources of a type; its last word is enough ("Secret")."""
        return self.whole.all(kind)

    def one(self, kind: str, name: str | None = None) -> Resource:
        """The only resource of a type (and name)."""
        return self.whole.one(kind, name)


def _run(
    program: Callable[[], Any],
    *,
    preview: bool = False,
    replies: Mapping[str, Reply | Callable[[Any], Reply]] | None = None,
    namespace: str = "default",
) -> Run:
    stack = MockStack(namespace=namespace, name_suffix="1a2b3c4d")
    for type_, reply in (replies or {}).items():
        stack.mock_resource(type_, reply, known_in_preview=True)
    try:
        whole = stack.preview(program) if preview else stack.up(program)
    finally:
        for said in stack.result.diagnostics if stack.result else ():  # where caplog looks
            logging.getLogger("pulumi").log(getattr(logging, said.severity.upper()), said.message)
    return Run(whole.returned, whole)


class Runner(Protocol):
    """Runs a program under fresh mocks."""

    def __call__(
        self,
        program: Callable[[], Any],
        *,
        preview: bool = False,
        replies: Mapping[str, Reply | Callable[[Any], Reply]] | None = None,
        namespace: str = "default",
    ) -> Run: ...


class Deploy(Protocol):
    """Makes one SidecarDeployment in a program of its own; `result` has its outputs by name."""

    def __call__(
        self, args: Any = None, name: str = "web", opts: pulumi.ResourceOptions | None = None, **kwargs: Any
    ) -> Run: ...


BASIC: dict[str, Any] = {"app": {"image": "ghcr.io/acme/web:1.4", "port": 8080}, "proxy": {"kind": "nginx"}}
"""The README's arguments."""


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` over it, dict by dict; its dicts are new ones."""
    result = {key: merged(value, {}) if type(value) is dict else value for key, value in base.items()}
    for key, value in changes.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result


@pytest.fixture
def run() -> Runner:
    """Runs a program (a function without arguments) under mocks of its own."""
    return _run


@pytest.fixture
def basic() -> Callable[..., dict[str, Any]]:
    """The smallest arguments, with changes merged over them."""
    return lambda changes=None, /, **more: merged(BASIC, {**(changes or {}), **more})


@pytest.fixture
def deploy() -> Deploy:
    """One SidecarDeployment of the smallest arguments and `args` over them (a model is taken as it is)."""
    from pulumi_sidecar import SidecarDeployment

    def make(args: Any = None, name: str = "web", opts: pulumi.ResourceOptions | None = None, **kwargs: Any) -> Run:
        full = cast(Any, merged(BASIC, args or {}) if args is None or isinstance(args, Mapping) else args)

        def program() -> dict[str, Any]:
            made = SidecarDeployment(name, full, opts)
            return {key: getattr(made, key) for key in SidecarDeployment.__annotations__}

        return _run(program, **kwargs)

    return make
