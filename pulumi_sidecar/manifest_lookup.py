"""What manifests tell by themselves: the workload that is meant, its app's container and port, and its Service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_sidecar.errors import did_you_mean
from pulumi_sidecar.inject import faults
from pulumi_sidecar.inject.edits import find
from pulumi_sidecar.inject.service import is_headless, leads_to_app
from pulumi_sidecar.inject.template import is_injected
from pulumi_sidecar.inject.wanted import Object
from pulumi_sidecar.manifest_stream import Place
from pulumi_sidecar.names import shorten
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
    """The workload of that NAME or KIND/NAME in the namespace. Where several could be meant, one that serves rather
    than one that ends."""
    everything = [each for each in places if each.template is not None and find(each.body, ("metadata", "name"))]
    found = [each for each in everything if asked is None or asked in (each.label, each.label.partition("/")[2])]
    here = [each for each in found if is_in(each, namespace)]
    if found and not here:
        told = ", ".join(f"{each.label} in {each.namespace} ({each.where})" for each in found)
        what = f"no workload called {asked!r} is" if asked else "no workload is"
        raise ExistingError(f"{what} in namespace {namespace}; found {told}. Tell its namespace with --namespace")
    found = here
    if asked is None and len(found) > 1:
        found = [each for each in found if each.kind not in (*faults.ENDING, "Pod")] or found
    if len(found) == 1:
        return found[0]
    if len(found) > 1 and len({each.label for each in found}) == 1:
        raise ExistingError(f"{found[0].label}: {_which(found, namespace)}")
    known = ", ".join(dict.fromkeys(each.label for each in everything)) or "there are none"
    what = f"no workload is called {asked!r}" if asked and not found else "one workload is needed"
    raise ExistingError(f"{what} ({known}); name it with --workload KIND/NAME")


def is_in(place: Place, namespace: str | None) -> bool:
    """Whether the object is in the namespace, as what tells none is; all are where none is asked for."""
    return not namespace or (place.namespace or namespace) == namespace


def _which(found: Sequence[Place], namespace: str | None) -> str:
    """What to do about several workloads of one kind and name."""
    spaces = [str(each.namespace or namespace or "none") for each in found]
    if len(set(spaces)) < len(found):
        places = ", ".join(each.where for each in found)
        return f"it is there more than once ({places}); leave one, or give each a namespace of its own"
    told = ", ".join(f"{space} ({each.where})" for space, each in zip(spaces, found, strict=True))
    return f"which one, of the namespaces {told}? Tell it with --namespace"


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


_USUAL_PORTS = {"https_port": 8443, "status_port": 9443, "http_port": 8081}


def free_ports(template: Object, args: dict[str, Any]) -> dict[str, Any]:
    """The arguments with ports of the proxy that nothing else has, where none are given."""
    proxy = dict(args.get("proxy") or {})
    containers = [*template["spec"]["containers"], *(template["spec"].get("initContainers") or ())]
    declared = {number for each in containers for number in faults.port_numbers(each)}
    taken = {*declared, (args.get("app") or {}).get("port"), *(proxy.get(key) for key in _USUAL_PORTS)}
    if not proxy or template["spec"].get("hostNetwork"):
        return args
    for key, usual in _USUAL_PORTS.items():
        if usual in taken and key not in proxy:
            proxy[key] = next(port for port in range(usual, 65536) if port not in taken)
            taken.add(proxy[key])
    return {**args, "proxy": proxy}


def service(places: Sequence[Place], place: Place, args: Mapping[str, Any], namespace: str | None) -> Place | None:
    """The Service in front of the workload: the one that is asked for, else the one that leads to the app.

    :param namespace: Where objects go that name none.
    """
    app_args, asked = args["app"], args.get("service") or {}
    names = port_names(template_of(place), app_args["container"], app_args.get("port"))
    near = [each for each in places if each.is_service and _is_near(each, place, namespace)]
    if asked.get("name"):
        found = [each for each in near if _name(each) == asked["name"]]
        if asked.get("ports") != "leave":
            check_service(places, place, asked["name"], namespace, near)
    else:
        leading = [each for each in near if _leads(each, place)]
        found = [each for each in leading if leads_to_app(each.body, app_args.get("port"), names)]
    plain = [each for each in found if not is_headless(each.body)] or found
    if len(plain) > 1:
        known = ", ".join(_name(each) for each in plain)
        raise ExistingError(f"{place.label}: several Services lead to it ({known}); name one with --service")
    return plain[0] if plain else None


def check_service(
    places: Sequence[Place],
    workload: Place,
    asked: str | None,
    namespace: str | None,
    near: Sequence[Place] | None = None,
) -> None:
    """Raises ExistingError where a Service is asked for by its name, and the workload's namespace has none of it.

    :param near: The Services that are there; by default those that may be.
    """
    services = [each for each in places if each.is_service]
    near = [each for each in services if _may_be_near(each, workload, namespace)] if near is None else near
    known = [_name(each) for each in near]
    if asked is None or asked in known:
        return
    if apart := [each for each in services if _name(each) == asked]:
        raise ExistingError(f"{workload.label}: {_apart(apart[0], workload, namespace)}")
    space = workload.namespace or namespace
    where = f"in namespace {space}" if space else "here"
    cure = did_you_mean(asked, known) if known else "Read its file, too."
    raise ExistingError(f'{workload.label}: no Service is called "{asked}" {where}. {cure}')


def no_service(places: Sequence[Place], workload: Place, namespace: str | None) -> str:
    """Why no Service leads to the workload."""
    apart = [each for each in places if _leads(each, workload) and not _is_near(each, workload, namespace)]
    why = f" ({_apart(apart[0], workload, namespace)})" if apart else ""
    return f"{workload.label}: no Service here leads to it, so none was changed{why}"


def _apart(service: Place, workload: Place, namespace: str | None) -> str:
    """What to do about a Service and a workload that are in different namespaces."""
    told = [
        f"{each.label} is in {f'namespace {space}' if (space := each.namespace or namespace) else 'none that is told'}"
        for each in (service, workload)
    ]
    own = {each.namespace for each in (service, workload) if each.namespace}
    cure = "a Service leads to pods of its own namespace alone" if len(own) > 1 else f"say --namespace {own.pop()}"
    return f"{' and '.join(told)}: {cure}"


def service_name(name: str) -> str:
    """A workload's name as one that a Service may have."""
    label = re.sub("[^-a-z0-9]", "-", name.lower()).strip("-")
    return shorten(label if label[:1].isalpha() else f"app-{label}")


