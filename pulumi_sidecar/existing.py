"""Kubernetes YAML of others, with the sidecar and without it again: texts in, texts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import pulumi

from pulumi_sidecar import manifest_lookup as lookup
from pulumi_sidecar import manifests, offline
from pulumi_sidecar.args.injection import SidecarInjectionArgs
from pulumi_sidecar.args.parse import parse
from pulumi_sidecar.inject import faults
from pulumi_sidecar.inject.edits import Edit, Editor, find, written
from pulumi_sidecar.inject.service import leads_to_app, with_way_to_proxy
from pulumi_sidecar.inject.template import RECORD, is_injected, record_of, with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, Wanted, subject, wanted
from pulumi_sidecar.injection import SidecarInjection
from pulumi_sidecar.manifest_lookup import ExistingError
from pulumi_sidecar.manifest_stream import MADE_FOR, Place, Stream
from pulumi_sidecar.proxies import selects


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    args: Mapping[str, Any]
    """SidecarInjectionArgs as a dict. Container, port and Service are looked up where they are left out."""
    workload: str | None = None
    """NAME or KIND/NAME; None where there is only one."""
    namespace: str | None = None
    """Where objects go that name no namespace; of several workloads that are called the same, the one in there."""
    keys: bool = False
    """Whether a private key may be written into the text."""


def inject(stream: Stream, request: Request) -> None:
    """Give a workload the sidecar, and its Service the way to it. What an earlier injection did for this workload is
    taken back first.

    :raises ArgumentsError, ExistingError, TextError: It cannot be done; the stream is of no use then.
    """
    default = request.namespace or request.args.get("namespace")
    before = lookup.workload(stream.places(), request.workload, default)
    name = str(find(before.body, ("metadata", "name")))
    given = _checked(name, request.args)
    gone = _take_back(stream, before, (given.get("service") or {}).get("name"))
    places = stream.places()
    place = lookup.workload(places, request.workload, default)
    template = lookup.template_of(place)
    faults.check_shape(template, place.label)
    asked, service = _asked(name, given, place, places, default)
    if asked.args.proxy is not None and service is None:
        stream.notes.append(f"{place.label}: no Service here leads to it, so none was changed")
    _may_write_key(asked.args, request)
    made, mounted = _made(name, asked.args, place, place.namespace or default)
    editor = with_sidecar(template, asked, mounted, place.kind, place.label, faults.claims_of(place.body))
    stream.change(place, _edits(stream, place, place.template or (), editor))
    if service is not None and asked.args.service.ports != "leave":
        names = lookup.port_names(template, asked.args.app.container, asked.args.app.port)
        editor = with_way_to_proxy(service.body, asked, service.label, names)
        stream.change(service, _edits(stream, service, (), editor))
    stream.add(place, made, gone)


# --- the way back -----------------------------------------------------------------------------------------------------


def eject(stream: Stream, workload: str | None = None, namespace: str | None = None, service: str | None = None) -> int:
    """Take out every sidecar, or that of one workload; the number of objects that were concerned.

    :param workload: NAME or KIND/NAME.
    :param namespace: Of several workloads that are called the same, the one in there.
    :param service: The Service that was asked for by name, where its selector does not take the workload's pods.
    :raises ExistingError, TextError: It cannot be done; the stream is of no use then.
    """
    places = stream.places()
    if workload is None:
        return _undo(stream, places) + _remove(stream, [each for each in places if each.made_for])
    chosen = lookup.workload(places, workload, namespace)
    others = [each for each in places if each is not chosen and each.template is not None and _is_changed(each)]
    own = [chosen, *_services(places, chosen, service)]
    # A Service in front of several leads to the others' proxies still.
    own = [each for each in own if not (each.is_service and any(_is_before(each, other) for other in others))]
    return _undo(stream, own) + _remove(stream, _made_for(places, chosen))


def _take_back(stream: Stream, workload: Place, service: str | None) -> list[Place]:
    """Undo what was done for the workload; the objects that had been added for it."""
    places = stream.places()
    _undo(stream, [workload, *_services(places, workload, service)])
    gone = _made_for(places, workload)
    _remove(stream, gone)
    return gone


def _undo(stream: Stream, places: Sequence[Place]) -> int:
    changed = [each for each in places if _is_changed(each)]
    for each in changed:
        path = each.template or ()
        stream.change(each, each.edits(path, record_of(find(each.body, path))))
    return len(changed)


def _remove(stream: Stream, places: Sequence[Place]) -> int:
    stream.remove(places)
    return len(places)


def _is_changed(place: Place) -> bool:
    inner = find(place.body, place.template or ())
    return isinstance(inner, Mapping) and is_injected(inner)


def _services(places: Sequence[Place], workload: Place, name: str | None) -> list[Place]:
    """Services before the workload, so far as namespaces are told, and the one of that name."""
    return [
        each
        for each in places
        if _is_before(each, workload)
        or (each.is_service and _together(each, workload) and name and find(each.body, ("metadata", "name")) == name)
    ]


def _is_before(service: Place, workload: Place) -> bool:
    selected = selects(find(service.body, ("spec", "selector")), lookup.labels_of(workload))
    return service.is_service and selected and _together(service, workload)


def _made_for(places: Sequence[Place], workload: Place) -> list[Place]:
    """What was added for the workload, also under the name that it had before a prefix or suffix (Kustomize)."""
    there = {each.label for each in places if each.template is not None}

    def is_own(made_for: str) -> bool:
        kind, _, name = made_for.partition("/")
        renamed = kind == workload.kind and name in workload.label.partition("/")[2] and made_for not in there
        return made_for == workload.label or (renamed and _is_changed(workload))

    return [each for each in places if each.made_for and is_own(each.made_for) and _together(each, workload)]


def _together(one: Place, other: Place) -> bool:
    """Whether they are in one namespace, so far as both tell."""
    return one.namespace is None or other.namespace is None or one.namespace == other.namespace


def _edits(stream: Stream, place: Place, path: tuple[str, ...], editor: Editor) -> list[Edit]:
    """The editor's edits as those of the object, with a record of how its text spells what they take away."""
    back = [
        replace(each, spelling=stream.spelling(place, (*path, *each.path), each.value)) if each.op == "put" else each
        for each in editor.undo
    ]
    editor.fill(("metadata", "annotations", RECORD), written(back))
    return place.edits(path, editor.edits)


