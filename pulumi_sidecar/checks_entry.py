"""Arguments about ways in from outside that are right one by one, and do not go together."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_sidecar.args.app import Grpc
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.entry import HttpRoute, TlsRoute
from pulumi_sidecar.args.tls import Off
from pulumi_sidecar.errors import Problem
from pulumi_sidecar.proxy_site import knows_ca


def problems(args: SidecarDeploymentArgs) -> Iterator[Problem]:
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
    if not plain:
        yield from _verification(args)
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


def _verification(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    ingress = args.ingress
    if ingress is None or ingress.mode != "reencrypt" or ingress.controller == "other" or not ingress.verify:
        return
    if not knows_ca(args.tls):
        reason = f'needs the CA of the pod\'s certificate, which tls.kind "{args.tls.kind}" does not tell'
        yield Problem("ingress.verify", reason, "Give tls.ca_cert_pem, or switch verification off.", True)
