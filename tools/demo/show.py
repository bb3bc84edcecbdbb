"""What the demo prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_WHAT_FOR = {
    "app.py": "the app, one file that speaks only HTTP",
    "nginx.conf": "the proxy's configuration",
    "httpd.conf": "the proxy's configuration",
    "tls.key": "certificate, its key, and the CA",
}


class Screen:
    """Where it all goes: as wide as the terminal, plain where there is none."""

    def __init__(self) -> None:
        plain = Console()
        self.console = plain if plain.is_terminal else Console(width=100)

    def title(self, text: str) -> None:
        """A heading."""
        self.console.print(Text(f"\n{text}", style="bold"))

    def line(self, text: str, style: str = "") -> None:
        """A line below a heading."""
        self.console.print(Padding(Text(text, style=style), (0, 0, 0, 2), expand=False))

    def pairs(self, rows: Mapping[str, str]) -> None:
        """Names with what belongs to each."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for name, text in rows.items():
            table.add_row(name, Text(text))
        self.console.print(Padding(table, (0, 0, 0, 2), expand=False))

    def objects(self, objects: Sequence[Mapping[str, Any]]) -> None:
        """The Kubernetes objects."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
        table.add_column("Kind", style="cyan", no_wrap=True)
        table.add_column("Name", overflow="fold")
        table.add_column("What for")
        for each in objects:
            table.add_row(each["kind"], Text(each["metadata"]["name"]), Text(_what_for(each)))
        self.console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _what_for(each: Mapping[str, Any]) -> str:
    spec = each.get("spec") or {}
    match each["kind"]:
        case "Service":
            ports = ", ".join(f"{port['port']} → {port['targetPort']}" for port in spec["ports"])
            return f"the way to the pods: {ports}"
        case "Deployment":
            containers = " + ".join(container["name"] for container in spec["template"]["spec"]["containers"])
            replicas = spec.get("replicas", 1)
            return f"{replicas} pod{'s' if replicas != 1 else ''} of {containers}"
    keys = [key for name in ("data", "stringData", "binaryData") for key in each.get(name) or {}]
    return next((_WHAT_FOR[key] for key in keys if key in _WHAT_FOR), ", ".join(keys))


def certificate(pem: bytes, ca_pem: bytes) -> dict[str, str]:
    """Names and ends of a certificate and its CA."""
    leaf, ca = x509.load_pem_x509_certificate(pem), x509.load_pem_x509_certificate(ca_pem)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {
        "names": ", ".join(str(name.value) for name in names),
        "ends": f"{_days_left(leaf)} ({leaf.not_valid_after_utc:%Y-%m-%d}); a `pulumi up` renews it in time",
        "CA": f"{ca.subject.rfc4514_string()}, {_days_left(ca)}",
    }


def _days_left(of: x509.Certificate) -> str:
    return f"{round((of.not_valid_after_utc - datetime.now(UTC)).total_seconds() / 86400)} days left"
