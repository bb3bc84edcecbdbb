"""Stacks for the tests, and the servers' logs beside a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.pairs import Pair, Stack

_running: list[Stack] = []
_sizes: dict[Path, int] = {}

Start = Callable[..., Stack]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here starts a real proxy."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def _shared() -> Iterator[dict[Pair, Stack]]:
    stacks: dict[Pair, Stack] = {}
    yield stacks
    for stack in stacks.values():
        _running.remove(stack)
        stack.stop()


@pytest.fixture
def stack(pair: Pair, _shared: dict[Pair, Stack]) -> Stack:
    """The default site for a pair, shared by all tests that leave it as it is."""
    if pair not in _shared:
        _shared[pair] = Stack(pair)
        _running.append(_shared[pair])
    return _shared[pair]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a stack of the test's own: start(pair, **what_differs)."""
    mine: list[Stack] = []

    def make(pair: Pair, **changes: Any) -> Stack:
        stack = Stack(pair, **changes)
        mine.append(stack)
        _running.append(stack)
        return stack

    yield make
    for stack in mine:
        _running.remove(stack)
        stack.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember where the logs of shared servers stand."""
    _sizes.clear()
    for stack in _running:
        for server in stack.servers():
            _sizes.update(server.log_sizes())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show what the servers logged during a test that fails."""
    report = yield
    if report.failed:
        for stack in _running:
            for server in stack.servers():
                for file in (server.stdout, server.stderr):
                    text = file.read_bytes()[_sizes.get(file, 0) :].decode(errors="replace")
                    if text:
                        report.sections.append((f"{stack.pair} {file.name}", text[-4000:]))
    return report
