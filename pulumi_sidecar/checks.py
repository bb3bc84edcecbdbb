"""Arguments that are right one by one, and do not go together. All problems are found at once."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from pulumi_sidecar import checks_entry, checks_network, checks_scale, checks_tls, drain, layout, proxy_site
from pulumi_sidecar import plan as planned
from pulumi_sidecar.args.app import App, FastCgi, Grpc, Uwsgi
from pulumi_sidecar.args.container import Container
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.proxy import Apache, Nginx, Proxy
from pulumi_sidecar.args.tls import (
    Off,
)
from pulumi_sidecar.args.volumes import EmptyDir, PersistentVolumeClaim
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.fields import ObjectName, ServiceName, fitting
from pulumi_sidecar.names import LONGEST_GIVEN
from pulumi_sidecar.proxy.extra import httpd_imbalance, nginx_imbalance


def check(component: str, args: SidecarDeploymentArgs, subject: str | None = None) -> None:
    """Raises ArgumentsError with every problem of arguments that do not go together. `subject` begins its text."""
    found = [
        *_name(component, args),
        *_parts(args),
        *_protocol(args.app, args.proxy),
        *_ports(args),
        *_volumes(args),
        *_labels(args),
        *_grace(args),
        *_users(args),
        *checks_scale.problems(args),
        *checks_network.problems(args),
        *checks_entry.problems(component, args),
    ]
    if args.proxy is not None:
        found += [*checks_tls.problems(component, args, args.proxy), *_proxy(args.app, args.proxy)]
    else:
        found += _needing_a_proxy(args)
    if not found and isinstance(args.proxy, Apache):
        found = [*_apache(args, args.proxy)]
    if found:
        raise ArgumentsError(subject or f'SidecarDeployment "{component}"', found)


_ARGUMENTS = {"backend.address": "app.protocol.socket"}
"""Renderers know the site's fields; users know their own arguments."""


def _apache(args: SidecarDeploymentArgs, proxy: Apache) -> Iterator[Problem]:
    from pulumi_sidecar.proxy import httpd  # no other proxy needs it

    for field, reason in httpd.unsupported(proxy_site.site_of("name", args, proxy)):
        if field == "timeouts.send_seconds" and "send_seconds" not in proxy.timeouts.model_fields_set:
            continue  # a default is no wish
        yield Problem(_ARGUMENTS.get(field, f"proxy.{field}"), reason, 'Use proxy.kind "nginx".')


_YEAR_SECONDS = 31_536_000
_is_service_name = fitting(ServiceName)
_is_child_name = fitting(ObjectName)
_LONGEST_COMPONENT = LONGEST_GIVEN - len("-deployment") - 11
"""The Deployment adds its part to it, and Kubernetes 11 characters for the ReplicaSet."""


def _name(component: str, args: SidecarDeploymentArgs) -> Iterator[Problem]:
    if len(component) > _LONGEST_COMPONENT or not _is_child_name(component):
        reason = "the component's name cannot begin the names of its Kubernetes objects"
        remedy = f"Name it in lower-case letters, digits, hyphens and dots, at most {_LONGEST_COMPONENT}."
        yield Problem("name", reason, remedy, component)
    elif not _is_service_name(planned.service_name(component, args)):
        reason = "the component's name cannot be the name of its Service"
        yield Problem("service.name", reason, "Set service.name, or give the component a name that can.", component)


