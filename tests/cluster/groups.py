"""Which tests share what they deploy, and so must share a worker of pytest-xdist.

pytest-xdist's own groups go by a mark that it writes into a test's name, which not every release of pytest lets it do.
"""

from __future__ import annotations

import re
from typing import Any

BY_PARAMETER = ("test_updates", "test_killed")
"""They share a component for each protocol and proxy: the parameter."""
BY_BOTH = ("test_https_nginx",)
"""Each parameter has a namespace."""
ALONE = ("test_examples", "test_inject", "test_spaces")
"""Each test has a namespace."""


def group(nodeid: str) -> str:
    """The group of a test; others go by their file."""
    file, _, test = nodeid.partition("::")
    stem = file.rpartition("/")[2].removesuffix(".py")
    found = re.search(r"\[(.*)\]$", test)
    parameter = found[1] if found else ""
    if stem in BY_PARAMETER:
        return parameter
    if stem in BY_BOTH:
        return f"{stem} {parameter}"
    return nodeid if stem in ALONE else file


def scheduler(config: Any, log: Any) -> Any:
    """pytest-xdist's scheduler for groups, with these."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return Scheduling(config, log)