def sharing(places: Sequence[Place], service: Place, workload: Place, namespace: str | None) -> list[Place]:
    """Other workloads with a proxy to which the Service leads."""
    others = [each for each in places if each.template is not None and each is not workload and is_changed(each)]
    return [each for each in others if _leads(service, each) and _is_near(service, each, namespace)]


# --- what belongs to a workload ---------------------------------------------------------------------------------------


def is_changed(place: Place) -> bool:
    """Whether an injection has been at work in it."""
    inner = find(place.body, place.template or ())
    return isinstance(inner, Mapping) and is_injected(inner)


def services_of(places: Sequence[Place], workload: Place, name: str | None, namespace: str | None) -> list[Place]:
    """The Services in front of the workload, and the one of that name; without those in front of another's proxy, to
    which they have to lead still.

    :param namespace: Where objects are that name none.
    """
    proxied = [each for each in places if each.template is not None and (each is workload or is_changed(each))]

    def is_before(service: Place, target: Place) -> bool:
        asked = service.is_service and name is not None and target is workload and _name(service) == name
        rivals = [each for each in proxied if each is not target and _leads(service, each)]
        return (asked or _leads(service, target)) and _is_own(service, target, rivals, namespace)

    others = [each for each in proxied if each is not workload]
    return [
        each for each in places if is_before(each, workload) and not any(is_before(each, other) for other in others)
    ]


def made_for(places: Sequence[Place], workload: Place, namespace: str | None) -> list[Place]:
    """What was added for the workload: what names it, and what its pods mount, for a prefix or suffix (Kustomize) may
    have renamed it since.

    :param namespace: Where objects are that name none.
    """
    others = [each for each in places if each is not workload and each.template is not None]

    def is_of(made: Place) -> bool:
        rivals = [each for each in others if each.label == made.made_for]
        mounted = is_changed(workload) and _mounts(workload, made)
        known = any(_may_be_near(made, each, namespace) for each in rivals)
        if made.made_for != workload.label and (known or not mounted):
            return False
        # What it mounts may have been added with another --namespace.
        return _is_own(made, workload, rivals, namespace) or (mounted and _is_own(made, workload, rivals, None))

    return [each for each in places if each.made_for and is_of(each)]


def _mounts(workload: Place, made: Place) -> bool:
    """Whether the workload's pods mount the object, or the Secret that comes of it."""
    source = ("configMap", "name") if made.kind == "ConfigMap" else ("secret", "secretName")
    name = find(made.body, ("spec", "secretName") if made.kind == "Certificate" else ("metadata", "name"))
    volumes = find(template_of(workload), ("spec", "volumes"))
    return isinstance(volumes, list) and any(name and find(each, source) == name for each in volumes)


def _leads(service: Place, workload: Place) -> bool:
    """Whether the Service takes the workload's pods, wherever they are."""
    return service.is_service and selects(find(service.body, ("spec", "selector")), labels_of(workload))


def _is_own(each: Place, workload: Place, rivals: Sequence[Place], namespace: str | None) -> bool:
    """Whether the object is in the workload's namespace. Where only one of the two tells it, it is, unless the object
    may be that of a rival."""
    if _is_near(each, workload, namespace):
        return True
    return _may_be_near(each, workload, namespace) and not any(_may_be_near(each, other, namespace) for other in rivals)


def _is_near(one: Place, other: Place, namespace: str | None) -> bool:
    """Whether they are in one namespace."""
    return (one.namespace or namespace) == (other.namespace or namespace)


def _may_be_near(one: Place, other: Place, namespace: str | None) -> bool:
    """Whether they are in one namespace, so far as both tell."""
    return None in (one.namespace or namespace, other.namespace or namespace) or _is_near(one, other, namespace)


def _name(place: Place) -> str:
    return str(find(place.body, ("metadata", "name")))
