"""results.json and RESULTS.md: the targets first, then every scenario as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import targets
from bench.result import Ratio, Scenario, as_json, from_json

_HEAD = """# What it costs

Written by `make bench`; how and why is in [README.md](README.md). Every figure is the median of several rounds, with
the least and the greatest in brackets. A round goes through all that are compared before the next begins, and ratios
are taken within a round. Figures of different machines, or of different parts, say nothing about each other.
"""


@dataclass
class Part:
    """What one part came to."""

    machine: str
    quick: bool
    scenarios: list[Scenario]
    skipped: str = ""
    versions: str = ""
    """Of what was run."""
    note: str = ""
    """What else a reader has to know, such as who else was busy there."""


@dataclass
class Results:
    """Everything that results.json holds."""

    parts: dict[str, Part] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Results:
        """Empty where there is no such file."""
        if not file.exists():
            return cls()
        data = json.loads(file.read_text())
        return cls({name: _part(part) for name, part in data.items()})

    def write(self, folder: Path) -> None:
        """Both files."""
        folder.mkdir(parents=True, exist_ok=True)
        data = {
            name: {**vars(part), "scenarios": [as_json(each) for each in part.scenarios]}
            for name, part in self.parts.items()
        }
        (folder / "results.json").write_text(json.dumps(_rounded(data), indent=1) + "\n")
        (folder / "RESULTS.md").write_text(self.markdown())

    def markdown(self) -> str:
        """RESULTS.md."""
        lines = [_HEAD]
        if any(part.quick for part in self.parts.values()):
            lines.append("**Of a quick run: one short round each. These figures only show that everything runs.**\n")
        lines += ["## Targets", "", *self._targets(), ""]
        for name, part in self.parts.items():
            lines += [f"## {name}", "", " ".join(filter(None, [f"{part.machine}.", part.versions, part.note])), ""]
            if part.skipped:
                lines += [f"Not measured: {part.skipped}", ""]
            for each in part.scenarios:
                lines += [f"### {each.title[0].upper()}{each.title[1:]}", "", *table(each), ""]
        return "\n".join(lines).rstrip() + "\n"

    def _targets(self) -> list[str]:
        rows = ["| Target | Figure | |", "| --- | --- | --- |"]
        for each in targets.TARGETS:
            part = self.parts.get(each.part)
            scenario = next((one for one in part.scenarios if one.name == each.scenario), None) if part else None
            figure = each.figure(scenario) if scenario else None
            if figure is None:
                reason = part.skipped if part and part.skipped else "not in these results"
                rows.append(f"| {each.text} | – | not measured: {reason} |")
                continue
            verdict = "met" if each.met(figure) else f"**not met**{': ' if each.why else ''}{each.why}"
            rows.append(f"| {each.text} | {spread(figure)} | {verdict} |")
        return rows


def table(scenario: Scenario) -> list[str]:
    """Ratios to the base, whose own figures stand in the head."""
    metrics = list(dict.fromkeys(metric for each in scenario.rounds for one in each.values() for metric in one))
    head = []
    for metric in metrics:
        base = scenario.plain(scenario.base, metric)
        head.append(f"{metric} (1 = {_plain(metric, base.median)})" if base else f"{metric}, as it is")
    rows = [f"| | {' | '.join(head)} |", "| --- |" + " --- |" * len(metrics)]
    for who, title in scenario.who.items():
        cells = [_cell(scenario, who, metric) for metric in metrics]
        if any(cells):
            rows.append(f"| {title} | {' | '.join(cell or '–' for cell in cells)} |")
    missing = [f"{scenario.who.get(who, who)}: {why}" for who, why in scenario.missing.items()]
    return [*rows, *(["", "Without a figure: " + "; ".join(missing) + "."] if missing else [])]


def _cell(scenario: Scenario, who: str, metric: str) -> str:
    if scenario.plain(scenario.base, metric) is None:
        found = scenario.plain(who, metric)
        return _plain(metric, found.median) if found else ""
    figure = scenario.ratio(who, scenario.base, metric)
    return spread(figure) if figure else ""


def spread(figure: Ratio) -> str:
    """The median, and in brackets what it lies between."""
    if figure.rounds == 1:
        return _short(figure.median)
    return f"{_short(figure.median)} ({_short(figure.least)}–{_short(figure.greatest)})"


def _plain(metric: str, value: float) -> str:
    if metric in ("p50", "p99"):
        return f"{value * 1e3:.2f} ms"
    return _short(value)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def _part(data: dict[str, Any]) -> Part:
    return Part(**{**data, "scenarios": [from_json(each) for each in data["scenarios"]]})


def _rounded(data: Any) -> Any:
    """Four digits that mean something are more than there are."""
    if isinstance(data, dict):
        return {key: _rounded(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_rounded(each) for each in data]
    return float(f"{data:.4g}") if isinstance(data, float) else data
