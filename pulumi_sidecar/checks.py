"""Arguments that are right one by one, and do not go together. All problems are found at once."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError

from pulumi_sidecar import layout, pem
from pulumi_sidecar import plan as planned
from pulumi_sidecar.args.app import App, FastCgi, Grpc, Uwsgi
from pulumi_sidecar.args.container import Container
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.proxy import Apache, Nginx, Proxy
from pulumi_sidecar.args.tls import (
    CertManager,
    ClientCaOwn,
    ExistingSecret,
    Issued,
    Leaf,
    Named,
    Off,
    OwnCertificate,
    SignedBy,
)
from pulumi_sidecar.errors import ArgumentsError, Problem
from pulumi_sidecar.fields import ServiceName
from pulumi_sidecar.proxy import httpd
from pulumi_sidecar.proxy.extra import httpd_imbalance, nginx_imbalance
from pulumi_sidecar.proxy.tls_policy import POLICIES


def check(component: str, args: SidecarDeploymentArgs) -> None:
    """Raises ArgumentsError with every problem of arguments that do not go together."""
    found = [
        *_name(component, args),
        *_parts(args),
        *_protocol(args.app, args.proxy),
        *_ports(args),
        *_volumes(args),
        *_labels(args),
        *_grace(args),
        *_users(args),
    ]
    if args.proxy is not None:
        found += [*_tls(component, args, args.proxy), *_proxy(args.proxy)]
    else:
        found += _needing_a_proxy(args)
    if not found and isinstance(args.proxy, Apache):
        found = [*_apache(args, args.proxy)]
    if found:
        raise ArgumentsError(f'SidecarDeployment "{component}"', found)


_ARGUMENTS = {"backend.address": "app.protocol.socket"}
"""Renderers know the site's fields; users know their own arguments."""


def _apache(args: SidecarDeploymentArgs, proxy: Apache) -> Iterator[Problem]:
    for field, reason in httpd.unsupported(planned.site_of("name", args, proxy)):
        if field == "timeouts.send_seconds" and "send_seconds" not in proxy.timeouts.model_fields_set:
            continue  # a default is no wish
        yield Problem(_ARGUMENTS.get(field, f"proxy.{field}"), reason, 'Use proxy.kind "nginx".')


_SERVICE_NAME: TypeAdapter[str] = TypeAdapter(ServiceName)


def _name(component: str, args: SidecarDeploymentArgs) -> Iterator[Problem]:
    try:
        _SERVICE_NAME.validate_python(planned.service_name(component, args))
    except ValidationError:
        reason = "the component's name cannot be the name of its Service"
        yield Problem("service.name", reason, "Set service.name, or give the component a name that can.", component)


