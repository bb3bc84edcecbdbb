"""What is written into each box of the picture."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_sidecar.survey.canvas import Box, Line
from pulumi_sidecar.survey.model import Beside, Certificate, Container, Other, Service, Source, Volume, Workload

_ROLES = {
    "proxy": "proxy",
    "app": "app",
    "sidecar": "sidecar",
    "init": "first, to its end",
}
_STYLES = {"proxy": "proxy", "app": "app", "init": "box once"}


def role(each: Container, of: Workload) -> str:
    """What a container is for. Beside whom a sidecar would stand is known of our own pods only."""
    native = ", native: from before the app until after it" if each.native else ""
    if each.role == "proxy" and of.server:
        return f"proxy: {of.server}{native}"
    if each.role == "sidecar" and not of.component and not of.server:
        return f"container{native}"
    return f"{_ROLES[each.role]}{native}"


def container(each: Container, of: Workload) -> Box:
    """A container: its image, ports, resources and probes."""
    return Box(each.name, role(each, of), tuple(_container_lines(each)), _STYLES.get(each.role, "box"), columns=46)


def _container_lines(each: Container) -> Iterator[Line]:
    yield "image", each.image
    if each.ports:
        yield "listens", ", ".join(f":{port.number} {port.name}".strip() for port in each.ports)
    if each.requests:
        yield "reserves", amounts(each.requests)
    if each.limits:
        yield "at most", amounts(each.limits)
    for what, how in each.probes:
        yield f"{what}?", how


def amounts(these: tuple[tuple[str, str], ...]) -> str:
    """Resources in words."""
    return ", ".join(f"{amount} {'CPU' if name == 'cpu' else name}".strip() for name, amount in these)


def volume(each: Volume) -> Box:
    """A volume and who mounts it."""
    lines = tuple((mount.container, mount.path + ("" if mount.read_only else "  (writes)")) for mount in each.mounts)
    return Box(each.name, f"volume: {each.kind}", lines, columns=40)


def source(each: Source) -> Box:
    """What fills a volume."""
    lines: list[Line] = []
    if not each.in_program and each.is_known:
        lines.append(("", each.made_by or "not part of the program"))
    shown = ", ".join(each.files[:6]) + (f" and {len(each.files) - 6} more" if len(each.files) > 6 else "")
    lines += [("", shown)] if shown else []
    return Box(each.name, each.kind, tuple(lines), "secret" if each.kind == "Secret" else "box", columns=34)


def certificate(each: Certificate) -> Box:
    """A certificate: for whom, by whom, until when."""
    lines: list[Line] = [("", days_left(each))]
    if each.renew_before_days:
        lines.append(("", f"pulumi up renews it in the last {each.renew_before_days}"))
    if each.names:
        more = f" and {len(each.names) - 3} more" if len(each.names) > 3 else ""
        lines.append(("", f"for {', '.join(each.names[:3])}{more}"))
    if each.issuer == each.subject:
        lines.append(("", "signed by itself"))
    return Box(each.subject, "CA certificate" if each.is_ca else "certificate", tuple(lines), columns=34)


def service(each: Service, of: Workload) -> Box:
    """A Service and its ports. What leads past the proxy says so."""
    proxy = of.container("proxy")
    lines = []
    for port in each.ports:
        past = proxy and port.container and port.container != proxy.name
        lines.append((str(port.port), f"→ {port.target}" + (f" of {port.container}, past the proxy" if past else "")))
    return Box(each.name, f"Service: {each.type}", lines, columns=34)


def beside(each: Beside) -> Box:
    """Another object."""
    return Box(each.name, each.kind, tuple(("", line) for line in each.lines[:8]), columns=34)


def other(each: Other) -> Box:
    """An object that belongs to no workload."""
    kinds = {True: "CA", False: "certificate"}
    lines = tuple(("", f"{kinds[one.is_ca]} {one.subject}: {days_left(one)}") for one in each.certificates)
    return Box(each.name, each.kind, lines, "secret" if each.kind == "Secret" else "box", columns=34)


def days_left(each: Certificate) -> str:
    """How long it is still valid."""
    return f"{each.days_left} days left" if each.days_left > 0 else "HAS ENDED"


def clients(of: Workload, *, outside: bool, also: str = "") -> Box:
    """Who asks, and who asks as well."""
    lines: list[Line] = [("", also)] if also else []
    if of.client_certificates:
        lines.append(("", f"client certificate {of.client_certificates}"))
    return Box("Clients outside" if outside else "Clients in the cluster", "", tuple(lines), columns=30)
