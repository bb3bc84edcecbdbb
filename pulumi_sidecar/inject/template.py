"""A pod template with the sidecar, and without it again."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pulumi_sidecar import layout
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.inject import faults
from pulumi_sidecar.inject.edits import Edit, Editor, apply, find, read
from pulumi_sidecar.inject.wanted import Mounted, Object, Wanted, without_socket_volume

RECORD = "pulumi-sidecar/injected"
"""The annotation that holds the way back. Only names, numbers as they were, and how a text spelled them."""
USUAL_GRACE_SECONDS = 30
"""Kubernetes' own terminationGracePeriodSeconds."""
_RECORD_PATH = ("metadata", "annotations", RECORD)
ROOM_FOR_ONE = "A workload has room for one: give that one what this one adds, by its `sidecars`."
"""The remedy where a second injection is of the same workload."""
INJECTION = "pulumi-sidecar/injection"
"""The annotation that names the injection of a program."""


def record_of(document: Mapping[str, Any]) -> list[Edit]:
    """The way back; nothing where there was no injection."""
    return read(find(document, _RECORD_PATH)) or []


def removed(document: Mapping[str, Any]) -> Object:
    """A pod template or a Service as it was before the injection; a copy where there was none."""
    return apply(dict(document), record_of(document))


def is_injected(document: Mapping[str, Any]) -> bool:
    """Whether it was changed by an injection."""
    return bool(record_of(document))


def begin(document: Mapping[str, Any]) -> Editor:
    """An editor of the document as it was before any injection, with room for the record."""
    editor = Editor(removed(document))
    editor.put(_RECORD_PATH, "")
    return editor


def finish(editor: Editor) -> Editor:
    """The record is written when everything else is."""
    editor.fill(_RECORD_PATH, editor.recorded())
    return editor


def _refuse_another(template: Mapping[str, Any], wanted: Wanted, subject: str) -> None:
    """Raises ArgumentsError where another injection of the same program has been at work: it would be taken back."""
    name = find(template, ("metadata", "annotations", INJECTION))
    if isinstance(name, str) and name != wanted.name:
        raise ArgumentsError(subject, [Problem("template", f'has what SidecarInjection "{name}" adds', ROOM_FOR_ONE)])
    ours = {container["name"] for container in wanted.containers()}
    for each in _containers_added(template):
        if each not in ours:
            raise ArgumentsError(subject, [Problem("template", f"has {each!r} of another injection", ROOM_FOR_ONE)])


def _containers_added(template: Mapping[str, Any]) -> Iterator[str]:
    """Names of containers that an injection added."""
    for edit in record_of(template):
        step = edit.path[-1]
        if edit.path[:-1] in (("spec", "containers"), ("spec", "initContainers")) and isinstance(step, Mapping):
            yield str(step.get("name"))


def with_sidecar(
    template: Mapping[str, Any],
    wanted: Wanted,
    mounted: Mounted,
    kind: str,
    subject: str,
    claims: Collection[str] | None = None,
    *,
    named: bool = False,
) -> Editor:
    """The pod template with the sidecar. Once more is the same as once: what an earlier injection did is taken back.

    :param kind: The workload's kind, or faults.ANY.
    :param subject: Begins an error's text.
    :param claims: See faults.claims_of; None where they are not known.
    :param named: Whether the template tells which injection it was, and one of another name is an error: in programs,
        where two would exchange each other.
    :raises ArgumentsError: The sidecar does not go with this template.
    """
    if named:
        _refuse_another(template, wanted, subject)
    before = removed(template)
    faults.check_shape(before, subject)
    app = faults.app_container(before, wanted, subject)
    wanted = _sharing_their_socket_folder(before, wanted, app)
    faults.check(before, wanted, app, kind, subject, claims)
    editor = begin(template)
    editor.put(("metadata", "annotations", layout.APP_ANNOTATION), app)
    if named:
        editor.put(("metadata", "annotations", INJECTION), wanted.name)
    if wanted.plan.proxy is not None:
        editor.put(("metadata", "annotations", layout.CONFIG_ANNOTATION), wanted.plan.proxy.config_hash)
    _change_app(editor, wanted, app)
    taken = faults.port_names(before)
    for container in wanted.containers():
        native = container.get("restartPolicy") == "Always"
        path = ("spec", "initContainers" if native else "containers")
        editor.append(path, _without_port_names(container, taken), {"name": container["name"]})
    for volume in wanted.volumes(mounted):
        editor.append(("spec", "volumes"), _readable(volume, before), {"name": volume["name"]})
    _raise_grace(editor, wanted)
    return finish(editor)


