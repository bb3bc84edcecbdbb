"""Arguments about TLS that are right one by one, and do not go together."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_sidecar import pem, proxy_site
from pulumi_sidecar import plan as planned
from pulumi_sidecar.args.app import Grpc
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs
from pulumi_sidecar.args.entry import HttpRoute
from pulumi_sidecar.args.proxy import Proxy
from pulumi_sidecar.args.tls import (
    CertManager,
    ClientCaOwn,
    ClientCaPem,
    ExistingSecret,
    Issued,
    Leaf,
    Named,
    Off,
    OwnCertificate,
    SignedBy,
)
from pulumi_sidecar.errors import Problem
from pulumi_sidecar.proxy.tls_policy import POLICIES


def problems(component: str, args: SidecarDeploymentArgs, proxy: Proxy) -> Iterator[Problem]:
    """What does not go together about certificates."""
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
    yield from _known_pem(component, args, proxy)


def _without_tls(args: SidecarDeploymentArgs, proxy: Proxy) -> Iterator[Problem]:
    unusable = {
        "client_auth": args.client_auth is not None,
        "certificate_alert": args.certificate_alert is not None,
        "proxy.hsts": proxy.hsts is not False and "hsts" in proxy.model_fields_set,
        "proxy.redirect_http": proxy.redirect_http,
        "proxy.unknown_names": proxy.unknown_names == "refuse",
        "app.protocol": isinstance(args.app.protocol, Grpc),
    }
    for path, asked in unusable.items():
        if asked:
            yield Problem(path, 'needs TLS, and tls.kind is "off"', "Leave it out, or choose another tls.kind.")


def _asked_names(args: SidecarDeploymentArgs) -> list[object]:
    named = [*args.tls.dns_names, *args.tls.ip_addresses] if isinstance(args.tls, Named) else []
    return [*named, *proxy_site.outside_hosts(args).values()]


def _late_names(args: SidecarDeploymentArgs) -> Iterator[Problem]:
    for path, host in proxy_site.asked_hosts(args).items():
        if not isinstance(host, str):
            reason = 'is an Output, and proxy.unknown_names "refuse" needs it in the configuration'
            yield Problem(path, reason, "Give a plain value.")
    if isinstance(args.gateway, HttpRoute) and not args.gateway.hosts:
        reason = 'is left to the listener, and proxy.unknown_names "refuse" would refuse every name of it'
        yield Problem("gateway.hosts", reason, "Give the names under which clients come.")
    if isinstance(args.tls, ExistingSecret):
        reason = "needs the certificate's names, which an existing Secret does not tell"
        yield Problem("proxy.unknown_names", reason, 'Use "serve".', "refuse")


def _known_pem(component: str, args: SidecarDeploymentArgs, proxy: Proxy) -> Iterator[Problem]:
    """PEM that is known now is looked into now; what comes as an Output, when it resolves (certificates.py)."""
    tls, policy = args.tls, POLICIES[proxy.tls_profile]
    found: list[tuple[str, str, str]] = []
    match tls:
        case OwnCertificate(cert_pem=str(cert), private_key_pem=key):
            space = args.namespace if isinstance(args.namespace, str) else None
            usual = [f"{planned.service_name(component, args)}.{space}.svc"] if space else []
            hosts = ([*tls.dns_names, *tls.ip_addresses] or usual) + [*proxy_site.outside_hosts(args).values()]
            known = [host for host in hosts if isinstance(host, str)]
            found = pem.certificate_faults(cert, key if isinstance(key, str) else None, known)
            if not found and proxy.tls_profile == "modern":
                found = pem.profile_faults(cert, policy.max_validity_days)
        case SignedBy(ca_cert_pem=str(cert), ca_private_key_pem=key):
            known = [planned.service_name(component, args)]
            found = pem.authority_faults(cert, key if isinstance(key, str) else None, known)
            own = args.client_auth is not None and isinstance(args.client_auth.ca, ClientCaOwn)
            if not found and own and not pem.has_root(cert):
                remedy = "Add the root's certificate to the text, or give client_auth.ca as PEM."
                found = [("ca_cert_pem", "holds no root, without which no client certificate verifies", remedy)]
    yield from (Problem(f"tls.{field}", reason, remedy) for field, reason, remedy in found)
    trusted = getattr(tls, "ca_cert_pem", None)
    if isinstance(trusted, str) and not isinstance(tls, SignedBy):
        yield from (Problem("tls.ca_cert_pem", reason, remedy) for _, reason, remedy in pem.bundle_faults(trusted))
    if args.client_auth is not None and isinstance(args.client_auth.ca, ClientCaPem):
        bundle = args.client_auth.ca.pem
        if isinstance(bundle, str):
            faults = pem.bundle_faults(bundle, authorities=True)
            yield from (Problem("client_auth.ca.pem", reason, remedy) for _, reason, remedy in faults)
