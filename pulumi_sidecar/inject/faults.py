"""What keeps a sidecar from working in a pod template of others, told before anything is changed."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pulumi_sidecar import layout
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.inject import shapes
from pulumi_sidecar.inject.edits import find
from pulumi_sidecar.inject.wanted import Mounted, Object, Wanted, mounts_of

ENDING = ("Job", "CronJob")
"""Kinds whose pods end when their containers do."""
ANY = "any"
"""Stands for the kind where only the pod template is known."""


def check_shape(template: Mapping[str, Any], subject: str) -> None:
    """What has to be looked into must be known. Raises ArgumentsError."""
    shapes.check(template, shapes.TEMPLATE, subject)
    if not find(template, ("spec", "containers")):
        raise ArgumentsError(subject, [Problem("spec.containers", "is missing: this is no pod template")])


def app_container(template: Object, wanted: Wanted, subject: str) -> str:
    """The name of the application's container."""
    containers = template["spec"]["containers"]
    names = [container["name"] for container in containers]
    asked = wanted.args.app.container
    if asked is not None:
        if asked not in names:
            reason = f"is none of the workload's containers ({', '.join(names)})"
            raise ArgumentsError(subject, [Problem("app.container", reason, "Name the application's.", asked)])
        return asked
    port = wanted.args.app.port
    declaring = [each["name"] for each in containers if port is not None and port in port_numbers(each)]
    if len(names) == 1 or len(declaring) == 1:
        return str((names if len(names) == 1 else declaring)[0])
    which = f"several of the containers declare port {port}" if declaring else "several containers could be the app's"
    raise ArgumentsError(subject, [Problem("app.container", f"is missing: {which}", f"One of {', '.join(names)}.")])


def port_numbers(container: Object) -> list[int]:
    """TCP ports that a container declares."""
    ports = (port for port in container.get("ports") or () if isinstance(port, dict))
    numbers: list[Any] = [port.get("containerPort") for port in ports if port.get("protocol", "TCP") == "TCP"]
    return [int(number) for number in numbers if shapes.is_whole(number)]


def port_names(template: Object) -> set[str]:
    """Names of the ports that containers declare."""
    return {
        port["name"]
        for container in _all(template)
        for port in container.get("ports") or ()
        if isinstance(port, dict) and isinstance(port.get("name"), str)
    }


def _all(template: Object) -> list[Object]:
    return [*template["spec"]["containers"], *(template["spec"].get("initContainers") or ())]


def claims_of(workload: Mapping[str, Any]) -> frozenset[str]:
    """Names of the volumes that a StatefulSet makes for each of its pods: they stand outside its pod template."""
    claims = find(workload, ("spec", "volumeClaimTemplates"))
    names = [find(claim, ("metadata", "name")) for claim in claims] if isinstance(claims, list | tuple) else []
    return frozenset(name for name in names if isinstance(name, str))


def check(
    template: Object, wanted: Wanted, app: str, kind: str, subject: str, claims: Collection[str] | None = None
) -> None:
    """Raises ArgumentsError with every reason why the sidecar does not go with the template.

    :param kind: The workload's, or ANY.
    :param claims: See claims_of; None where they are not known.
    """
    found = [
        *_names(template, wanted),
        *_volumes(template, wanted, kind, claims),
        *_ports(template, wanted),
        *_mounts(template, wanted, app),
        *_pod(template, wanted, app),
        *_ending(template, wanted, kind),
    ]
    if found:
        raise ArgumentsError(subject, found)


_FIXED = {layout.PROXY_CONTAINER: "proxy"}


def _names(template: Object, wanted: Wanted) -> Iterator[Problem]:
    theirs = {container["name"] for container in _all(template)}
    for container in wanted.containers():
        if container["name"] in theirs:
            name = container["name"]
            path = _FIXED.get(name, f'sidecars["{name}"]')
            yield Problem(path, f'makes a container "{name}", and the workload has one of that name', "Rename one.")


def _volumes(template: Object, wanted: Wanted, kind: str, claims: Collection[str] | None) -> Iterator[Problem]:
    theirs = (volume.get("name") for volume in template["spec"].get("volumes") or () if isinstance(volume, dict))
    volumes = {*theirs, *(claims or ())}
    ours = [volume["name"] for volume in wanted.volumes(_NOBODYS)]
    for name in ours:
        if name in volumes:
            path = f'volumes["{name}"]' if name in wanted.args.volumes else "proxy"
            yield Problem(path, f'makes a volume "{name}", and the workload has one of that name', "Rename one.")
    if claims is None and kind == "StatefulSet":
        return  # what is mounted may be one of them
    remedy = "Add it to `volumes`."
    if kind == ANY:
        remedy += " Of a StatefulSet: tell add_sidecar its volumeClaimTemplates, by `claims`."
    for path, name in mounts_of(wanted.args).items():
        if name not in volumes and name not in wanted.args.volumes:
            known = ", ".join(sorted(str(each) for each in volumes if each)) or "there are none"
            yield Problem(path, f"is none of the workload's volumes ({known})", remedy, name)


