"""Kubernetes YAML of others, with the sidecar and without it again: texts in, texts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import pulumi

from pulumi_sidecar import manifests, offline
from pulumi_sidecar.args.injection import SidecarInjectionArgs
from pulumi_sidecar.inject import faults
from pulumi_sidecar.inject.edits import find
from pulumi_sidecar.inject.service import leads_to_app, with_way_to_proxy
from pulumi_sidecar.inject.template import RECORD, is_injected, record_of, with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, Object, wanted
from pulumi_sidecar.inject.workloads import TEMPLATES
from pulumi_sidecar.injection import SidecarInjection
from pulumi_sidecar.manifest_stream import Place, Stream
from pulumi_sidecar.proxies import selects

MADE_FOR = "pulumi-sidecar/made-for"
"""The annotation of objects that are added to the stream: KIND/NAME of the workload."""


class ExistingError(Exception):
    """The manifests cannot get the sidecar. Says why, and what to do."""


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    args: Mapping[str, Any]
    """SidecarInjectionArgs as a dict. Container, port and Service are looked up where they are left out."""
    workload: str | None = None
    """NAME or KIND/NAME; None where there is only one."""
    namespace: str | None = None
    """Where objects go that name no namespace."""
    keys: bool = False
    """Whether a private key may be written into the text."""


def eject(stream: Stream) -> int:
    """Take out every sidecar; the number of objects that had one."""
    count = 0
    for place in stream.places():
        path = TEMPLATES.get(place.kind, ())
        inner = find(place.body, path)
        if isinstance(inner, Mapping) and is_injected(inner):
            stream.change(place, place.edits(path, record_of(inner)))
            count += 1
    made = {
        (each.file, each.document) for each in stream.places() if find(each.body, ("metadata", "annotations", MADE_FOR))
    }
    stream.files = [
        [text for number, text in enumerate(documents) if (file, number) not in made]
        for file, documents in enumerate(stream.files)
    ]
    return count


def inject(stream: Stream, request: Request) -> None:
    """Give a workload the sidecar, and its Service the way to it. What an earlier injection did is taken back first.

    :raises ArgumentsError, ExistingError, TextError: It cannot be done; the stream is of no use then.
    """
    eject(stream)
    places = stream.places()
    place = _workload(places, request.workload)
    path = TEMPLATES[place.kind]
    found = find(place.body, path)
    template: Object = found if isinstance(found, dict) else {}
    subject = f"{place.label}"
    faults.check_shape(template, subject)
    name, namespace = str(find(place.body, ("metadata", "name"))), find(place.body, ("metadata", "namespace"))
    args = {**request.args, "app": _app(template, request.args, place, places), **_namespace(namespace, request)}
    args = _with_free_ports(template, args)
    service = _service(stream, places, place, template, args)
    if service is not None:
        args["service"] = _service_args(args, service, name, template)
    elif args.get("proxy"):
        args["service"] = {"name": name, **args.get("service", {})}
    asked = wanted(name, args)
    _may_write_key(asked.args, request)
    made, mounted = _made(name, asked.args, place, namespace or request.namespace)
    editor = with_sidecar(template, asked, mounted, place.kind, subject)
    stream.change(place, place.edits(path, editor.edits))
    if service is not None and asked.args.service.ports != "leave":
        changed = with_way_to_proxy(service.body, asked, service.label, _app_port_names(template, args))
        stream.change(service, service.edits((), changed.edits))
    _append(stream, place.file, made)


# --- what the text tells ----------------------------------------------------------------------------------------------


def _workload(places: Sequence[Place], asked: str | None) -> Place:
    all_of_them = [each for each in places if each.kind in TEMPLATES and find(each.body, ("metadata", "name"))]
    found = [each for each in all_of_them if asked is None or asked in (each.label, each.label.partition("/")[2])]
    if asked is None and len(found) > 1:  # what serves, rather than what runs once
        found = [each for each in found if each.kind not in (*faults.ENDING, "Pod")] or found
    if len(found) == 1:
        return found[0]
    known = ", ".join(each.label for each in all_of_them) or "there are none"
    what = f"no workload is called {asked!r}" if asked and not found else "one workload is needed"
    raise ExistingError(f"{what} ({known}); name it with --workload KIND/NAME")


def _app(template: Object, args: Mapping[str, Any], place: Place, places: Sequence[Place]) -> dict[str, Any]:
    """The app's container and port, looked up where they are not given."""
    app = dict(args.get("app") or {})
    containers = template["spec"]["containers"]
    names = ", ".join(each["name"] for each in containers)
    if "container" not in app:
        declaring = [each for each in containers if app.get("port") in faults.port_numbers(each)]
        only = containers if len(containers) == 1 else declaring
        if len(only) != 1:
            raise ExistingError(
                f"{place.label}: which container is the application ({names})? Name it with --container"
            )
        app["container"] = only[0]["name"]
    if app["container"] not in [each["name"] for each in containers]:
        raise ExistingError(f"{place.label}: {app['container']!r} is none of the workload's containers ({names})")
    protocol = app.get("protocol") or {}
    if "port" in app or protocol.get("socket") or protocol.get("kind") == "uwsgi" or not args.get("proxy"):
        return app
    container = find(template, ("spec", "containers", {"name": app["container"]})) or {}
    numbers = faults.port_numbers(container)
    if len(numbers) > 1:
        numbers = sorted(set(numbers) & _targets(template, container, places)) or numbers
    if len(numbers) > 1:
        named = [port for port in container.get("ports") or () if port.get("name") in ("http", "web")]
        numbers = faults.port_numbers({"ports": named})
    if len(numbers) != 1:
        raise ExistingError(f"{place.label}: on which port does the application listen? Tell it with --port")
    return {**app, "port": numbers[0]}


