"""What a program pays: imports, components beside the same resources by hand, configurations, `render`.

Every figure is of a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.child import IMPORTS, OURS, THEIRS
from bench.load import LoadError
from bench.result import Round, Scenario
from bench.site import folder

COUNTS = {1: 5, 100: 5, 1000: 2, 5000: 1}
"""Components → rounds."""


def child(*words: str) -> dict[str, float]:
    """What a process of its own measured."""
    command = [sys.executable, "-m", "bench.child", *words]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, cwd=Path(__file__).parents[1]
    )
    if done.returncode:
        raise LoadError(f"{' '.join(words)} failed: {done.stderr.strip().splitlines()[-1:]}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _rounds(count: int, quick: bool, who: list[str], words: tuple[str, ...], rest: tuple[str, ...] = ()) -> list[Round]:
    turns = [who if number % 2 == 0 else who[::-1] for number in range(1 if quick else count)]
    return [{each: child(*words, each, *rest) for each in turn} for turn in turns]


def imports(quick: bool) -> list[Scenario]:
    """With the component, and without."""
    who = {THEIRS: "pulumi, pulumi_kubernetes' core and apps, pulumi_tls, pydantic", OURS: "and SidecarDeployment"}
    child("import", OURS)  # compiles what is new
    return [Scenario("import", "imports", THEIRS, who, _rounds(9, quick, list(who), ("import",)))]


def components(quick: bool) -> list[Scenario]:
    """1, 100, 1,000 and 5,000 of them."""
    who = {THEIRS: "the same resources by hand", OURS: "SidecarDeployment"}
    done = []
    for count, rounds in COUNTS.items():
        if quick and count > 100:
            break
        title = f"{count:,} component{'s' if count > 1 else ''} under mocks, of 9 resources each"
        found = _rounds(rounds, quick, list(who), ("components",), (str(count),))
        done.append(Scenario(f"components-{count}", title, THEIRS, who, found))
    return done


def rendering(quick: bool) -> list[Scenario]:
    """Configurations, and the command `render`."""
    kinds = {"nginx": "nginx", "apache": "Apache"}
    text = Scenario("configuration", "one configuration as text", "", kinds)
    text.rounds = _rounds(5, quick, list(kinds), ("configuration",))
    who = {IMPORTS: "importing the modules that it needs", OURS: "pulumi-sidecar render examples/https_nginx"}
    with folder() as place:
        modules = str(place / "modules")
        child("render", OURS, modules)
        found = _rounds(7, quick, list(who), ("render",), (modules,))
    return [text, Scenario("render", "`render` of an example", IMPORTS, who, found)]
