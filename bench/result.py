"""What a part measured: rounds of figures, and the ratios that come of them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any, Literal

Round = dict[str, dict[str, float]]
"""Who → metric → value, all of one round."""


@dataclass
class Scenario:
    """One thing that is measured for several, one after the other, round by round."""

    name: str
    title: str
    base: str
    """Beside whom the others stand: ratios are to this one."""
    who: dict[str, str]
    """Name → title."""
    rounds: list[Round] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    """Name → why it has no figure."""

    def values(self, who: str, metric: str) -> list[float]:
        """Of every round that has it."""
        return [each[who][metric] for each in self.rounds if metric in each.get(who, {})]

    def ratio(self, who: str, to: str, metric: str) -> Ratio | None:
        """To another one, round by round; to the best where `to` lists several. None where either has no figure."""
        best = max if metric.endswith("/s") else min
        ratios = []
        for each in self.rounds:
            others = [each[other][metric] for other in to.split(",") if each.get(other, {}).get(metric)]
            if others and metric in each.get(who, {}):
                ratios.append(each[who][metric] / best(others))
        return Ratio.of(ratios) if ratios else None

    def plain(self, who: str, metric: str) -> Ratio | None:
        """The figure itself, for what has a limit of its own."""
        found = self.values(who, metric)
        return Ratio.of(found) if found else None


@dataclass(frozen=True)
class Ratio:
    """The median of several rounds, and the least and the greatest of them."""

    median: float
    least: float
    greatest: float
    rounds: int

    @classmethod
    def of(cls, values: list[float]) -> Ratio:
        """Of one value for each round."""
        return cls(statistics.median(values), min(values), max(values), len(values))


@dataclass(frozen=True)
class Target:
    """What a figure is to reach."""

    part: str
    text: str
    scenario: str
    metric: str
    who: str
    to: str
    """Empty: the figure itself."""
    way: Literal[">=", "<="]
    bound: float
    unit: float = 1
    """Of a figure itself: 2**20 where the bound is in MiB."""
    why: str = ""
    """What is known of the reason, where it is not met."""

    def figure(self, scenario: Scenario) -> Ratio | None:
        """The figure, in the bound's unit."""
        if self.to:
            return scenario.ratio(self.who, self.to, self.metric)
        found = scenario.plain(self.who, self.metric)
        if found is None:
            return None
        return Ratio(found.median / self.unit, found.least / self.unit, found.greatest / self.unit, found.rounds)

    def met(self, figure: Ratio) -> bool:
        """Whether the median reaches the bound."""
        return figure.median >= self.bound if self.way == ">=" else figure.median <= self.bound


def as_json(scenario: Scenario) -> dict[str, Any]:
    """For results.json: everything that was measured."""
    return dict(vars(scenario))


def from_json(data: dict[str, Any]) -> Scenario:
    """What as_json wrote."""
    return Scenario(**data)
