"""What manifests tell by themselves: the workload that is meant, its app's container and port, and its Service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_sidecar.inject import faults
from pulumi_sidecar.inject.edits import find
from pulumi_sidecar.inject.service import leads_to_app
from pulumi_sidecar.inject.wanted import Object
from pulumi_sidecar.manifest_stream import Place
from pulumi_sidecar.proxies import selects


class ExistingError(Exception):
    """The manifests cannot get the sidecar. Says why, and what to do."""


def template_of(place: Place) -> Object:
    """A workload's pod template; an empty one where there is none."""
    found = find(place.body, place.template or ())
    return found if isinstance(found, dict) else {}


def labels_of(place: Place) -> Object:
    """The labels of a workload's pods."""
    found = find(template_of(place), ("metadata", "labels"))
    return found if isinstance(found, dict) else {}


def workload(places: Sequence[Place], asked: str | None, namespace: str | None) -> Place:
    """The workload of that NAME or KIND/NAME. Where several could be meant, the one in the namespace, and one that
    serves rather than one that ends."""
    everything = [each for each in places if each.template is not None and find(each.body, ("metadata", "name"))]
    found = [each for each in everything if asked is None or asked in (each.label, each.label.partition("/")[2])]
    if asked is None and len(found) > 1:
        found = [each for each in found if each.kind not in (*faults.ENDING, "Pod")] or found
    if namespace and len(found) > 1:
        found = [each for each in found if (each.namespace or namespace) == namespace] or found
    if len(found) == 1:
        return found[0]
    if len(found) > 1 and len({each.label for each in found}) == 1:
        spaces = ", ".join(str(each.namespace) for each in found)
        raise ExistingError(f"{found[0].label}: which one, of the namespaces {spaces}? Tell it with --namespace")
    known = ", ".join(dict.fromkeys(each.label for each in everything)) or "there are none"
    what = f"no workload is called {asked!r}" if asked and not found else "one workload is needed"
    raise ExistingError(f"{what} ({known}); name it with --workload KIND/NAME")


def app(template: Object, args: Mapping[str, Any], place: Place, places: Sequence[Place]) -> dict[str, Any]:
    """The app's container and port, looked up where they are not given."""
    found = dict(args.get("app") or {})
    containers = template["spec"]["containers"]
    names = ", ".join(each["name"] for each in containers)
    if found.get("container") is None:
        declaring = [each for each in containers if found.get("port") in faults.port_numbers(each)]
        only = containers if len(containers) == 1 else declaring
        if len(only) != 1:
            raise ExistingError(
                f"{place.label}: which container is the application ({names})? Name it with --container"
            )
        found["container"] = only[0]["name"]
    if found["container"] not in [each["name"] for each in containers]:
        raise ExistingError(f"{place.label}: {found['container']!r} is none of the workload's containers ({names})")
    protocol = found.get("protocol") or {}
    if found.get("port") or protocol.get("socket") or protocol.get("kind") == "uwsgi" or not args.get("proxy"):
        return found
    return {**found, "port": _port(template, found["container"], place, places)}


def _port(template: Object, name: str, place: Place, places: Sequence[Place]) -> int:
    """The port on which the app listens: the only one, else the one to which Services lead, else one by its name."""
    container = find(template, ("spec", "containers", {"name": name})) or {}
    numbers = faults.port_numbers(container)
    if len(numbers) > 1:
        numbers = sorted(set(numbers) & _targets(template, container, places)) or numbers
    if len(numbers) > 1:
        named = [port for port in container.get("ports") or () if port.get("name") in ("http", "web")]
        numbers = faults.port_numbers({"ports": named})
    if len(numbers) != 1:
        raise ExistingError(f"{place.label}: on which port does the application listen? Tell it with --port")
    return numbers[0]


def _targets(template: Object, container: Object, places: Sequence[Place]) -> set[int]:
    """The container's ports to which Services lead."""
    labels = find(template, ("metadata", "labels")) or {}
    services = [each.body for each in places if each.is_service]
    fitting = [each for each in services if selects(find(each, ("spec", "selector")), labels)]
    return {
        number
        for port in container.get("ports") or ()
        for number in faults.port_numbers({"ports": [port]})
        if any(leads_to_app(each, number, frozenset({str(port.get("name"))})) for each in fitting)
    }


def port_names(template: Mapping[str, Any], container: str | None, port: int | None) -> frozenset[str]:
    """Names of that port of the container."""
    found = find(template, ("spec", "containers", {"name": container})) or {}
    return frozenset(
        str(each["name"]) for each in found.get("ports") or () if each.get("name") and each.get("containerPort") == port
    )


def free_ports(template: Object, args: dict[str, Any]) -> dict[str, Any]:
    """The arguments with ports of the proxy that no container declares, where none are given."""
    proxy = dict(args.get("proxy") or {})
    containers = [*template["spec"]["containers"], *(template["spec"].get("initContainers") or ())]
    taken = {number for each in containers for number in faults.port_numbers(each)}
    if not proxy or template["spec"].get("hostNetwork") or not taken:
        return args
    for key, usual in (("https_port", 8443), ("status_port", 9443), ("http_port", 8081)):
        if usual in taken and key not in proxy:
            proxy[key] = next(port for port in range(usual, 65536) if port not in taken)
            taken.add(proxy[key])
    return {**args, "proxy": proxy}


def service(places: Sequence[Place], place: Place, args: Mapping[str, Any], namespace: str | None) -> Place | None:
    """The Service in front of the workload: the one that is asked for, else the one that leads to the app.

    :param namespace: Where objects go that name none.
    """
    app_args, asked = args["app"], (args.get("service") or {}).get("name")
    names = port_names(template_of(place), app_args["container"], app_args.get("port"))
    found = []
    for each in places:
        if not each.is_service or (each.namespace or namespace) != (place.namespace or namespace):
            continue
        selected = selects(find(each.body, ("spec", "selector")), labels_of(place))
        fits = selected and leads_to_app(each.body, app_args.get("port"), names)
        if find(each.body, ("metadata", "name")) == asked if asked else fits:
            found.append(each)
    plain = [each for each in found if not is_headless(each)] or found
    if len(plain) > 1:
        known = ", ".join(str(find(each.body, ("metadata", "name"))) for each in plain)
        raise ExistingError(f"{place.label}: several Services lead to it ({known}); name one with --service")
    return plain[0] if plain else None


def is_headless(place: Place) -> bool:
    """Whether clients of the Service ask the pods themselves, at the ports that these have."""
    return bool(find(place.body, ("spec", "clusterIP")) == "None")