def _parts(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    if args.proxy is None and not args.sidecars:
        yield Problem("proxy", "is missing", 'Give {"kind": "nginx"} or {"kind": "apache"}, or other `sidecars`.')
    names = [layout.APP_CONTAINER, *([layout.PROXY_CONTAINER] if args.proxy else [])]
    names += [layout.EXPORTER_CONTAINER] if args.certificate_alert else []
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
        return
    if app.port is not None and protocol.socket is not None:
        yield Problem("app.protocol.socket", "is set beside app.port", "Give the one on which the app listens.")
    if app.port is None and planned.socket_path(app) is None:
        remedy = "Give the port that the app listens on, or app.protocol.socket."
        yield Problem("app.port", "is missing", remedy)
    if isinstance(protocol, Grpc) and not proxy.http2:
        yield Problem("proxy.http2", "is off, and gRPC needs it", "Leave it on.")
    path = unquote(app.health_path or "", errors="replace")
    if not isinstance(protocol, Uwsgi | FastCgi | Grpc):
        return
    if any(not 32 <= ord(character) < 127 or character in '$"\\\\' for character in path):
        reason = "has an escape that cannot be passed on decoded"
        yield Problem("app.health_path", reason, "Use a plainer path.", app.health_path)
    if isinstance(protocol, Uwsgi | FastCgi) and protocol.mount and not path.startswith(f"{protocol.mount}/"):
        reason = f"does not lie below {protocol.mount}, where the app is mounted"
        if app.health_path is not None:
            yield Problem("app.health_path", reason, "Give the path as clients write it.", app.health_path)


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
    for sidecar, container in args.sidecars.items():
        wanted |= {f'sidecars["{sidecar}"].ports["{name}"]': port for name, port in container.ports.items()}
    seen: dict[int, str] = {}
    for path, port in wanted.items():
        if port is not None and port in seen:
            yield Problem(path, f"is the same port as {seen[port]}", "The containers share a network: move one.", port)
        if port is not None:
            seen.setdefault(port, path)
    if args.proxy and args.proxy.redirect_http and planned.service_port(args) == args.service.http_port:
        yield Problem("service.http_port", "is the same port as service.port", "Move one.", args.service.http_port)


def _containers(args: SidecarDeploymentArgs) -> Iterator[tuple[str, Container]]:
    yield "app", args.app
    for field, containers in (("sidecars", args.sidecars), ("init_containers", args.init_containers)):
        for name, container in containers.items():
            yield f'{field}["{name}"]', container


def _volumes(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    everybody = [layout.APP_CONTAINER, *args.sidecars, *args.init_containers]
    for name in args.volumes:
        if name in layout.OUR_VOLUMES or name in [f"{container}-tmp" for container in everybody]:
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
    socket = planned.socket_path(args.app)
    if socket is not None and posixpath.dirname(socket) in ("/", "/tmp", "/run", "/var/run", "/etc", "/usr", "/dev"):  # noqa: S108
        reason = "lies in a folder that is not the app's alone, and its folder becomes a shared volume"
        yield Problem("app.protocol.socket", reason, "Put it into a folder of its own, as /run/app/app.sock.", socket)


def _labels(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    if layout.COMPONENT_LABEL in args.labels:
        yield Problem(f'labels["{layout.COMPONENT_LABEL}"]', "is the label of the selector", "Use another key.")
    if layout.CONFIG_ANNOTATION in args.annotations:
        yield Problem(f'annotations["{layout.CONFIG_ANNOTATION}"]', "is set by the component", "Use another key.")


def _grace(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    grace, drain = args.termination_grace_seconds, args.drain_seconds if args.proxy else 0
    needed = layout.SETTLE_SECONDS + drain + args.app.stop_seconds
    if grace is not None and grace < needed:
        reason = (
            f"is too short: {layout.SETTLE_SECONDS} s until no connection comes any more, drain_seconds {drain} "
            f"and app.stop_seconds {args.app.stop_seconds} make {needed}"
        )
        yield Problem("termination_grace_seconds", reason, "Raise it, or lower the others.", grace)


def _users(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    theirs = planned.APACHE_USER if isinstance(args.proxy, Apache) else planned.NGINX_USER if args.proxy else None
    for path, container in _containers(args):
        if args.share_process_namespace and container.user == theirs:
            reason = "is the proxy's, and with share_process_namespace its key could be read through /proc"
            yield Problem(f"{path}.user", reason, "Choose another user.", container.user)
    for path, container in _containers(args):
        # The default group is no wish of the user's; pod.py leaves it out with user "image".
        if container.user == "image" and "group" in container.model_fields_set and container.group != "image":
            reason = f"is set while {path}.user is left to the image"
            yield Problem(f"{path}.group", reason, 'Set both, or the group to "image" too.', container.group)


def _tls(component: str, args: SidecarDeploymentArgs, proxy: Proxy) -> Iterator[Problem]:
    policy, tls = POLICIES[proxy.tls_profile], args.tls
    if isinstance(tls, Leaf) and proxy.tls_profile == "modern":
        if tls.validity_days > policy.max_validity_days:
            reason = f"is longer than the {policy.max_validity_days} days of the modern TLS profile"
            remedy = f'Use at most {policy.max_validity_days}, or proxy.tls_profile "intermediate".'
            yield Problem("tls.validity_days", reason, remedy, tls.validity_days)
        if not tls.algorithm.startswith("ECDSA"):
            reason = "is none of the modern TLS profile's, which takes ECDSA"
            remedy = 'Use "ECDSA-P256", or proxy.tls_profile "intermediate".'
            yield Problem("tls.algorithm", reason, remedy, tls.algorithm)
    if isinstance(tls, Off):
        yield from _without_tls(args, proxy)
    if isinstance(tls, Issued) and tls.ca is not None:
        for field in ("ca_validity_days", "ca_generation", "also_trust_generations"):
            if field in tls.model_fields_set:
                yield Problem(f"tls.{field}", "is the shared CA's own matter", "Give it to the CertificateAuthority.")
    if isinstance(tls, CertManager) and not tls.service_names and not _asked_names(args):
        remedy = "Give tls.dns_names, or leave tls.service_names on."
        yield Problem("tls.service_names", "is off, and there is no other name for the certificate", remedy)
    if args.certificate_alert and isinstance(tls, Leaf) and args.certificate_alert.alert_days >= tls.renew_before_days:
        reason = f"is no later than the renewal, {tls.renew_before_days} days before the certificate's end"
        remedy = "Make it smaller: half of tls.renew_before_days, say."
        yield Problem("certificate_alert.alert_days", reason, remedy, args.certificate_alert.alert_days)
    own_ca = args.client_auth is not None and isinstance(args.client_auth.ca, ClientCaOwn)
    if own_ca and isinstance(tls, OwnCertificate) and tls.ca_cert_pem is None:
        remedy = 'Give tls.ca_cert_pem, or client_auth.ca as "pem" or "config_map".'
        yield Problem("client_auth.ca", "is the component's own, and tls.kind certificate brings none", remedy)
    if proxy.unknown_names == "refuse":
        yield from _late_names(args)
    yield from _known_pem(component, args)


def _needing_a_proxy(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    for field in ("client_auth", "certificate_alert", "tls"):
        value = getattr(args, field)
        if field in args.model_fields_set and value is not None and not isinstance(value, Off):
            yield Problem(field, "needs a proxy", 'Add one: {"kind": "nginx"}.')


def _without_tls(args: SidecarDeploymentArgs, proxy: Proxy) -> Iterator[Problem]:
    unusable = {
        "client_auth": args.client_auth is not None,
        "certificate_alert": args.certificate_alert is not None,
        "proxy.redirect_http": proxy.redirect_http,
        "proxy.unknown_names": proxy.unknown_names == "refuse",
        "app.protocol": isinstance(args.app.protocol, Grpc),
    }
    for path, asked in unusable.items():
        if asked:
            yield Problem(path, 'needs TLS, and tls.kind is "off"', "Leave it out, or choose another tls.kind.")


def _asked_names(args: SidecarDeploymentArgs) -> list[object]:
    named = [*args.tls.dns_names, *args.tls.ip_addresses] if isinstance(args.tls, Named) else []
    return [*named, *([] if args.service.external_host is None else [args.service.external_host])]


def _late_names(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    names = args.tls.dns_names if isinstance(args.tls, Named) else ()
    for path, host in [
        *((f"tls.dns_names[{index}]", name) for index, name in enumerate(names)),
        ("service.external_host", args.service.external_host or ""),
    ]:
        if not isinstance(host, str):
            reason = 'is an Output, and proxy.unknown_names "refuse" needs it in the configuration'
            yield Problem(path, reason, "Give a plain value.")
    if isinstance(args.tls, ExistingSecret):
        reason = "needs the certificate's names, which an existing Secret does not tell"
        yield Problem("proxy.unknown_names", reason, 'Use "serve".', "refuse")


def _known_pem(component: str, args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """PEM that is known now is looked into now; what comes as an Output, when it resolves (certificates.py)."""
    found: list[tuple[str, str, str]] = []
    match args.tls:
        case OwnCertificate(cert_pem=str(cert), private_key_pem=key) as own:
            space = args.namespace if isinstance(args.namespace, str) else None
            usual = [f"{planned.service_name(component, args)}.{space}.svc"] if space else []
            hosts = [*own.dns_names, *own.ip_addresses] or usual
            known = [host for host in hosts if isinstance(host, str)]
            found = pem.certificate_faults(cert, key if isinstance(key, str) else None, known)
        case SignedBy(ca_cert_pem=str(cert), ca_private_key_pem=key):
            known = [planned.service_name(component, args)]
            found = pem.authority_faults(cert, key if isinstance(key, str) else None, known)
        case _:
            return
    yield from (Problem(f"tls.{field}", reason, remedy) for field, reason, remedy in found)


def _proxy(proxy: Proxy) -> Iterator[Problem]:
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
        if files.url_path in seen:
            yield Problem(f"proxy.static[{index}].url_path", "is served twice", "Choose another.", files.url_path)
        seen.add(files.url_path)
