"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import NotRequired, TypedDict

from pulumi import Input

from pulumi_sidecar.plugin.types.enums import PeersKind


class Peers(TypedDict):
    """Those who may connect, tagged by `kind`."""

    kind: PeersKind
    """Which of them it is."""
    match_labels: NotRequired[dict[str, Input[str]]]
    """(Kind "pods") Only pods with these labels."""
    namespaces: NotRequired[list[Input[str]]]
    """(Kind "pods") Pods of these namespaces, in place of the component's own."""
    namespace_labels: NotRequired[dict[str, Input[str]]]
    """(Kind "pods") Pods of the namespaces with these labels."""
    all_namespaces: NotRequired[bool]
    """(Kind "pods") Pods of every namespace. Default: false."""
    cidr: NotRequired[Input[str]]
    """(Kind "addresses") Required. A network in CIDR notation."""
    except_cidrs: NotRequired[list[Input[str]]]
    """(Kind "addresses") Networks within it that are left out."""


class NetworkPolicy(TypedDict):
    """A NetworkPolicy: from outside the pod nothing but the port for clients can be reached.

    The network plugin must enforce it. The kubelet's probes are let through by every plugin that does. What the
    pods themselves connect to is not touched.
    """

    allow_from: NotRequired[list[Peers]]
    """Who may connect to the HTTPS port, and to that for plain HTTP (`proxy.redirectHttp`). By default everybody."""
    allow_metrics_from: NotRequired[list[Peers]]
    """Who may connect to ports of metrics: `metrics.exporter.port`, `certificateAlert.port`, and those of other
    `sidecars`. By default nobody.
    """
