"""Ways in from outside the cluster: an Ingress, or a route of a Gateway. TLS is kept up to the pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import pulumi
from pulumi_kubernetes import apiextensions, core, networking

from pulumi_sidecar import checks_entry
from pulumi_sidecar.args.app import Grpc
from pulumi_sidecar.args.entry import HttpRoute, Ingress, Parent, TlsRoute
from pulumi_sidecar.build import Build
from pulumi_sidecar.certificates import Material

_GATEWAY_API = "gateway.networking.k8s.io"


def service_annotations(build: Build, namespace: pulumi.Output[str]) -> dict[str, Any]:
    """What Traefik wants to read at the Service, under the user's own."""
    args = build.args.ingress
    own = dict(build.args.service.annotations)
    if args is None or args.controller != "traefik" or not _speaks_tls(build):
        return own
    transport = pulumi.Output.concat(namespace, "-", _transport(build), "@kubernetescrd")
    traefik = "traefik.ingress.kubernetes.io/service."
    return {f"{traefik}serversscheme": "https", f"{traefik}serverstransport": transport, **own}


def ingress(build: Build, material: Material, namespace: pulumi.Output[str]) -> networking.v1.Ingress | None:
    """`NAME-ingress` and what it verifies the pod by; None where none is asked for."""
    args = build.args.ingress
    if args is None:
        return None
    if args.mode == "reencrypt":
        _hint(build, "ingress")
    backend = networking.v1.IngressBackendArgs(
        service=networking.v1.IngressServiceBackendArgs(
            name=build.plan.name, port=networking.v1.ServiceBackendPortArgs(name=build.plan.scheme)
        )
    )
    paths = [networking.v1.HTTPIngressPathArgs(path=args.path, path_type="Prefix", backend=backend)]
    return networking.v1.Ingress(
        f"{build.name}-ingress",
        metadata=build.metadata(
            annotations={**_annotations(build, args, material, namespace), **args.annotations},
        ),
        spec=networking.v1.IngressSpecArgs(
            ingress_class_name=args.class_name,
            tls=[networking.v1.IngressTLSArgs(hosts=list(args.hosts), secret_name=args.tls_secret)],
            rules=[
                networking.v1.IngressRuleArgs(host=host, http=networking.v1.HTTPIngressRuleValueArgs(paths=paths))
                for host in args.hosts
            ],
        ),
        opts=build.opts,
    )


def _speaks_tls(build: Build) -> bool:
    return build.plan.proxy is not None and build.plan.proxy.site.tls is not None


def _hint(build: Build, path: str) -> None:
    if build.args.proxy is not None and not build.args.proxy.trusted_proxies:
        remedy = "name the networks of its pods in proxy.trusted_proxies"
        pulumi.log.info(
            f"{build.subject}: to the app every client has the address of `{path}`: {remedy}", build.opts.parent
        )


def _server_name(build: Build, asked: Any, namespace: pulumi.Output[str]) -> Any:
    """A name of the pod's certificate."""
    if asked is not None:
        return asked
    if names := checks_entry.names_of_pod(build.args):
        return names[0]
    return pulumi.Output.concat(build.plan.name, ".", namespace, ".svc")


# --- controllers ------------------------------------------------------------------------------------------------------


def _annotations(build: Build, args: Ingress, material: Material, namespace: pulumi.Output[str]) -> Mapping[str, Any]:
    """How the controller is told to speak TLS to the pod, or to pass it through."""
    if not _speaks_tls(build) or args.controller == "other":
        return {}
    grpc = isinstance(build.args.app.protocol, Grpc)
    if args.mode == "passthrough":
        prefix = {"nginx": "nginx.ingress.kubernetes.io", "haproxy": "haproxy.org"}[args.controller]
        return {f"{prefix}/ssl-passthrough": "true"}
    ca = _ca_secret(build, material) if args.verify else None
    reference = pulumi.Output.concat(namespace, "/", ca.metadata.apply(_name)) if ca else None
    name = _server_name(build, args.server_name, namespace)
    match args.controller:
        case "nginx":
            return _nginx(reference, name, grpc)
        case "haproxy":
            verified = {"haproxy.org/server-ca": reference} if reference is not None else {}
            return {
                "haproxy.org/server-ssl": "true",
                **verified,
                **({"haproxy.org/server-proto": "h2"} if grpc else {}),
            }
        case "traefik":
            _servers_transport(build, ca.metadata.apply(_name) if ca else None, name)
            return {"traefik.ingress.kubernetes.io/router.tls": "true"}
        case _:
            assert_never(args.controller)


