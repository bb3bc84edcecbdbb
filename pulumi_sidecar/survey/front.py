"""What is before the pod in the picture: clients, what leads to the Services, and the Services."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_sidecar.survey import boxes
from pulumi_sidecar.survey.canvas import MARGIN, Box, Canvas, label_width, placed_below, tall
from pulumi_sidecar.survey.model import Service, Workload

_LANE = 14.0
"""How far before the Services those arrows run up that come from below."""


class Front:
    """From left to right along the request. Clients who get past all that come from below, to the lowest Services."""

    def __init__(self, canvas: Canvas, of: Workload) -> None:
        self.canvas, self.of = canvas, of
        self.services = [boxes.service(each, of) for each in of.services]
        self.routes = [boxes.beside(each) for each in of.routes]
        self._numbers = range(len(of.services))

    @property
    def height(self) -> float:
        """How high it is: half of it is above the middle."""
        return max(tall(self.services), tall(self.routes))

    def draw(self, middle: float) -> tuple[float, float]:
        """Draws it; where it ends, and where the lowest of it does."""
        if not self.services:
            return MARGIN, middle
        clients = boxes.clients(self.of, outside=self.of.is_reached_from_outside)
        clients.x, clients.y = MARGIN, middle - clients.height / 2
        self._place(clients, middle)
        self._lead(self.routes or [clients])
        below = [self._below()] if self.of.is_reached_from_outside else []
        end = max(each.right for each in [*self.services, *below])
        return end, max(each.bottom for each in [*self.services, *self.routes, clients, *below])

    def _place(self, clients: Box, middle: float) -> None:
        """All boxes from left to right, and the arrows to the routes."""
        gap = max(56.0, *(label_width(_label(each)) + 20 for each in self.of.services))
        x = clients.right + (56.0 if self.routes else gap)
        self.canvas.box(clients)
        for each in placed_below(self.routes, x, middle - tall(self.routes) / 2):
            self.canvas.box(each)
            self.canvas.across(clients.right, middle, each.x, each.middle)
        if self.routes:
            x = max(each.right for each in self.routes) + gap
        for each in placed_below([self.services[n] for n in self._order()], x, middle - tall(self.services) / 2):
            self.canvas.box(each)

    def _lead(self, starts: Sequence[Box]) -> None:
        """The arrows from the left, of the routes or the clients, to the Services."""
        step = max(each.right for each in starts) + 20
        for number, service in enumerate(self.services):
            for start in (starts[n] for n in self._led_by(number)):
                alone = len(self.services) == 1 and start.middle == service.middle
                label = _label(self.of.services[number]) if alone else ""
                self.canvas.across(start.right, start.middle, service.x, service.middle, label, step=step)

    def _led_by(self, service: int) -> Sequence[int]:
        """The routes, or else the clients, that lead to it. Outside clients reach directly what is open only."""
        if self.routes:
            return self.of.routes_to(service)
        return [0] if self.of.services[service].is_open or not self.of.is_reached_from_outside else []

    def _direct(self) -> list[int]:
        """The Services that clients reach past the routes, or from within the cluster only."""
        past = [n for n in self._numbers if self.of.services[n].is_open] if self.routes else []
        return [n for n in self._numbers if n in past or not self._led_by(n)]

    def _order(self) -> list[int]:
        """From above: what is reached from below is lowest, and last what nothing else leads to. So few lines cross."""
        direct = self._direct()
        return sorted(self._numbers, key=lambda n: (n in direct, not self._led_by(n)))

    def _below(self) -> Box:
        """Clients in the cluster, and those outside who need no route; the arrows to the Services that they reach."""
        *_, lowest = self._order()
        direct = self._direct() or [lowest]
        where = "directly" if all(self.of.services[n].is_open for n in direct) else "where it is open"
        past_routes = self.routes and self.of.is_open
        inside = boxes.clients(self.of, outside=False, also=f"and outside, {where}" if past_routes else "")
        last, others = self.services[lowest], [self.services[n] for n in direct if n != lowest]
        lane = last.x - _LANE
        left = min(last.centre - inside.width / 2, *([lane - 12] if others else []), last.centre)
        inside.x, inside.y = max(left, MARGIN), last.bottom + 36
        self.canvas.box(inside)
        self.canvas.arrow([(last.centre, inside.y), (last.centre, last.bottom)])
        for each in others:
            self.canvas.arrow([(lane, inside.y), (lane, each.bottom - 12), (each.x, each.bottom - 12)])
        return inside


def _label(service: Service) -> str:
    return ", ".join(f"{port.name} {port.port}".strip() for port in service.ports[:2])
