"""A server's message about a configuration that it refuses, with the lines that it speaks of."""

from __future__ import annotations

import re

from pulumi_sidecar import layout, proxies

_PLACE = re.compile(
    rf"{layout.CONFIG_DIR}/(?P<file>[^\s:]+):(?P<line>\d+)|line (?P<line2>\d+) of \S+/(?P<file2>[^\s:]+)"
)


def with_lines(said: str, container: proxies.Container) -> str:
    """The server's message, and the lines that it speaks of."""
    result = [f"  {line}" for line in said.splitlines() if not line.endswith("test failed")]
    for place in _PLACE.finditer(said):
        text = container.texts.get(place["file"] or place["file2"], "").splitlines()
        number = int(place["line"] or place["line2"])
        shown = range(max(1, number - 2), min(len(text), number + 1) + 1)
        result += [f"  {'>' if each == number else ' '} {each:4} | {text[each - 1]}" for each in shown]
    return "\n".join(result)
