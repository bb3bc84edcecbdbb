"""Arguments about ways in from outside that are right one by one, and do not go together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pulumi_sidecar.args.app import Grpc
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.entry import HttpRoute, TlsRoute
from pulumi_sidecar.args.tls import CertManager, Issued, Named, Off, OwnCertificate, SignedBy
from pulumi_sidecar.errors import Problem
from pulumi_sidecar.fields import is_ip
from pulumi_sidecar.plan import service_name
from pulumi_sidecar.proxy_site import knows_ca, outside_hosts


def problems(component: str, args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """What does not go together about `ingress` and `gateway`."""
    for path in ("ingress", "gateway"):
        if getattr(args, path) is not None and args.proxy is None and args.app.port is None:
            yield Problem(path, "leads to the Service, and there is none without app.port", "Give the app's port.")
    passing = {
        "ingress.mode": args.ingress is not None and args.ingress.mode == "passthrough",
        "gateway.kind": isinstance(args.gateway, TlsRoute),
    }
    ending = {
        "ingress": args.ingress is not None and args.ingress.mode == "reencrypt",
        "gateway": isinstance(args.gateway, HttpRoute),
    }
    plain = args.proxy is None or isinstance(args.tls, Off)
    for path in (path for path, asked in passing.items() if asked and plain):
        remedy = "Add a proxy with TLS, or choose another."
        yield Problem(path, "passes TLS through to the pod, which speaks none", remedy)
    required = args.client_auth is not None and args.client_auth.mode == "required"
    for path in (path for path, asked in ending.items() if asked and required):
        remedy = 'Pass TLS through (ingress.mode "passthrough", gateway.kind "tls_route"), or make it "optional".'
        reason = f"asks for a client's certificate, and `{path}` has none"
        yield Problem("client_auth.mode", reason, remedy, "required")
    if args.proxy is not None and args.proxy.proxy_protocol:
        yield from _proxy_protocol(args)
    yield from _hosts(args)
    if not plain:
        yield from _verification(args)
        yield from _server_name(component, args)
    route = args.gateway
    if isinstance(route, HttpRoute) and route.path != "/" and isinstance(args.app.protocol, Grpc):
        yield Problem(
            "gateway.path", "is of no use to gRPC, whose paths are its methods", 'Leave it at "/".', route.path
        )


def _proxy_protocol(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    sends_none = {
        "ingress": args.ingress is not None and args.ingress.controller in ("nginx", "traefik"),
        "gateway": args.gateway is not None,
    }
    for path, asked in sends_none.items():
        if asked:
            reason = f"waits for a header that `{path}` does not send"
            yield Problem("proxy.proxy_protocol", reason, "Switch it off.", True)


def _hosts(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """Objects of Kubernetes take names in lower case only."""
    for path, entry in (("ingress", args.ingress), ("gateway", args.gateway)):
        for index, host in enumerate(entry.hosts if entry is not None else ()):
            if isinstance(host, str) and (is_ip(host) or host != host.lower()):
                remedy = "Give a host name in lower case."
                yield Problem(f"{path}.hosts[{index}]", "is none that Kubernetes takes here", remedy, host)


def names_of_pod(args: SidecarDeploymentArgs) -> list[Any] | None:
    """Names by which the pod's certificate can be verified; None where the Service's own is one of them."""
    match args.tls:
        case OwnCertificate(dns_names=names, ip_addresses=addresses) if names or addresses:
            found = [*names, *outside_hosts(args).values()]
        case CertManager(dns_names=names, service_names=False):
            found = [*names, *outside_hosts(args).values()]
        case _:
            return None
    return [name for name in found if not isinstance(name, str) or not (is_ip(name) or name.startswith("*."))]


def _server_name(component: str, args: SidecarDeploymentArgs) -> Iterator[Problem]:
    """What verifies the pod goes by a name that its certificate has."""
    verifying = {
        "ingress": args.ingress is not None
        and args.ingress.mode == "reencrypt"
        and args.ingress.verify
        and args.ingress.controller in ("nginx", "traefik"),
        "gateway": isinstance(args.gateway, HttpRoute),
    }
    for path in (path for path, asked in verifying.items() if asked):
        name = getattr(args, path).server_name
        if name is None and names_of_pod(args) == []:
            reason = "is missing, and the certificate has no host name that could take its place"
            yield Problem(f"{path}.server_name", reason, "Give it, or a host name in tls.dns_names.")
        elif isinstance(name, str) and isinstance(args.tls, Issued | SignedBy) and not _covers(component, args, name):
            reason = "is no name of the certificate that is made here"
            yield Problem(f"{path}.server_name", reason, "Add it to tls.dns_names.", name)


def _covers(component: str, args: SidecarDeploymentArgs, name: str) -> bool:
    """So far as it is known: namespaces and names may be Outputs. Case makes no other name."""
    found = [*args.tls.dns_names, *outside_hosts(args).values()] if isinstance(args.tls, Named) else []
    late = any(not isinstance(each, str) for each in found)
    given = {each.lower() for each in found if isinstance(each, str)}
    first, *rest = name.lower().split(".")
    here = not rest or not isinstance(args.namespace, str) or rest[0] == args.namespace
    of_service = first == service_name(component, args) and here and (len(rest) < 2 or rest[1] == "svc")
    return late or of_service or name.lower() in {"localhost", *given} or f"*.{'.'.join(rest)}" in given


def _verification(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    ingress = args.ingress
    if ingress is None or ingress.mode != "reencrypt" or ingress.controller == "other" or not ingress.verify:
        return
    if not knows_ca(args.tls):
        reason = f'needs the CA of the pod\'s certificate, which tls.kind "{args.tls.kind}" does not tell'
        yield Problem("ingress.verify", reason, "Give tls.ca_cert_pem, or switch verification off.", True)
