"""A component that asks for client certificates, running, and clients of every sort."""

from __future__ import annotations

import ssl
from typing import Any

from tests.support.pairs import ProxyKind
from tests.support.pki import Ca, Pair, trusting
from tests.support.rendered import Rendered, arguments, deployment, quick


class Set:
    """A running component that asks for client certificates of `ca`, and clients of every sort."""

    def __init__(self, proxy: ProxyKind, mode: str, source: str = "pem", **changes: Any) -> None:
        self.ca = Ca("clients")
        kind = {"pem": {"kind": "pem", "pem": self.ca.pem}, "config_map": {"kind": "config_map", "name": "clients"}}
        auth = {"ca": kind[source], "mode": mode, **changes}
        self.run = deployment(arguments(proxy, {"client_auth": auth}))
        theirs = {"clients": {"ca.crt": self.ca.pem}}
        self.proxy = Rendered(self.run.objects(), config_maps=theirs, edit=quick)
        self.clients: dict[str, Pair | None] = {
            "right": self.ca.client("billing"),
            "none": None,
            "wrong CA": Ca("others").client("billing"),
            "CA of the same name": Ca("clients").client("billing"),
            "expired": self.ca.client("billing", (-2, -1)),
            "not yet valid": self.ca.client("billing", (1, 2)),
            "of a server": self.ca.issue("billing"),
        }

    def context(self, client: str, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """A strict client with one of the certificates."""
        return trusting(self.run.outputs["ca_cert_pem"], self.clients[client], version)
