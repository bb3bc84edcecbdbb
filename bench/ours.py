"""The proxies of pulumi_sidecar, with the configuration and the files that the pod gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

from bench.load import MissingToolError
from bench.site import free_port
from pulumi_sidecar import SidecarDeployment, layout, local, offline, proxies, servers


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
    try:
        server = servers.find(found.kind)
    except servers.MissingServerError as error:
        raise MissingToolError(str(error)) from error
    folder.mkdir()
    ports = {name: free_port() for name in found.ports}
    return local.materialise(found, server, folder, ports | ({proxies.APP: app_port} if app_port else {}))


@contextmanager
def started(proxy: local.LocalProxy) -> Iterator[Popen[bytes]]:
    """The server at work."""
    with proxy.started() as process:
        yield process


def port(proxy: local.LocalProxy) -> int:
    """Where clients reach it."""
    return proxy.ports["https"]


def certificate(found: proxies.Container) -> tuple[bytes, bytes]:
    """Certificate and key of the component, which all peers use as well."""
    files = found.volumes[layout.TLS_DIR] or {}
    return files["tls.crt"], files["tls.key"]