_NOBODYS = Mounted("name", "name")


def _ports(template: Object, wanted: Wanted) -> Iterator[Problem]:
    theirs = {number: container["name"] for container in _all(template) for number in port_numbers(container)}
    site = wanted.plan.proxy.site if wanted.plan.proxy else None
    ours = {
        "proxy.https_port": site.https_port if site else None,
        "proxy.status_port": site.status_port if site else None,
        "proxy.http_port": site.redirect_port if site else None,
    }
    for name, sidecar in wanted.args.sidecars.items():
        ours |= {f'sidecars["{name}"].ports["{port}"]': number for port, number in sidecar.ports.items()}
    for path, port in ours.items():
        if port in theirs:
            reason = f'is a port of container "{theirs[port]}", and all containers share a network'
            yield Problem(path, reason, "Choose another.", port)


def _mounts(template: Object, wanted: Wanted, app: str) -> Iterator[Problem]:
    container: Object = find(template, ("spec", "containers", {"name": app}))
    theirs = {
        posixpath.normpath(mount["mountPath"]): mount
        for mount in container.get("volumeMounts") or ()
        if isinstance(mount, dict) and isinstance(mount.get("mountPath"), str)
    }
    for index, mount in enumerate(wanted.args.app.volume_mounts):
        if mount.mount_path in theirs:
            path = f"app.volume_mounts[{index}].mount_path"
            yield Problem(path, f'is mounted in container "{app}" already', "Choose another.", mount.mount_path)
    socket = wanted.plan.socket_mount
    if socket is not None and wanted.plan.proxy is not None and socket.path in theirs:
        there = theirs[socket.path]
        if there.get("readOnly") or there.get("subPath") or there.get("subPathExpr"):
            reason = f"lies in {socket.path}, which the app mounts read-only or in part, and the proxy must share it"
            yield Problem("app.protocol.socket", reason, "Mount the whole volume there, or move the socket.")


def _pod(template: Object, wanted: Wanted, app: str) -> Iterator[Problem]:
    spec = template["spec"]
    if "windows" in (find(spec, ("os", "name")), find(spec, ("nodeSelector", "kubernetes.io/os"))):
        yield Problem("spec.os.name", "is windows, and the sidecars' images are for Linux", "Put the proxy elsewhere.")
    if wanted.plan.proxy is None or wanted.args.proxy is None:
        return
    if spec.get("hostNetwork") is True:
        used = ["https_port", "status_port", *(["http_port"] if wanted.args.proxy.redirect_http else [])]
        for field in used:
            if getattr(wanted.args.proxy, field) is None:
                reason = "is missing: the pod has hostNetwork, so the port is one of the node's"
                yield Problem(f"proxy.{field}", reason, "Choose one that is free on every node.")
    container: Object = find(spec, ("containers", {"name": app}))
    user = find(container, ("securityContext", "runAsUser"))
    user = find(spec, ("securityContext", "runAsUser")) if user is None else user
    shared = [field for field in ("shareProcessNamespace", "hostPID") if spec.get(field) is True]
    if shared and user in (0, wanted.plan.proxy.user):
        reason = f"is {int(user)}, and with {shared[0]} that user could read the proxy's key through /proc"
        remedy = f"Let the app run as another user than 0 and {wanted.plan.proxy.user}, or do without {shared[0]}."
        yield Problem("spec.securityContext.runAsUser", reason, remedy)


def _ending(template: Object, wanted: Wanted, kind: str) -> Iterator[Problem]:
    """A container that goes on keeps a Job from ending, unless it is a native sidecar."""
    restarts = template["spec"].get("restartPolicy")
    if kind not in ENDING and restarts not in ("OnFailure", "Never"):
        return
    what = f"the {kind}" if kind in ENDING else f'a pod with restartPolicy "{restarts}"'
    for container in wanted.containers():
        if container.get("restartPolicy") != "Always":
            name = container["name"]
            path = _FIXED.get(name, f'sidecars["{name}"]')
            reason = f'must be "native": {what} would never end beside another container'
            yield Problem(f"{path}.lifecycle", reason, 'Set it to "native" (Kubernetes ≥1.29).')
