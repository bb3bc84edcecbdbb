"""The survey as a picture. From left to right: clients, what leads to the Service, the pod, and what governs it.

Below the pod is what its volumes are filled from, each in its volume's column, and under a Secret its certificates: so
no two lines cross.
"""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_sidecar.survey import boxes
from pulumi_sidecar.survey.canvas import (
    MARGIN,
    PAD,
    Box,
    Canvas,
    head_width,
    label_width,
    placed_below,
    tall,
    title_width,
)
from pulumi_sidecar.survey.front import Front
from pulumi_sidecar.survey.model import ServicePort, Source, Survey, Volume, Workload

_GAP = 24.0


def draw(survey: Survey, title: str, description: str) -> str:
    """The picture as SVG."""
    canvas = Canvas()
    y = MARGIN
    for each in survey.workloads:
        y = _Scene(canvas, each, y).draw() + 2 * _GAP
    if survey.others:
        canvas.text(MARGIN, y, "Also in the program", "head")
        y = _in_rows(canvas, [boxes.other(each) for each in survey.others], y + 14)
    if not survey.workloads and not survey.others:
        canvas.text(MARGIN, y + 12, "The program declares no Kubernetes objects.", "head")
        canvas.width, canvas.height = 420, y + 20
    return canvas.svg(title, description)


def _in_rows(canvas: Canvas, these: Sequence[Box], y: float) -> float:
    right = max(canvas.width, 700)
    x, tallest = MARGIN, 0.0
    for each in these:
        if x > MARGIN and x + each.width > right:
            x, y, tallest = MARGIN, y + tallest + 12, 0.0
        each.x, each.y = x, y
        canvas.box(each)
        x, tallest = x + each.width + 12, max(tallest, each.height)
    return y + tallest


class _Scene:
    """One workload, from `top` on."""

    def __init__(self, canvas: Canvas, workload: Workload, top: float) -> None:
        self.canvas, self.of, self.top = canvas, workload, top
        main = [each for each in workload.containers if each.role in ("proxy", "app")]
        more = [each for each in workload.containers if each not in main]
        if not main:
            main, more = more, []
        self.names = [each.name for each in main]
        self.main = [boxes.container(each, workload) for each in main]
        self.more = [boxes.container(each, workload) for each in more]
        self.columns = _columns(workload.volumes)

    def draw(self) -> float:
        """Draws it, and says where it ends."""
        self.canvas.text(MARGIN, self.top + 6, self.of.title, "head")
        self.canvas.width = max(self.canvas.width, MARGIN + head_width(self.of.title))
        y = self.top + 30
        front = Front(self.canvas, self.of)
        # Everything of the first row is at the height of the middle of the proxy.
        inner = y + 44
        middle = inner + max((each.height for each in self.main), default=0) / 2
        shift = max(front.height / 2 - (middle - y), 0)
        y, inner, middle = y + shift, inner + shift, middle + shift
        end, low = front.draw(middle)
        x = self._to_pod(front.services, end, middle)
        right, edge, bottom = self._pod(x, y, inner)
        self._past(front.services, x, inner - 10)
        return max(bottom, low, self._rules(right, inner, edge))

    def _rules(self, right: float, top: float, edge: float) -> float:
        """What governs the pod, beside its frame, which ends at `right` and `edge`; where the lowest of them ends."""
        rules = list(placed_below([boxes.beside(each) for each in self.of.rules], right + 56, top))
        beside = [each.middle for each in rules if each.middle <= edge - PAD]
        # There may be more than the pod is high: the arrows of those below it run into the last that meets the frame.
        last = max(beside, default=(top + edge) / 2)
        for each in rules:
            self.canvas.box(each)
            self.canvas.across(each.x, each.middle, right + 4, min(each.middle, last), step=right + 28)
        return max((each.bottom for each in rules), default=top)

    def _to_pod(self, services: Sequence[Box], end: float, middle: float) -> float:
        """Arrows from the Services, which end at `end`; where the pod may begin."""
        if not services:
            return end
        target = self._targets(services)
        pod = end + max(64.0, label_width(target) + 28)
        step = max(each.right for each in services) + 20
        for number, service in enumerate(services):
            if self.of.services[number].ports and not self._ports(number):
                continue
            label = target if len(services) == 1 else ""
            self.canvas.across(service.right, service.middle, pod + PAD, middle, label, step=step)
        return pod

    def _targets(self, services: Sequence[Box]) -> str:
        if len(services) != 1:
            return ""
        return _arrow_label(self._ports(0))

    def _ports(self, service: int, container: int = 0) -> list[ServicePort]:
        """The Service's ports that lead to that one of the main containers. What leads elsewhere is the first's."""
        names = self.names

        def leads_to(port: ServicePort) -> int:
            return names.index(port.container) if port.container in names else 0

        return [port for port in self.of.services[service].ports if leads_to(port) == container]

    def _past(self, services: Sequence[Box], pod: float, lane: float) -> None:
        """Arrows to the app from Services that lead to it directly: over the proxy, below the pod's title."""
        for number, service in enumerate(services):
            for position, target in enumerate(self.main[1:], 1):
                if ports := self._ports(number, position):
                    points = [(service.centre, service.y), (service.centre, lane), (target.centre, lane)]
                    self.canvas.arrow([*points, (target.centre, target.y)])
                    self.canvas.text((service.centre + pod) / 2, lane - 6, _arrow_label(ports), "line", "middle")

    def _pod(self, x: float, y: float, inner: float) -> tuple[float, float, float]:
        """The pod with what is in it, and below it what fills its volumes; its right and lower edge, where all ends."""
        left = x + PAD
        end = self._row(self.main, left, inner)
        bottom = max((each.bottom for each in self.main), default=inner)
        if self.more:
            end = max(end, self._row(self.more, left, bottom + _GAP, linked=False))
            bottom = max(each.bottom for each in self.more)
        column_x, chips = left, []
        # They stand on one line: what fills them comes from below.
        ground = bottom + _GAP + max((tall(column.chips, 8) for column in self.columns), default=0)
        for column in self.columns:
            chips += list(placed_below(column.chips, column_x, ground - tall(column.chips, 8), 8))
            column.x = column_x
            column_x += column.width + 16
        for chip in chips:
            self.canvas.box(chip)
        bottom = max([bottom, *(chip.bottom for chip in chips)])
        about = f"{self.of.pods} in namespace {self.of.namespace or 'default'}, {self.of.grace_seconds} s to stop"
        right = max(end, column_x - 16 if self.columns else end, left + title_width(about)) + PAD
        edge = bottom + PAD
        self.canvas.frame(x, y, right - x, edge - y, "pod")
        self.canvas.text(left, y + 24, about, "title")
        return right, edge, max([edge, *(column.draw_below(self.canvas, edge) for column in self.columns)])

    def _row(self, these: list[Box], x: float, y: float, *, linked: bool = True) -> float:
        """Boxes side by side, the proxy linked to the app; where they end."""
        link = self.of.link if linked and len(these) > 1 else None
        for number, each in enumerate(these):
            each.x, each.y = x, y
            x = each.right + 16
            if link and number == 0:
                x = each.right + max(label_width(link.address), label_width(link.protocol)) + 28
        height = max((each.height for each in these), default=0)
        for each in these:
            each.height = height if linked else each.height
            self.canvas.box(each)
        if link:
            first, second = these[:2]
            self.canvas.arrow([(first.right, first.middle), (second.x, first.middle)], link.protocol, link.address)
        return max((each.right for each in these), default=x)


