"""What is said when a proxy has started: where it is, and how to be trusted by it and to trust it."""

from __future__ import annotations

import shlex
from pathlib import Path

from pulumi_sidecar import layout
from pulumi_sidecar.serving.session import Served


def banner(served: Served, kept: Path) -> str:
    """Lines for a terminal. No secret is in them, only where it lies."""
    container = served.container
    lines = ["", f"{container.name}: {served.proxy.server}, in front of the app at {served.app}", ""]
    lines += [f"  {served.url}", f"  {_curl(served)}", ""]
    notes = [f"{note}." for note in served.notes]
    lines += [f"  {each}" for each in [*_trust(served, kept), *notes, *_remarks(served), "Ctrl-C ends it."]]
    return "\n".join([*lines, ""])


def _curl(served: Served) -> str:
    words = ["curl"]
    trust = served.trust
    if trust.ca:
        words += ["--cacert", str(trust.ca)]
    if trust.asks_clients:
        cert, key = map(str, trust.client) if trust.client else ("CLIENT.crt", "CLIENT.key")
        words += ["--cert", cert, "--key", key]
    if trust.host != "localhost":
        words += ["--resolve", f"{trust.host}:{served.port}:127.0.0.1"]
    if served.container.proxy_protocol:
        words.append("--haproxy-protocol")
    return shlex.join([*words, served.url])


def _trust(served: Served, kept: Path) -> list[str]:
    if served.scheme != layout.HTTPS:
        return ["TLS is off in the program: this is plain HTTP."]
    lines = ["Without --cacert it is trusted if the system trusts who signed the certificate."]
    if served.trust.ca:
        lines = [f"For a browser import {served.trust.ca.name} out of that folder, as an authority for web sites."]
    lines += [
        f"Keys and certificates stay in {kept} for the next run,",
        "closed to others; `pulumi-sidecar serve DIR --forget` removes them.",
    ]
    if served.trust.asks_clients and not served.trust.client:
        lines.append("Clients are asked for a certificate of a CA whose key is not in the program: bring one along.")
    return lines


def _remarks(served: Served) -> list[str]:
    lines = []
    if redirect := served.proxy.ports.get(layout.HTTP) if served.scheme == layout.HTTPS else None:
        lines.append(f"http://localhost:{redirect}/ redirects as in the cluster: to the Service's port.")
    for path, files in served.container.volumes.items():
        if files is None and path.startswith(f"{layout.STATIC_DIR}/"):
            lines.append(
                f"static files of the volume {path.rpartition('/')[2]!r} are not here: those paths answer 404."
            )
    return lines
