"""The proxies of pulumi_sidecar, with the configuration and the files that the pod gets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.site import find
from pulumi_sidecar import SidecarDeployment, layout, local, offline, ports, proxies


def container(args: Mapping[str, Any]) -> proxies.Container:
    """The proxy of a component with these arguments, out of its Kubernetes objects."""

    def program() -> None:
        SidecarDeployment("web", args)  # type: ignore[arg-type]  # put together at run time

    (found,) = proxies.containers(offline.run(program).objects())
    return found


def http(kind: str, **proxy: Any) -> proxies.Container:
    """In front of an app that speaks HTTP on a port."""
    return container({"app": {"image": "app", "port": 8080}, "proxy": {"kind": kind, **proxy}})


def place(found: proxies.Container, folder: Path, app_port: int | None = None) -> local.LocalProxy:
    """Its files in a folder. Raises MissingToolError where the server is missing."""
    server = find(found.kind)
    folder.mkdir()
    free = ports.free_ports(dict.fromkeys(found.ports, 0))
    return local.materialise(found, server, folder, free | ({proxies.APP: app_port} if app_port else {}))


def port(proxy: local.LocalProxy) -> int:
    """Where clients reach it."""
    return proxy.ports["https"]


def certificate(found: proxies.Container) -> tuple[bytes, bytes]:
    """Certificate and key of the component, which all peers use as well."""
    files = found.volumes[layout.TLS_DIR] or {}
    return files["tls.crt"], files["tls.key"]
