"""What a program pays: imports, components beside the same resources by hand, configurations, `render`.

Every figure is of a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.child import IMPORTS, OURS, THEIRS
from bench.load import LoadError
from bench.result import Round, Scenario
from bench.site import folder

COUNTS = {1: 5, 100: 3, 1000: 1, 5000: 1}
"""Components → rounds."""


@dataclass(frozen=True)
class Children:
    """Processes of their own. Modules are compiled once, as they are where a package is installed, into a folder
    of ours: an environment may say that nothing is to be kept."""

    place: Path

    def measure(self, *words: str) -> dict[str, float]:
        """What one of them measured."""
        env = {**os.environ, "PYTHONPYCACHEPREFIX": str(self.place)}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "bench.child", *words]
        root = Path(__file__).parents[1]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, cwd=root, env=env)
        if done.returncode:
            raise LoadError(f"{' '.join(words)} failed: {done.stderr.strip().splitlines()[-1:]}")
        figures: dict[str, float] = json.loads(done.stdout)
        return figures

    def rounds(self, count: int, who: list[str], words: tuple[str, ...], rest: tuple[str, ...] = ()) -> list[Round]:
        """The first process of each compiles, and does not count."""
        for each in who:
            self.measure(*words, each, *rest)
        turns = [who if number % 2 == 0 else who[::-1] for number in range(count)]
        return [{each: self.measure(*words, each, *rest) for each in turn} for turn in turns]


def imports(quick: bool) -> list[Scenario]:
    """With the component, and without."""
    who = {THEIRS: "pulumi, pulumi_kubernetes' core and apps, pulumi_tls, pydantic", OURS: "and SidecarDeployment"}
    with folder() as place:
        found = Children(place).rounds(1 if quick else 15, list(who), ("import",))
    return [Scenario("import", "imports", THEIRS, who, found)]


def components(quick: bool) -> list[Scenario]:
    """1, 100, 1,000 and 5,000 of them."""
    who = {THEIRS: "the same resources by hand", OURS: "SidecarDeployment"}
    done = []
    with folder() as place:
        children = Children(place)
        children.rounds(0, list(who), ("components",), ("1",))
        for count, rounds in COUNTS.items():
            if quick and count > 100:
                break
            title = f"{count:,} component{'s' if count > 1 else ''} under mocks, of 9 resources each"
            found: list[Round] = []
            for number in range(1 if quick else rounds):
                turn = list(who) if number % 2 == 0 else list(who)[::-1]
                found.append({each: children.measure("components", each, str(count)) for each in turn})
            done.append(Scenario(f"components-{count}", title, THEIRS, who, found))
    return done


def rendering(quick: bool) -> list[Scenario]:
    """Configurations, and the command `render`."""
    kinds = {"nginx": "nginx", "apache": "Apache"}
    text = Scenario("configuration", "one configuration as text", "", kinds)
    who = {OURS: "pulumi-sidecar render examples/https_nginx", IMPORTS: "importing the modules that it needs"}
    with folder() as place:
        children, modules = Children(place), str(place / "modules")
        text.rounds = children.rounds(1 if quick else 5, list(kinds), ("configuration",))
        found = children.rounds(1 if quick else 9, list(who), ("render",), (modules,))
    return [text, Scenario("render", "`render` of an example", IMPORTS, who, found)]