def _parts(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    if args.proxy is None and not args.sidecars:
        yield Problem("proxy", "is missing", 'Give {"kind": "nginx"} or {"kind": "apache"}, or other `sidecars`.')
    names = [layout.APP_CONTAINER, *([layout.PROXY_CONTAINER] if args.proxy else [])]
    names += [layout.EXPORTER_CONTAINER] if args.certificate_alert else []
    names += [layout.METRICS_CONTAINER] if args.metrics and args.metrics.exporter else []
    for field, containers in (("sidecars", args.sidecars), ("init_containers", args.init_containers)):
        for name in containers:
            if name in names:
                yield Problem(f'{field}["{name}"]', "is the name of another container", "Choose another.", name)
            names.append(name)


def _protocol(app: App, proxy: Proxy | None) -> Iterator[Problem]:
    protocol = app.protocol
    if proxy is None:
        if protocol.kind != "http" or protocol.socket is not None:
            remedy = 'Add a proxy: {"kind": "nginx"}.'
            yield Problem("app.protocol", "needs a proxy, which alone speaks it to the app", remedy, protocol.kind)
        if app.health_host is not None and app.health_path is None:
            reason = "is set, and without a proxy and app.health_path nothing is asked over HTTP"
            yield Problem("app.health_host", reason, "Give app.health_path, or leave it out.", app.health_host)
        return
    if app.port is not None and protocol.socket is not None:
        yield Problem("app.protocol.socket", "is set beside app.port", "Give the one on which the app listens.")
    if app.port is None and proxy_site.socket_path(app) is None:
        remedy = "Give the port that the app listens on, or app.protocol.socket."
        yield Problem("app.port", "is missing", remedy)
    if isinstance(protocol, Grpc) and not proxy.http2:
        yield Problem("proxy.http2", "is off, and gRPC needs it", "Leave it on.")
    path = unquote(app.health_path or "", errors="replace")
    decoded = isinstance(protocol, Uwsgi | FastCgi | Grpc)
    if any(_unfit(character) or (decoded and ord(character) > 126) for character in path):
        reason = "has an escape that cannot be passed on decoded"
        yield Problem("app.health_path", reason, "Use a plainer path.", app.health_path)
    if isinstance(protocol, Uwsgi | FastCgi) and protocol.mount and not path.startswith(f"{protocol.mount}/"):
        reason = f"does not lie below {protocol.mount}, where the app is mounted"
        if app.health_path is not None:
            yield Problem("app.health_path", reason, "Give the path as clients write it.", app.health_path)


def _unfit(character: str) -> bool:
    """Whether no configuration file can carry it: control characters, and what ends or expands a value."""
    return ord(character) < 32 or 127 <= ord(character) < 160 or character in '$"\\\\'


def _ports(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    wanted: dict[str, int | None] = {"app.port": args.app.port}
    if proxy := args.proxy:
        wanted |= {
            "proxy.https_port": proxy.https_port,
            "proxy.status_port": proxy.status_port,
            "proxy.http_port": proxy.http_port if proxy.redirect_http else None,
        }
    if args.certificate_alert:
        wanted["certificate_alert.port"] = args.certificate_alert.port
    if metrics := args.metrics:
        wanted["metrics.local_port"] = metrics.local_port
        wanted["metrics.exporter.port"] = metrics.exporter.port if metrics.exporter else None
    for sidecar, container in args.sidecars.items():
        wanted |= {f'sidecars["{sidecar}"].ports["{name}"]': port for name, port in container.ports.items()}
    yield from _port_names(args)
    seen: dict[int, str] = {}
    for path, port in wanted.items():
        if port is not None and port in seen:
            yield Problem(path, f"is the same port as {seen[port]}", "The containers share a network: move one.", port)
        if port is not None:
            seen.setdefault(port, path)
    redirects = args.proxy is not None and args.proxy.redirect_http and not args.service.headless
    if redirects and proxy_site.service_port(args) == args.service.http_port:
        yield Problem("service.http_port", "is the same port as service.port", "Move one.", args.service.http_port)


def _port_names(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """Whoever looks for an exporter's port by its name must not find another."""
    taken = [layout.METRICS] if args.metrics and args.metrics.exporter else []
    taken += [layout.CERTIFICATES] if args.certificate_alert else []
    for sidecar, container in args.sidecars.items():
        for name in taken:
            if name in container.ports:
                path = f'sidecars["{sidecar}"].ports["{name}"]'
                yield Problem(path, "has the name of the exporter's port", "Choose another name.", name)


def _containers(args: SidecarDeploymentArgs) -> Iterator[tuple[str, Container]]:
    yield "app", args.app
    for field, containers in (("sidecars", args.sidecars), ("init_containers", args.init_containers)):
        for name, container in containers.items():
            yield f'{field}["{name}"]', container


def _volumes(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    everybody = [layout.APP_CONTAINER, *args.sidecars, *args.init_containers]
    for name in args.volumes:
        if name in layout.OUR_VOLUMES or name in [layout.tmp_volume(container) for container in everybody]:
            yield Problem(
                f'volumes["{name}"]', "is the name of a volume that the pod has anyway", "Choose another.", name
            )
    used = [
        (f"{path}.volume_mounts[{i}].volume", m.volume)
        for path, container in _containers(args)
        for i, m in enumerate(container.volume_mounts)
    ]
    used += [(f"proxy.static[{i}].volume", s.volume) for i, s in enumerate(args.proxy.static if args.proxy else ())]
    known = ", ".join(sorted(args.volumes)) or "there are none"
    for path, volume in used:
        if volume not in args.volumes:
            yield Problem(path, f"is none of the volumes ({known})", "Add it to `volumes`.", volume)
    for path, container in _containers(args):
        seen: set[str] = set()
        for index, mount in enumerate(container.volume_mounts):
            if mount.mount_path in seen:
                where = f"{path}.volume_mounts[{index}].mount_path"
                yield Problem(where, "is mounted twice", "Choose another path.", mount.mount_path)
            seen.add(mount.mount_path)
    yield from _socket(args)


_NOT_FOR_SOCKETS = ("/etc", "/usr", "/bin", "/sbin", "/lib", "/proc", "/sys", "/dev", "/opt/bitnami")
"""Folders whose own files a shared volume would hide."""
_NOT_THEMSELVES = ("/", "/tmp", "/run", "/var", "/var/run", "/srv", "/opt", "/home")  # noqa: S108 (in a container)


def _socket(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """The folder of the app's socket becomes a shared volume, which the app writes to."""
    path = proxy_site.socket_path(args.app)
    if path is None or args.proxy is None:
        return
    folder = posixpath.dirname(path)
    ours = (layout.WORK_DIR, layout.STATIC_DIR)
    within = [place for place in (*_NOT_FOR_SOCKETS, *ours) if folder == place or folder.startswith(f"{place}/")]
    if within or folder in _NOT_THEMSELVES:
        reason = "lies in a folder that is not the app's alone, and its folder becomes a shared volume"
        yield Problem("app.protocol.socket", reason, "Put it into a folder of its own, as /run/app/app.sock.", path)
    for index, mount in enumerate(args.app.volume_mounts):
        if mount.mount_path != folder:
            continue
        writable = isinstance(args.volumes.get(mount.volume), EmptyDir | PersistentVolumeClaim | None)
        if mount.read_only or mount.sub_path is not None or not writable:
            reason = "is the folder of the app's socket, which app and proxy must share whole and be able to write"
            remedy = "Mount an empty_dir there, without read_only and sub_path, or nothing at all."
            yield Problem(f"app.volume_mounts[{index}]", reason, remedy)


def _labels(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    if layout.COMPONENT_LABEL in args.labels:
        yield Problem(f'labels["{layout.COMPONENT_LABEL}"]', "is the label of the selector", "Use another key.")
    if layout.CONFIG_ANNOTATION in args.annotations:
        yield Problem(f'annotations["{layout.CONFIG_ANNOTATION}"]', "is set by the component", "Use another key.")


def _grace(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    grace, needed = args.termination_grace_seconds, drain.least_grace_seconds(args)
    if grace is not None and grace < needed:
        drains = f"drain_seconds {args.drain_seconds} and {drain.LAG_SECONDS} more, " if args.proxy else ""
        reason = (
            f"is too short: {drain.SETTLE_SECONDS} s until no connection comes any more, {drains}"
            f"and app.stop_seconds {args.app.stop_seconds} make {needed}"
        )
        yield Problem("termination_grace_seconds", reason, "Raise it, or lower the others.", grace)


def _users(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    theirs = planned.APACHE_USER if isinstance(args.proxy, Apache) else planned.NGINX_USER if args.proxy else None
    for path, container in _containers(args):
        if args.share_process_namespace and container.user == theirs:
            reason = "is the proxy's, and with share_process_namespace its key could be read through /proc"
            yield Problem(f"{path}.user", reason, "Choose another user.", container.user)
        # The default group is no wish of the user's; pod.py leaves it out with user "image".
        if container.user == "image" and "group" in container.model_fields_set and container.group != "image":
            reason = f"is set while {path}.user is left to the image"
            yield Problem(f"{path}.group", reason, 'Set both, or the group to "image" too.', container.group)


def _needing_a_proxy(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    for field in ("client_auth", "certificate_alert", "metrics", "tls"):
        value = getattr(args, field)
        if field in args.model_fields_set and value is not None and not isinstance(value, Off):
            yield Problem(field, "needs a proxy", 'Add one: {"kind": "nginx"}.')


def _proxy(app: App, proxy: Proxy) -> Iterator[Problem]:
    hsts = proxy.hsts
    if hsts and hsts.preload and not (hsts.include_subdomains and hsts.max_age_seconds >= _YEAR_SECONDS):
        reason = "goes with include_subdomains and a year of max_age_seconds (https://hstspreload.org)"
        remedy = f"Set include_subdomains and at least {_YEAR_SECONDS}, or leave preload off."
        yield Problem("proxy.hsts.preload", reason, remedy)
    if proxy.proxy_protocol and not proxy.trusted_proxies:
        remedy = "Give the networks that your load balancer connects from."
        yield Problem("proxy.trusted_proxies", "is empty, and proxy_protocol believes nobody else", remedy)
    imbalance = nginx_imbalance if isinstance(proxy, Nginx) else httpd_imbalance
    for name in ("server", "location"):
        if problem := imbalance(getattr(proxy.extra, name)):
            remedy = "Close within the text what is opened within it, and nothing else."
            yield Problem(f"proxy.extra.{name}", problem, remedy)
    seen: set[str] = set()
    for index, files in enumerate(proxy.static):
        mount = getattr(app.protocol, "mount", None)
        if mount and f"{mount}/".startswith(files.url_path):
            reason = f"covers {mount}, where the app is mounted"
            yield Problem(f"proxy.static[{index}].url_path", reason, "Choose another.", files.url_path)
        if files.url_path in seen:
            yield Problem(f"proxy.static[{index}].url_path", "is served twice", "Choose another.", files.url_path)
        seen.add(files.url_path)
