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
from pulumi_sidecar.inject.service import is_headless, leads_to_app, unredirected, with_way_to_proxy
from pulumi_sidecar.inject.template import RECORD, record_of, removed, with_sidecar
from pulumi_sidecar.inject.wanted import Mounted, Wanted, subject, wanted
from pulumi_sidecar.injection import SidecarInjection
from pulumi_sidecar.manifest_lookup import ExistingError
from pulumi_sidecar.manifest_stream import MADE_FOR, Place, Stream


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
    places = stream.places()
    before = lookup.workload(places, request.workload, default)
    name = str(find(before.body, ("metadata", "name")))
    given = _checked(name, request.args)
    gone = _take_back(stream, places, before, default)
    places = stream.places()
    place = lookup.workload(places, request.workload, default)
    template = lookup.template_of(place)
    faults.check_shape(template, place.label)
    asked, service = _asked(name, given, place, places, default)
    if asked.args.proxy is not None and service is None:
        stream.notes.append(lookup.no_service(places, place, default))
    changed = service if asked.args.service.ports != "leave" else None
    own = lookup.services_of(places, place, (given.get("service") or {}).get("name"), default)
    _undo(stream, own if changed is None or changed in own else [*own, changed])
    _may_write_key(asked.args, request)
    made, mounted = _made(name, asked.args, place, place.namespace or default)
    editor = with_sidecar(template, asked, mounted, place.kind, place.label, faults.claims_of(place.body))
    stream.change(place, _edits(stream, place, place.template or (), editor))
    if changed is not None:
        names = lookup.port_names(template, asked.args.app.container, asked.args.app.port)
        if told := unredirected(changed.body, asked, names):
            stream.notes.append(f"{changed.label}: {told}")
        editor = with_way_to_proxy(changed.body, asked, changed.label, names)
        _check_shared(places, place, changed, editor, default, by_name=bool((given.get("service") or {}).get("name")))
        stream.change(changed, _edits(stream, changed, (), editor))
    stream.add(place, made, gone)


def _check_shared(
    places: Sequence[Place], place: Place, service: Place, editor: Editor, default: str | None, *, by_name: bool
) -> None:
    """Raises ExistingError where the Service's ports would no longer lead to another workload's proxy as they do.

    :param by_name: Whether the Service was asked for: then its ports may be others, if they lead to the same ones.
    """
    others = lookup.sharing(places, service, place, default) if lookup.is_changed(service) else []
    before, after = service.body, editor.document
    if not others or _ports(before) == _ports(after) or (by_name and _led_to(before) == _led_to(after)):
        return
    raise ExistingError(
        f"{service.label} is in front of {others[0].label}, too, whose proxy needs its ports as they are "
        f"({_ports(before)}); for {place.label} they would be {_ports(after)}. Give both proxies the same ports and "
        f"redirect, leave the Service by --service-ports leave, or eject {others[0].label} first"
    )


def _ports(service: Mapping[str, Any]) -> str:
    found = find(service, ("spec", "ports")) or ()
    return ", ".join(f"{each.get('port')}→{each.get('targetPort', each.get('port'))}" for each in found)


def _led_to(service: Mapping[str, Any]) -> set[Any]:
    """The ports of pods to which an injection leads the Service."""
    there, before = (find(each, ("spec", "ports")) or () for each in (service, removed(service)))
    return {each.get("targetPort") for each in there} - {each.get("targetPort") for each in before}


# --- the way back -----------------------------------------------------------------------------------------------------


def eject(stream: Stream, workload: str | None = None, namespace: str | None = None, service: str | None = None) -> int:
    """Take out every sidecar, or that of one workload; the number of objects that were concerned.

    :param workload: NAME or KIND/NAME.
    :param namespace: Only what is in there, or tells no namespace.
    :param service: The Service that was asked for by name, where its selector does not take the workload's pods.
    :raises ExistingError, TextError: It cannot be done; the stream is of no use then.
    """
    places = stream.places()
    if workload is None:
        return _eject_all(stream, places, namespace)
    chosen = lookup.workload(places, workload, namespace)
    lookup.check_service(places, chosen, service, namespace)
    own = [chosen, *lookup.services_of(places, chosen, service, namespace)]
    return _undo(stream, own) + _remove(stream, lookup.made_for(places, chosen, namespace))


def _eject_all(stream: Stream, places: Sequence[Place], namespace: str | None) -> int:
    ours = [each for each in places if each.made_for or lookup.is_changed(each)]
    here = [each for each in ours if lookup.is_in(each, namespace)]
    if ours and not here:
        known = ", ".join(sorted({str(each.namespace) for each in ours}))
        stream.notes.append(f"there is no sidecar of ours in namespace {namespace}, but in {known}: tell it with -n")
    return _undo(stream, here) + _remove(stream, [each for each in here if each.made_for])


def _take_back(stream: Stream, places: Sequence[Place], workload: Place, namespace: str | None) -> list[Place]:
    """Undo what was done to the workload; the objects that had been added for it."""
    gone = lookup.made_for(places, workload, namespace)
    _undo(stream, [workload])
    _remove(stream, gone)
    return gone


def _undo(stream: Stream, places: Sequence[Place]) -> int:
    changed = [each for each in places if lookup.is_changed(each)]
    for each in changed:
        path = each.template or ()
        stream.change(each, each.edits(path, record_of(find(each.body, path))))
    return len(changed)


def _remove(stream: Stream, places: Sequence[Place]) -> int:
    stream.remove(places)
    return len(places)


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
    args["service"] = {"name": found or lookup.service_name(name), **(args.get("service") or {})}
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
    if asked.get("ports", "add") == "add" and is_headless(service.body):
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