# --- arguments --------------------------------------------------------------------------------------------------------

_NUMBERS = {"app": ("port",), "proxy": ("https_port", "status_port", "http_port"), "service": ("port",)}


def _checked(name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, each fit for its field: ports are numbers, also those that were written as texts.

    :raises ArgumentsError: One is not.
    """
    given = {key: value for key, value in raw.items() if value is not None or key not in ("app", "service")}
    known = parse(SidecarInjectionArgs, given, subject(name))
    for part, fields in _NUMBERS.items():
        there: Any = given.get(part)
        if there is not None:
            numbers = {field: getattr(getattr(known, part), field) for field in fields if field in there}
            given[part] = {**there, **numbers}
    return given


def _asked(
    name: str, given: Mapping[str, Any], place: Place, places: Sequence[Place], default: str | None
) -> tuple[Wanted, Place | None]:
    """The checked and planned injection, with what the manifests tell, and the Service in front of the workload."""
    template, namespace = lookup.template_of(place), place.namespace or default
    args = {**given, "app": lookup.app(template, given, place, places)}
    args |= {"namespace": namespace} if namespace else {}
    if not args.get("proxy"):
        return wanted(name, args), None
    args = lookup.free_ports(template, args)
    service = lookup.service(places, place, args, default)
    found = find(service.body, ("metadata", "name")) if service is not None else None
    args["service"] = {"name": found or name, **(args.get("service") or {})}
    if service is not None:
        args["service"] |= _service_port(name, args, service, template)
    return wanted(name, args), service


def _service_port(name: str, args: Mapping[str, Any], service: Place, template: Mapping[str, Any]) -> dict[str, int]:
    """The Service's port, where it follows from the Service and nobody asked for another."""
    asked, app = args["service"], args["app"]
    if asked.get("port") is not None:
        return {}
    if asked.get("ports") == "point":
        names = lookup.port_names(template, app["container"], app.get("port"))
        leading = leads_to_app(service.body, app.get("port"), names)
        return {"port": leading[0]} if len(leading) == 1 else {}
    if asked.get("ports", "add") == "add" and lookup.is_headless(service):
        proxy = wanted(name, args).plan.proxy
        return {"port": proxy.site.https_port} if proxy else {}  # it translates none: clients ask at the proxy's own
    return {}


_WITH_KEYS = ("issued", "signed_by", "certificate")


def _may_write_key(args: SidecarInjectionArgs, request: Request) -> None:
    if args.proxy is not None and args.tls.kind in _WITH_KEYS and not request.keys:
        raise ExistingError(
            f'tls.kind "{args.tls.kind}" would write a private key into the output, and manifests get committed. Use '
            "--secret NAME or --issuer NAME, or say --write-generated-key"
        )


# --- what is added ----------------------------------------------------------------------------------------------------


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


__all__ = ["MADE_FOR", "RECORD", "ExistingError", "Request", "Stream", "eject", "inject"]
