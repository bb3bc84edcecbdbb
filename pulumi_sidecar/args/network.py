"""Who may connect to the pods."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pulumi_sidecar.args.base import Args, Labels
from pulumi_sidecar.fields import DnsLabel, Network, refuse
from pulumi_sidecar.inputs import Value


class PodPeers(Args):
    """Pods of the cluster. Without anything else all pods of the component's own namespace."""

    kind: Literal["pods"] = "pods"
    match_labels: Labels = {}
    """Only pods with these labels."""
    namespaces: tuple[Value[DnsLabel], ...] = ()
    """Pods of these namespaces, in place of the component's own."""
    namespace_labels: Labels = {}
    """Pods of the namespaces with these labels."""
    all_namespaces: bool = False
    """Pods of every namespace."""

    @model_validator(mode="after")
    def _one_way(self) -> PodPeers:
        names = ("namespaces", "namespace_labels", "all_namespaces")
        given = [name for name in names if getattr(self, name)]
        if len(given) > 1:
            raise refuse(f"has {' and '.join(given)}", "Name the namespaces in one way.")
        return self


class AddressPeers(Args):
    """Addresses, of clients outside the cluster: those of pods change."""

    kind: Literal["addresses"] = "addresses"
    cidr: Value[Network]
    """A network in CIDR notation."""
    except_cidrs: tuple[Value[Network], ...] = ()
    """Networks within it that are left out."""

    @model_validator(mode="after")
    def _within(self) -> AddressPeers:
        if isinstance(self.cidr, str):
            whole = ipaddress.ip_network(self.cidr)
            for part in (ipaddress.ip_network(each) for each in self.except_cidrs if isinstance(each, str)):
                if part.version != whole.version or not part.subnet_of(whole) or part == whole:  # type: ignore[arg-type]
                    raise refuse(f"leaves out {part}, which is no part of {whole}", "Leave out networks within it.")
        return self


Peers = Annotated[PodPeers | AddressPeers, Field(discriminator="kind")]
"""Those who may connect, tagged by `kind`."""


class NetworkPolicy(Args):
    """A NetworkPolicy: from outside the pod nothing but the port for clients can be reached.

    The network plugin must enforce it. The kubelet's probes are let through by every plugin that does. What the pods
    themselves connect to is not touched.
    """

    allow_from: tuple[Peers, ...] = ()
    """Who may connect to the HTTPS port, and to that for plain HTTP (`proxy.redirect_http`). By default everybody."""
    allow_metrics_from: tuple[Peers, ...] = ()
    """Who may connect to ports of metrics: `metrics.exporter.port`, `certificate_alert.port`, and those of other
    `sidecars`. By default nobody."""
