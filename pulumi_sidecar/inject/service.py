"""A Service with a way to the proxy, and without it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from pulumi_sidecar import layout
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.inject import shapes
from pulumi_sidecar.inject.edits import Editor, find, matches
from pulumi_sidecar.inject.template import begin, finish, removed
from pulumi_sidecar.inject.wanted import Object, Wanted


def with_way_to_proxy(
    service: Mapping[str, Any], wanted: Wanted, subject: str, app_ports: frozenset[str] = frozenset()
) -> Editor:
    """The Service with a port that leads to the proxy, or one led there. Once more is the same as once.

    :param app_ports: Names of the app's port in its container, where they are known.
    """
    before = removed(service)
    proxy = wanted.plan.proxy
    if proxy is None:
        raise ArgumentsError(subject, [Problem("spec.ports", "needs a proxy to lead to")])
    shapes.check(before, shapes.SERVICE, subject)
    ports = find(before, ("spec", "ports"))
    if not ports:
        raise ArgumentsError(subject, [Problem("spec.ports", "is missing, so no port can lead to the proxy")])
    editor = begin(service)
    headless = is_headless(before)
    site, asked = proxy.site, wanted.args.service
    scheme = layout.HTTPS if site.tls else layout.HTTP
    if asked.ports == "point":
        _point(editor, ports, asked.port, site.https_port, scheme, headless, subject)
        return finish(editor)
    number = site.https_port if headless else wanted.plan.service_port
    if any(port.get("port") == number and port.get("protocol", "TCP") == "TCP" for port in ports):
        reason = "is a port of the Service already"
        remedy = 'Choose another, or lead that one to the proxy by service.ports "point".'
        raise ArgumentsError(subject, [Problem("service.port", reason, remedy, number)])
    _name_all(editor, ports)
    if site.redirect_port and not headless:
        for port in _leading_to_app(ports, wanted.args.app.port, app_ports):
            _set(editor, port, "targetPort", site.redirect_port)
    taken = {port.get("name") for port in editor.get("spec", "ports")}
    name = scheme if scheme not in taken else f"{layout.PROXY_CONTAINER}-{scheme}"
    item = {"name": name, "port": number, "protocol": "TCP", "targetPort": site.https_port, "appProtocol": scheme}
    editor.append(("spec", "ports"), item, {"port": number, "protocol": "TCP"})
    return finish(editor)


def warn(service: Mapping[str, Any], wanted: Wanted, app_ports: frozenset[str] = frozenset()) -> None:
    """Warns, in a program, of what a Service will not do as the arguments ask."""
    _warn_if_headless(service, wanted)
    if told := unredirected(service, wanted, app_ports):
        pulumi.warn(f'{wanted.subject}: Service "{wanted.plan.name}": {told}')


def unredirected(service: Mapping[str, Any], wanted: Wanted, app_ports: frozenset[str]) -> str | None:
    """Why no port of the Service redirects to HTTPS, where that is asked for."""
    before, proxy, port = removed(service), wanted.plan.proxy, wanted.args.app.port
    if proxy is None or proxy.site.redirect_port is None or wanted.args.service.ports != "add" or is_headless(before):
        return None
    if leads_to_app(before, port, app_ports):
        return None
    ports = find(before, ("spec", "ports")) or ()
    targets = [each.get("targetPort", each.get("port")) for each in ports if isinstance(each, dict)]
    known = ", ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in targets)
    app = f"port {port}" if port else "a socket"
    cure = f"Write {port} as targetPort of the one that does" if port else 'Use service.ports "point"'
    reason = f"no port of it is known to lead to the app at {app} (targetPort {known})"
    return f"proxy.redirect_http has no effect: {reason}. {cure}."


def is_headless(service: Mapping[str, Any]) -> bool:
    """Whether clients get the pods' own addresses, and so their ports."""
    return bool(find(service, ("spec", "clusterIP")) == "None")


def _warn_if_headless(service: Mapping[str, Any], wanted: Wanted) -> None:
    """Of a headless Service that gets the proxy's own port, where the configuration names another."""
    proxy, asked = wanted.plan.proxy, wanted.args.service
    if proxy is None or asked.ports != "add" or not is_headless(service):
        return
    if wanted.plan.service_port == proxy.site.https_port:
        return
    pulumi.warn(
        f'{wanted.subject}: Service "{wanted.plan.name}" is headless, so clients connect to the proxy\'s own port, '
        f"and `url`, redirects and X-Forwarded-Port name {wanted.plan.service_port}. Set service.port to "
        f"{proxy.site.https_port}."
    )


def leads_to_app(service: Mapping[str, Any], app_port: int | None, app_ports: frozenset[str]) -> list[int]:
    """The ports of the Service that lead to the app's port, whose names are `app_ports`."""
    ports = find(removed(service), ("spec", "ports"))
    known = [each for each in ports if isinstance(each, dict)] if isinstance(ports, list) else []
    leading = (each.get("port") for each in _leading_to_app(known, app_port, app_ports))
    return [int(number) for number in leading if isinstance(number, int | float) and shapes.is_whole(number)]


def _leading_to_app(ports: list[Object], app_port: int | None, app_ports: frozenset[str]) -> Iterator[Object]:
    for port in ports:
        target = port.get("targetPort", port.get("port"))
        if isinstance(target, int | float | str) and (target == app_port or target in app_ports):
            yield port


def _point(
    editor: Editor, ports: list[Object], number: int | None, target: int, scheme: str, headless: bool, subject: str
) -> None:
    found = [port for port in ports if port.get("port") == number and port.get("protocol", "TCP") == "TCP"]
    if not found:
        known = ", ".join(str(port.get("port")) for port in ports)
        reason = f"is none of the Service's ports ({known})"
        raise ArgumentsError(subject, [Problem("service.port", reason, "Name the one that leads to the app.", number)])
    if headless and number != target:
        reason = "cannot lead elsewhere: the Service is headless, so clients ask the pods at that very port"
        remedy = 'Set proxy.https_port to it, or use service.ports "add".'
        raise ArgumentsError(subject, [Problem("service.port", reason, remedy, number)])
    _set(editor, found[0], "targetPort", target)
    if isinstance(found[0].get("appProtocol"), str):
        _set(editor, found[0], "appProtocol", scheme)


def _name_all(editor: Editor, ports: list[Object]) -> None:
    """Kubernetes wants a name for each of several ports."""
    taken = {port.get("name") for port in ports}
    for port in ports:
        if not port.get("name"):
            name = layout.HTTP if port["port"] == 80 else f"port-{int(port['port'])}"
            if name in taken:
                name = f"{name}-{str(port.get('protocol', 'TCP')).lower()}"
            taken.add(name)
            _set(editor, port, "name", name)


def _set(editor: Editor, port: Object, key: str, value: Any) -> None:
    step = {"port": int(port["port"]), **({"protocol": port["protocol"]} if "protocol" in port else {})}
    if "protocol" not in port and sum(matches(each, step) for each in editor.get("spec", "ports")) > 1:
        # One with the same number, for UDP, may come before. A name is there unless it is what is set.
        step |= {"name": port["name"]} if port.get("name") else {"protocol": None}
    editor.put(("spec", "ports", step, key), value)
