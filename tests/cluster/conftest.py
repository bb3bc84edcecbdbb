"""Tests on a real Kubernetes: any that KUBECONFIG names, a kind or minikube of your own too. docs/cluster-tests.md has
how to run them there, and every setting.

They make namespaces of their own and delete them. What was counted stands in a table at the end.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import groups, support, table
from tests.cluster.clients import Client, client_objects
from tests.cluster.shops import PAIRS, Running, shop
from tests.cluster.support import Namespace

_open: list[Namespace] = []


def pytest_configure(config: pytest.Config) -> None:
    """A marker of our own."""
    config.addinivalue_line("markers", "slow: waits for minutes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a cluster."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests that share what they deploy share a worker."""
    return groups.scheduler(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def cluster() -> None:
    """Skips what cannot run. A cluster that is named and does not answer is an error."""
    if not os.environ.get("KUBECONFIG"):
        pytest.skip("no cluster: KUBECONFIG is not set")
    if not shutil.which("kubectl"):
        pytest.skip("no cluster: kubectl is not on the PATH")
    support.kubectl("get", "namespaces", "--request-timeout=20s")


Show = Callable[[str | Namespace], AbstractContextManager[Namespace]]


@contextmanager
def _shown(wanted: str | Namespace) -> Iterator[Namespace]:
    with contextlib.ExitStack() as stack:
        if isinstance(wanted, str):
            wanted = stack.enter_context(support.fresh_namespace(wanted))
        else:
            stack.enter_context(support.deleted_afterwards(wanted))
        _open.append(wanted)
        stack.callback(_open.remove, wanted)
        yield wanted


@pytest.fixture(scope="session")
def show(cluster: None) -> Show:
    """Makes a namespace, or takes one that a program makes; shown when a test fails, and deleted in the end."""
    return _shown


@pytest.fixture(scope="session")
def client(show: Show) -> Iterator[Client]:
    """The client pod."""
    with show("sidecar-client") as space:
        space.apply(client_objects(space.name))
        limit = support.READY_SECONDS
        space.kubectl("wait", "--for=condition=Ready", "pod/client", f"--timeout={limit}s", seconds=limit + 30)
        yield Client(space.name)


@pytest.fixture(scope="session", params=PAIRS, ids="-".join)
def running(request: pytest.FixtureRequest, show: Show) -> Iterator[Running]:
    """A component for each protocol and proxy, for test_updates.py and test_killed.py, in a namespace of its own."""
    with show(f"sidecar-{'-'.join(request.param)}") as space:
        yield Running(space, shop(space, *request.param))


@pytest.fixture(scope="module")
def namespace(show: Show, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """A namespace for the module, which enforces Pod Security `restricted`."""
    module = re.sub(r"[^a-z0-9]+", "-", request.node.path.stem.removeprefix("test_"))
    with show(f"sidecar-{module}") as space:
        yield space


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """What was counted goes with the report. When a test fails, so do the namespaces as they are."""
    report = yield
    if Path(__file__).parent in item.path.parents:
        report.user_properties += [table.packed(found) for found in table.TABLE]
        table.TABLE.clear()
        if report.failed:
            for space in _open:
                report.sections.append((f"namespace {space.name}", space.report()[-30000:]))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was counted, as a table; also in the file that SIDECAR_TEST_TABLE names, as Markdown."""
    reports = [report for every in terminalreporter.stats.values() for report in every]
    properties = {id(report): getattr(report, "user_properties", []) for report in reports}
    found = [table.unpacked(*each) for every in properties.values() for each in every]
    known = [each for each in found if each is not None]
    if not known:
        return
    text = table.tables(known)
    terminalreporter.section("counted on the cluster")
    terminalreporter.write(text)
    if path := os.environ.get("SIDECAR_TEST_TABLE"):
        Path(path).write_text(text)
