"""For Pulumi's analyzer. Written by `make generate` out of the models of the arguments."""

from typing import Any, NotRequired, TypedDict


class Metrics(TypedDict):
    """What the proxy counts: requests and connections by state; Apache also bytes, time, and what its workers do.

    Neither server counts errors by status: nginx's stub_status and Apache's mod_status have no such numbers. The
    access log has the status of every request, as JSON; count there what was answered with 5xx. The kubelet's
    probes and the exporter's own questions are among the requests counted.
    """

    local_port: NotRequired[int]
    """The proxy's port on 127.0.0.1 that tells the counts: /stub_status (nginx), /server-status?auto (Apache). By
    default 9145, or the next that is free. Only containers of the pod reach it.
    """
    exporter: NotRequired[Any]
    """The exporter. false: none, for one of your own among `sidecars`. As an object (Exporter): `image`, `port`,
    `scrape`, `intervalSeconds`, `labels`, `resources`.
    """
