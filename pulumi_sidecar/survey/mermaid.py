"""The survey as a Mermaid flowchart: the same boxes and arrows, for documents that draw them."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_sidecar.survey import boxes
from pulumi_sidecar.survey.canvas import Box
from pulumi_sidecar.survey.model import Survey, Workload

_CLASSES = (
    "classDef proxy fill:#ddf4ff,stroke:#0969da,color:#1f2328",
    "classDef app fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "classDef secret fill:#fff8c5,stroke:#9a6700,color:#1f2328",
)


def draw(survey: Survey) -> str:
    """The flowchart."""
    lines = ["flowchart LR"]
    for number, each in enumerate(survey.workloads):
        lines += [f"    {line}" for line in _Scene(each, f"w{number}").lines()]
    if survey.others:
        lines.append('    subgraph others["Also in the program"]')
        for number, other in enumerate(survey.others):
            lines.append(f"        o{number}{_shape(boxes.other(other))}{_class(other.kind)}")
        lines.append("    end")
    return "\n".join([*lines, *(f"    {line}" for line in _CLASSES), ""])


class _Scene:
    """One workload. Identifiers begin with `id`, so that no name of the user's is one."""

    def __init__(self, of: Workload, id_: str) -> None:
        self.of, self.id = of, id_

    def lines(self) -> Iterator[str]:
        """Nodes and arrows."""
        yield from self._front()
        yield f'subgraph {self.id}pod["{_text(self.of.title)}, {_text(self.of.pods)}"]'
        for number, container in enumerate(self.of.containers):
            yield f"    {self.id}c{number}{_shape(boxes.container(container, self.of))}{_class(container.role)}"
        for number, volume in enumerate(self.of.volumes):
            yield f"    {self.id}v{number}{_shape(boxes.volume(volume))}"
        if self.of.link and (pair := self._pair()):
            yield f'    {pair[0]} -->|"{_text(self.of.link.protocol)}<br/>{_text(self.of.link.address)}"| {pair[1]}'
        yield "end"
        yield from self._below()
        for number, rule in enumerate(self.of.rules):
            yield f"{self.id}r{number}{_shape(boxes.beside(rule))} -.-> {self.id}pod"

    def _front(self) -> Iterator[str]:
        outside = self.of.is_reached_from_outside
        starts = [self._starts(number) for number in range(len(self.of.services))]
        if self.of.services:
            yield f"{self.id}clients{_shape(boxes.clients(self.of, outside=outside))}"
        for number, route in enumerate(self.of.routes):
            yield f"{self.id}i{number}{_shape(boxes.beside(route))}"
            yield f"{self.id}clients --> {self.id}i{number}"
        if any(f"{self.id}inside" in each for each in starts):
            yield f"{self.id}inside{_shape(boxes.clients(self.of, outside=False))}"
        for number, service in enumerate(self.of.services):
            label = ", ".join(f"{port.name} {port.port}".strip() for port in service.ports)
            yield f"{self.id}s{number}{_shape(boxes.service(service, self.of))}"
            for start in starts[number]:
                yield f'{start} -->|"{_text(label)}"| {self.id}s{number}'
            targets = {port.container: str(port.container_port) for port in service.ports if port.container}
            for name, port in (targets or {self._first(): ""}).items():
                arrow = f'-->|"{port}"|' if port else "-->"
                yield f"{self.id}s{number} {arrow} {self._container(name)}"

    def _starts(self, service: int) -> list[str]:
        """What leads to that Service: routes, and clients who reach it directly."""
        found = [f"{self.id}i{route}" for route in self.of.routes_to(service)]
        if self.of.services[service].is_open or not self.of.is_reached_from_outside:
            found.append(f"{self.id}clients")
        return found or [f"{self.id}inside"]

    def _first(self) -> str:
        return self.of.containers[0].name if self.of.containers else ""

    def _container(self, name: str) -> str:
        names = [each.name for each in self.of.containers]
        return f"{self.id}c{names.index(name)}" if name in names else f"{self.id}pod"

    def _pair(self) -> tuple[str, str] | None:
        proxy, app = self.of.container("proxy"), self.of.container("app")
        return (self._container(proxy.name), self._container(app.name)) if proxy and app else None

    def _below(self) -> Iterator[str]:
        drawn: dict[tuple[str, str], str] = {}
        for number, volume in enumerate(self.of.volumes):
            source = volume.source
            if source is None:
                continue
            key = (source.kind, source.name)
            if key not in drawn:
                drawn[key] = previous = f"{self.id}f{number}"
                yield f"{previous}{_shape(boxes.source(source))}{_class(source.kind)}"
                for count, certificate in enumerate(source.certificates):
                    node = f"{self.id}f{number}x{count}"
                    yield f"{node}{_shape(boxes.certificate(certificate))} --> {previous}"
                    previous = node
            yield f"{drawn[key]} --> {self.id}v{number}"


def _class(what: str) -> str:
    name = what.lower()
    return f":::{name}" if name in ("proxy", "app", "secret") else ""


def _shape(box: Box) -> str:
    lines = [f"<b>{_text(box.title)}</b>"]
    lines += [_text(box.tag)] if box.tag else []
    lines += [_text(f"{label} {text}".strip()) for label, text in box.lines]
    return f'["{"<br/>".join(lines)}"]'


def _text(text: str) -> str:
    """Text within a quoted label. Only letters, digits and harmless marks stay: the rest has its number."""
    return "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in text)


_PLAIN = " .,:/-_?=+()→"
