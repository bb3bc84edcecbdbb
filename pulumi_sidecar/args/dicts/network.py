"""The models of `args.network` as dicts. Written by `make generate`: change the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.args.network import AddressPeers, PodPeers


class PodPeersDict(TypedDict):
    """PodPeers as a dict.

    Pods of the cluster. Without anything else all pods of the component's own namespace.
    """

    kind: Literal["pods"]
    """Pods of the cluster. Without anything else all pods of the component's own namespace."""
    match_labels: NotRequired[Mapping[str, Input[str]]]
    """Only pods with these labels."""
    namespaces: NotRequired[Sequence[Input[str]]]
    """Pods of these namespaces, in place of the component's own."""
    namespace_labels: NotRequired[Mapping[str, Input[str]]]
    """Pods of the namespaces with these labels."""
    all_namespaces: NotRequired[bool]
    """Pods of every namespace. Default: False."""


class AddressPeersDict(TypedDict):
    """AddressPeers as a dict.

    Addresses, of clients outside the cluster: those of pods change.
    """

    kind: Literal["addresses"]
    """Addresses, of clients outside the cluster: those of pods change."""
    cidr: Input[str]
    """A network in CIDR notation."""
    except_cidrs: NotRequired[Sequence[Input[str]]]
    """Networks within it that are left out."""


class NetworkPolicyDict(TypedDict):
    """NetworkPolicy as a dict.

    A NetworkPolicy: from outside the pod nothing but the port for clients can be reached.

    The network plugin must enforce it. The kubelet's probes are let through by every plugin that does. What the
    pods themselves connect to is not touched.
    """

    allow_from: NotRequired[Sequence[PodPeersDict | PodPeers | AddressPeersDict | AddressPeers]]
    """Who may connect to the HTTPS port, and to that for plain HTTP (`proxy.redirect_http`). By default everybody."""
    allow_metrics_from: NotRequired[Sequence[PodPeersDict | PodPeers | AddressPeersDict | AddressPeers]]
    """Who may connect to ports of metrics: `metrics.exporter.port`, `certificate_alert.port`, and those of other
    `sidecars`. By default nobody.
    """
