"""The containers of a pod template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_sidecar import layout
from pulumi_sidecar.survey.model import Container, Mount, Port, Role
from pulumi_sidecar.survey.unknown import NotKnown, Number, number

_PROBES = (("startupProbe", "started"), ("readinessProbe", "ready"), ("livenessProbe", "alive"))


def containers(pod: Mapping[str, Any], app: str) -> tuple[Container, ...]:
    """All of them: those that run to their end first, then the proxy, the app (of that name), and further sidecars."""
    inits = [_container(each, _init_role(each, app)) for each in pod.get("initContainers") or ()]
    others = [_container(each, _role(each, app)) for each in pod.get("containers") or ()]
    ranks: dict[Role, int] = {"init": 0, "proxy": 1, "app": 2, "sidecar": 3}
    return tuple(sorted([*inits, *others], key=lambda each: ranks[each.role]))


def mounts(pod: Mapping[str, Any], volume: str, *, writable: bool) -> tuple[Mount, ...]:
    """Where the containers have that volume."""
    every = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
    return tuple(
        Mount(str(each["name"]), str(mount["mountPath"]), bool(mount.get("readOnly")) or not writable)
        for each in every
        for mount in each.get("volumeMounts") or ()
        if mount["name"] == volume
    )


def _role(each: Mapping[str, Any], app: str) -> Role:
    if _is_proxy(each):
        return "proxy"
    return "app" if each["name"] == app else "sidecar"


def _init_role(each: Mapping[str, Any], app: str) -> Role:
    """Of a container among those that start first."""
    return _role(each, app) if each.get("restartPolicy") == "Always" else "init"


def _is_proxy(each: Mapping[str, Any]) -> bool:
    """A container with our configuration, whatever its name."""
    return any(mount.get("mountPath") == layout.CONFIG_DIR for mount in each.get("volumeMounts") or ())


def _container(each: Mapping[str, Any], role: Role) -> Container:
    ports = tuple(_port(port) for port in each.get("ports") or ())
    resources = each.get("resources") or {}
    delay, command = _before_stop(each)
    return Container(
        name=str(each["name"]),
        role=role,
        image=str(each.get("image", "")),
        ports=ports,
        requests=_amounts(resources.get("requests")),
        limits=_amounts(resources.get("limits")),
        probes=tuple((word, _probe(each[key], ports)) for key, word in _PROBES if each.get(key)),
        stop_delay_seconds=delay,
        stop_command=command,
        native=each.get("restartPolicy") == "Always",
    )


def _port(port: Any) -> Port:
    name = "" if isinstance(port, NotKnown) else str(port.get("name", ""))
    return Port(name, number(port["containerPort"]))


def _amounts(amounts: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(amount)) for name, amount in (amounts or {}).items())


def _probe(probe: Any, ports: tuple[Port, ...]) -> str:
    if isinstance(probe, NotKnown):
        return str(probe)
    return f"{next(_probed(probe, ports), 'somehow')} every {probe.get('periodSeconds', 10)} s"


def _probed(probe: Mapping[str, Any], ports: tuple[Port, ...]) -> Iterator[str]:
    numbers = {port.name: port.number for port in ports}
    if http := probe.get("httpGet"):
        yield f"{http.get('scheme', 'HTTP')} :{numbers.get(http['port'], http['port'])}{http.get('path', '/')}"
    if socket := probe.get("tcpSocket"):
        yield f"TCP :{numbers.get(socket['port'], socket['port'])}"
    if grpc := probe.get("grpc"):
        yield f"gRPC :{grpc['port']}"
    if probe.get("exec"):
        yield "a command"


def _before_stop(each: Mapping[str, Any]) -> tuple[Number, str]:
    hook = (each.get("lifecycle") or {}).get("preStop") or {}
    if sleep := hook.get("sleep"):
        return number(sleep.get("seconds", 0)), ""
    command = (hook.get("exec") or {}).get("command")
    return 0, " ".join(map(str, command)) if command else ""