class _Column:
    """Volumes that have one source, the source, and its certificates."""

    def __init__(self, source: Source | None, volumes: Sequence[Volume]) -> None:
        self.chips = [boxes.volume(each) for each in volumes]
        self.below = [boxes.source(source), *map(boxes.certificate, source.certificates)] if source else []
        self.width = max(each.width for each in [*self.chips, *self.below])
        for each in [*self.chips, *self.below]:
            each.width = self.width
        self.x = 0.0

    def draw_below(self, canvas: Canvas, pod_bottom: float) -> float:
        """What is under the pod; where it ends."""
        start = pod_bottom
        previous = self.chips[-1].bottom if self.chips else start
        for number, each in enumerate(placed_below(self.below, self.x, start + 28, 28)):
            canvas.box(each)
            # What is below fills, or signs, what is above; the Secret has the certificate in it.
            canvas.arrow([(each.centre, each.y), (each.centre, previous + (0 if number else 1))])
            previous = each.bottom
        return self.below[-1].bottom if self.below else start


def _columns(volumes: Sequence[Volume]) -> list[_Column]:
    """Those with a source first, in their order; volumes of one source are one column."""
    groups: dict[tuple[str, str], list[Volume]] = {}
    for each in volumes:
        key = (each.source.kind, each.source.name) if each.source else ("", each.name)
        groups.setdefault(key, []).append(each)
    filled = [group for group in groups.values() if group[0].source]
    empty = [group[0] for group in groups.values() if not group[0].source]
    # Empty ones are many where an app has folders of its own: two to a column keep the picture narrow.
    pairs = [empty[start : start + 2] for start in range(0, len(empty), 2)]
    return [_Column(group[0].source, group) for group in [*filled, *pairs]]


def _arrow_label(ports: Sequence[ServicePort]) -> str:
    return ", ".join(f"{port.name} :{port.container_port}".strip() for port in ports[:2] if port.container_port)
