"""`python -m bench [PART ...]`: measures, and writes bench/RESULTS.md and bench/results.json.

Parts that were not asked for stay as they are in results.json.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from bench import cluster, handshakes, machine, program, proxy, report, uwsgi
from bench.load import LoadError, MissingToolError
from bench.result import Scenario
from pulumi_sidecar import processes

HERE = Path(__file__).parent

PARTS: dict[str, Callable[[bool], list[Scenario]]] = {
    "small": lambda quick: proxy.run("small", quick),
    "http2": lambda quick: proxy.run("http2", quick),
    "new": lambda quick: proxy.run("new", quick),
    "large": lambda quick: proxy.run("large", quick),
    "handshakes": handshakes.run,
    "uwsgi": uwsgi.run,
    "import": program.imports,
    "components": program.components,
    "render": program.rendering,
    "cluster": cluster.run,
}
GROUPS = {
    "proxy": ["small", "http2", "new", "large", "handshakes", "uwsgi"],
    "program": ["import", "components", "render"],
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures, and writes down what came of it.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join([*GROUPS, *PARTS])}; all by default")
    parser.add_argument("--quick", action="store_true", help="one short round of each: to see that everything runs")
    parser.add_argument("--output", type=Path, default=HERE, help="the folder of RESULTS.md and results.json")
    parser.add_argument("--note", default="", help="what a reader has to know of this machine meanwhile")
    chosen = parser.parse_args()
    parts = [name for part in chosen.parts or PARTS for name in GROUPS.get(part, [part])]
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]}")
    results = report.Results.read(chosen.output / "results.json")
    for part in parts:
        begun = time.monotonic()
        proxy.say(part)
        try:
            found, skipped = PARTS[part](chosen.quick), ""
        except (MissingToolError, LoadError) as reason:
            found, skipped = [], str(reason)
            proxy.say(f"  skipped: {reason}")
        versions = machine.versions(part)
        results.parts[part] = report.Part(machine.describe(), chosen.quick, found, skipped, versions, chosen.note)
        results.write(chosen.output)
        proxy.say(f"  took {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    with processes.stoppable():  # a signal ends the servers, too
        main()