def _name(metadata: Any) -> Any:
    return getattr(metadata, "name", None)


def _nginx(ca: Any, name: Any, grpc: bool) -> dict[str, Any]:
    prefix = "nginx.ingress.kubernetes.io"
    verified = {
        f"{prefix}/proxy-ssl-secret": ca,
        f"{prefix}/proxy-ssl-verify": "on",
        f"{prefix}/proxy-ssl-verify-depth": "4",
    }
    return {
        f"{prefix}/backend-protocol": "GRPCS" if grpc else "HTTPS",
        f"{prefix}/proxy-ssl-name": name,
        f"{prefix}/proxy-ssl-server-name": "on",
        **(verified if ca is not None else {}),
    }


def _ca_secret(build: Build, material: Material) -> core.v1.Secret:
    """`NAME-entry-ca`: certificates alone, in a Secret because that is where controllers look. ingress-nginx and
    Traefik read ca.crt, haproxytech's tls.crt."""
    data: dict[str, Any] = {"ca.crt": material.ca, "tls.crt": material.ca}
    return core.v1.Secret(f"{build.name}-entry-ca", metadata=build.metadata(), string_data=data, opts=build.opts)


def _transport(build: Build) -> str:
    return f"{build.plan.name}-transport"


def _servers_transport(build: Build, ca: Any, name: Any) -> None:
    trust: dict[str, Any] = {"rootCAs": [{"secret": ca}]} if ca is not None else {"insecureSkipVerify": True}
    apiextensions.CustomResource(
        f"{build.name}-transport",
        api_version="traefik.io/v1alpha1",
        kind="ServersTransport",
        metadata=build.metadata(_transport(build)),  # the Service's annotation names it
        spec={"serverName": name, **trust},
        opts=build.opts,
    )


# --- Gateway API ------------------------------------------------------------------------------------------------------


def route(build: Build, material: Material, namespace: pulumi.Output[str]) -> apiextensions.CustomResource | None:
    """`NAME-route`, and for HTTP the policy by which the Gateway speaks TLS to the pod; None where none is wanted."""
    args = build.args.gateway
    if args is None:
        return None
    backend = [{"name": build.plan.name, "port": build.plan.service_port}]
    match args:
        case TlsRoute(version=version):
            return _route(build, args, "TLSRoute", version, [{"backendRefs": backend}])
        case HttpRoute():
            _hint(build, "gateway")
            if _speaks_tls(build):
                _backend_tls(build, args, material, namespace)
            if isinstance(build.args.app.protocol, Grpc):
                return _route(build, args, "GRPCRoute", "v1", [{"backendRefs": backend}])
            matches = [{"path": {"type": "PathPrefix", "value": args.path}}]
            return _route(build, args, "HTTPRoute", "v1", [{"matches": matches, "backendRefs": backend}])
        case _:
            assert_never(args)


def _route(
    build: Build, args: HttpRoute | TlsRoute, kind: str, version: str, rules: list[dict[str, Any]]
) -> apiextensions.CustomResource:
    return apiextensions.CustomResource(
        f"{build.name}-route",
        api_version=f"{_GATEWAY_API}/{version}",
        kind=kind,
        metadata=build.metadata(annotations=args.annotations),
        spec={
            "parentRefs": [_parent(args.gateway)],
            **({"hostnames": list(args.hosts)} if args.hosts else {}),
            "rules": rules,
        },
        opts=build.opts,
    )


def _parent(args: Parent) -> dict[str, Any]:
    known = {"name": args.name, "namespace": args.namespace, "sectionName": args.listener}
    return {key: value for key, value in known.items() if value is not None}


def _backend_tls(build: Build, args: HttpRoute, material: Material, namespace: pulumi.Output[str]) -> None:
    trust: dict[str, Any] = {"wellKnownCACertificates": "System"}
    if material.ca is not None:
        data = {"ca.crt": material.ca}
        ca = core.v1.ConfigMap(f"{build.name}-gateway-ca", metadata=build.metadata(), data=data, opts=build.opts)
        reference = {"group": "", "kind": "ConfigMap", "name": ca.metadata.apply(_name)}
        trust = {"caCertificateRefs": [reference]}
    apiextensions.CustomResource(
        f"{build.name}-backend-tls",
        api_version=f"{_GATEWAY_API}/v1",
        kind="BackendTLSPolicy",
        metadata=build.metadata(),
        spec={
            "targetRefs": [{"group": "", "kind": "Service", "name": build.plan.name, "sectionName": build.plan.scheme}],
            "validation": {**trust, "hostname": _server_name(build, args.server_name, namespace)},
        },
        opts=build.opts,
    )