def _targets(template: Object, container: Object, places: Sequence[Place]) -> set[int]:
    """The container's ports to which Services lead."""
    labels = find(template, ("metadata", "labels")) or {}
    services = [each.body for each in places if each.kind == "Service"]
    fitting = [each for each in services if selects(find(each, ("spec", "selector")), labels)]
    return {
        number
        for port in container.get("ports") or ()
        for number in faults.port_numbers({"ports": [port]})
        if any(leads_to_app(each, number, frozenset({str(port.get("name"))})) for each in fitting)
    }


def _namespace(namespace: Any, request: Request) -> dict[str, Any]:
    known = namespace or request.namespace
    return {"namespace": known} if known else {}


def _with_free_ports(template: Object, args: dict[str, Any]) -> dict[str, Any]:
    """Ports of the proxy that no container declares, where none are given."""
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


def _app_port_names(template: Object, args: Mapping[str, Any]) -> frozenset[str]:
    container = find(template, ("spec", "containers", {"name": args["app"]["container"]})) or {}
    ports = container.get("ports") or ()
    return frozenset(
        str(p["name"]) for p in ports if p.get("name") and p.get("containerPort") == args["app"].get("port")
    )


def _service(
    stream: Stream, places: Sequence[Place], workload: Place, template: Object, args: Mapping[str, Any]
) -> Place | None:
    """The Service in front of the workload."""
    if not args.get("proxy"):
        return None
    labels, names = find(template, ("metadata", "labels")) or {}, _app_port_names(template, args)
    asked = (args.get("service") or {}).get("name")
    found = []
    for each in places:
        if each.kind != "Service":
            continue
        there = find(each.body, ("metadata", "name"))
        same_space = find(each.body, ("metadata", "namespace")) == find(workload.body, ("metadata", "namespace"))
        selected = selects(find(each.body, ("spec", "selector")), labels)
        fits = selected and leads_to_app(each.body, args["app"].get("port"), names)
        if same_space and (there == asked if asked else fits):
            found.append(each)
    plain = [each for each in found if find(each.body, ("spec", "clusterIP")) != "None"] or found
    if len(plain) > 1:
        known = ", ".join(str(find(each.body, ("metadata", "name"))) for each in plain)
        raise ExistingError(f"{workload.label}: several Services lead to it ({known}); name one with --service")
    if not plain:
        stream.notes.append(f"{workload.label}: no Service here leads to it, so none was changed")
    return plain[0] if plain else None


def _service_args(args: Mapping[str, Any], service: Place, name: str, template: Object) -> dict[str, Any]:
    asked = {"name": find(service.body, ("metadata", "name")) or name, **(args.get("service") or {})}
    if asked.get("ports") == "point" and "port" not in asked:
        names, port = _app_port_names(template, args), args["app"].get("port")
        leading = leads_to_app(service.body, port, names)
        asked |= {"port": leading[0]} if len(leading) == 1 else {}
    return asked


# --- what is added ----------------------------------------------------------------------------------------------------

_WITH_KEYS = ("issued", "signed_by", "certificate")


def _may_write_key(args: SidecarInjectionArgs, request: Request) -> None:
    if args.proxy is not None and args.tls.kind in _WITH_KEYS and not request.keys:
        raise ExistingError(
            f'tls.kind "{args.tls.kind}" would write a private key into the output, and manifests get committed. Use '
            "--secret NAME or --issuer NAME, or say --write-generated-key"
        )


def _made(
    name: str, args: SidecarInjectionArgs, place: Place, namespace: str | None
) -> tuple[list[manifests.Manifest], Mounted]:
    """The objects that the proxy mounts, and their names."""

    def program() -> None:
        made = SidecarInjection(name, args)
        pulumi.export("config_map", made.config_map_name)
        pulumi.export("secret", made.secret_name)

    try:
        run = offline.run(program, namespace=namespace)
    except offline.ProgramError as error:
        _raise(error.__cause__ or error)
    found = []
    for each in run.manifests():
        metadata = {**each.body["metadata"], "annotations": {MADE_FOR: place.label}}
        if namespace is None:
            del metadata["namespace"]  # the offline run has made one up
        found.append(manifests.Manifest({**each.body, "metadata": metadata}))
    return found, Mounted(run.outputs["config_map"], run.outputs["secret"])


def _raise(error: BaseException) -> NoReturn:
    raise error


def _append(stream: Stream, file: int, made: Sequence[manifests.Manifest]) -> None:
    documents = stream.files[file]
    if made and not documents[-1].endswith("\n"):
        documents[-1] += "\n"
    documents += [f"---\n{manifests.to_yaml([each], secrets='include')}" for each in manifests.order(made)]


__all__ = ["MADE_FOR", "RECORD", "ExistingError", "Request", "Stream", "eject", "inject"]
