"""Tests on a real Kubernetes: any that KUBECONFIG names, a kind or minikube of your own too.

They make namespaces of their own and delete them. Nothing is pulled that the examples do not name; where images have
other names on your cluster, say so by SIDECAR_TEST_APP_IMAGE (needs Python, Flask and uWSGI), SIDECAR_TEST_NGINX_IMAGE
and SIDECAR_TEST_APACHE_IMAGE. `-m "not slow"` leaves out what waits for minutes.
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

from tests.cluster import support
from tests.cluster.support import Client, Namespace

_open: list[Namespace] = []


def pytest_configure(config: pytest.Config) -> None:
    """A marker of our own."""
    config.addinivalue_line("markers", "slow: waits for minutes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a cluster."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)


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
        space.apply([support.sleeping_pod("client", space.name)])
        limit = support.READY_SECONDS
        space.kubectl("wait", "--for=condition=Ready", "pod/client", f"--timeout={limit}s", seconds=limit + 30)
        yield Client(space.name)


@pytest.fixture(scope="module")
def namespace(show: Show, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    """A namespace for the module, which enforces Pod Security `restricted`."""
    module = re.sub(r"[^a-z0-9]+", "-", request.node.path.stem.removeprefix("test_"))
    with show(f"sidecar-{module}") as space:
        yield space


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show the namespaces as they are when a test fails."""
    report = yield
    if report.failed and Path(__file__).parent in item.path.parents:
        for space in _open:
            report.sections.append((f"namespace {space.name}", space.report()[-30000:]))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was counted, as a table."""
    if not support.TABLE:
        return
    terminalreporter.section("requests counted on the cluster")
    terminalreporter.line(f"{'case':<48} {'requests':>8} {'failed':>7} {'again':>6}  failures")
    for row in support.TABLE:
        words = ", ".join(f"{word}: {times}" for word, times in sorted(row.failed.items()))
        terminalreporter.line(f"{row.case:<48} {row.requests:>8} {sum(row.failed.values()):>7} {row.again:>6}  {words}")