def _sharing_their_socket_folder(template: Object, wanted: Wanted, app: str) -> Wanted:
    folder = wanted.plan.socket_mount.path if wanted.plan.socket_mount else None
    for mount in find(template, ("spec", "containers", {"name": app}, "volumeMounts")) or ():
        path = mount.get("mountPath")
        if isinstance(path, str) and folder and posixpath.normpath(path) == folder:
            return without_socket_volume(wanted, mount["name"])
    return wanted


def _change_app(editor: Editor, wanted: Wanted, name: str) -> None:
    """The app outlives the proxy's drain, speaks on its socket, and shares what it is asked to."""
    path = ("spec", "containers", {"name": name})
    if wanted.plan.proxy is not None and wanted.args.app.stop_delay and not editor.get(*path, "lifecycle", "preStop"):
        editor.put((*path, "lifecycle", "preStop"), wanted.app_pre_stop())
    grouped = _has_group(editor.document)
    theirs = {variable.get("name") for variable in editor.get(*path, "env") or ()}
    for variable, value in wanted.plan.app_env.items():
        if variable not in theirs:
            # Without a common group the socket's folder, which nobody else mounts, is what keeps others out.
            open_to_all = variable == "UWSGI_CHMOD_SOCKET" and not grouped
            item = {"name": variable, "value": "666" if open_to_all else value}
            editor.append((*path, "env"), item, {"name": variable})
    mounts = [_mount(m.volume, m.mount_path, m.read_only, m.sub_path) for m in wanted.args.app.volume_mounts]
    socket = wanted.plan.socket_mount
    if socket is not None and socket.volume == layout.SOCKET_VOLUME:
        mounts.append(_mount(socket.volume, socket.path))
    for mount in mounts:
        editor.append((*path, "volumeMounts"), mount, {"mountPath": mount["mountPath"]})


def _mount(volume: str, path: str, read_only: bool = False, sub_path: str | None = None) -> Object:
    more = {"readOnly": True} if read_only else {}
    return {"name": volume, "mountPath": path, **more, **({"subPath": sub_path} if sub_path else {})}


def _has_group(template: Object) -> bool:
    """Whether Secrets' files and sockets belong to a group that all containers are in."""
    return isinstance(find(template, ("spec", "securityContext", "fsGroup")), int | float)


def _readable(volume: Object, template: Object) -> Object:
    """The proxy reads its key as a member of the pod's group. Without one every user may; but only the proxy has the
    volume. A group of our own would change the owner of files in the workload's other volumes."""
    if volume["name"] != layout.TLS_VOLUME or _has_group(template):
        return volume
    return {**volume, "secret": {**volume["secret"], "defaultMode": 0o444}}


def _without_port_names(container: Object, taken: set[str]) -> Object:
    """A Service that names a port gets the first container that has it: names that are taken are left out."""
    ports = [
        {key: value for key, value in port.items() if key != "name" or value not in taken}
        for port in container.get("ports", ())
    ]
    return {**container, "ports": ports} if ports else container


def _raise_grace(editor: Editor, wanted: Wanted) -> None:
    path = ("spec", "terminationGracePeriodSeconds")
    there = editor.get(*path)
    if wanted.plan.proxy is None or not isinstance(there, int | float | None):
        return
    if (USUAL_GRACE_SECONDS if there is None else there) < wanted.plan.grace_seconds:
        editor.put(path, wanted.plan.grace_seconds)
