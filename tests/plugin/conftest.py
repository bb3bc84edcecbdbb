"""One plugin process for the tests of a file: it holds no state between components."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plugin.engine import Engine


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as started:
        yield started
