"""Runs the root project, then its proxy and its app on this machine, and asks them a question over HTTPS.

Exit codes: 0 done, 1 something failed, 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from pulumi_sidecar import layout, local, ports, processes, proxies, servers
from tools.demo import engine, show

_TRIES = 3
_APP_FILE = engine.ROOT / "examples" / "https_nginx" / "app.py"


class DemoError(Exception):
    """The demo cannot go on. The text says why."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=engine.__doc__)
    parser.add_argument("--context", metavar="NAME", help="deploy to the cluster of this kubeconfig context, too")
    parser.add_argument("--keep", action="store_true", help="keep app and proxy running until Ctrl-C")
    options = parser.parse_args()
    screen = show.Screen()
    try:
        with processes.stoppable():
            _demo(screen, options.context, options.keep)
    except processes.Stopped as stopped:
        screen.title("Stopped. Nothing is left behind.")
        return stopped.exit_code
    except (DemoError, engine.EngineError, proxies.LocalError, servers.MissingServerError, httpx.HTTPError) as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    screen.title("Done. App and proxy are stopped, nothing is left behind.")
    return 0


def _demo(screen: show.Screen, context: str | None, keep: bool) -> None:
    with _declared(screen, context) as declared:
        container = next(iter(proxies.containers(declared.objects)), None)
        if container is None:
            raise DemoError("the root project declares no proxy")
        certificate, ca = container.tls_file("tls.crt"), str(declared.outputs["ca_cert_pem"])
        screen.objects(declared.objects)
        if certificate:
            screen.title("Certificate")
            screen.pairs(show.certificate(certificate, ca.encode()))
        screen.title("Endpoints")
        screen.pairs(declared.outputs["endpoints"])
        with _running(container, ca) as (proxy, folder):
            screen.title("On this machine")
            app, https = proxy.ports[proxies.APP], proxy.ports[layout.HTTPS]
            screen.line(f"https://127.0.0.1:{https} ({proxy.server}) → http://127.0.0.1:{app} (app.py)")
            _ask(screen, declared.outputs["url"], https, ca)
            if keep:
                _keep(screen, declared.outputs["url"], https, folder)


@contextmanager
def _declared(screen: show.Screen, context: str | None) -> Iterator[engine.Declared]:
    """By the engine where it is there and works, else offline; to a cluster by the engine only."""
    cli = shutil.which("pulumi")
    if cli is None:
        if context:
            raise DemoError("a cluster needs the Pulumi CLI, and there is no pulumi on the PATH")
        screen.title("No pulumi on the PATH: rendered offline, with the same program.")
        yield engine.rendered()
        return
    with contextlib.ExitStack() as stack:
        try:
            with screen.console.status("pulumi up …"):
                declared = stack.enter_context(engine.deployed(cli, context))
            where = f"the cluster of context {context}, until the demo ends" if context else "YAML files"
            screen.title(f"pulumi up: to {where}.")
        except engine.EngineError as error:
            if context:
                raise
            declared = engine.rendered()
            screen.title("pulumi is here, but could not do it: rendered offline, with the same program.")
            screen.line(f"{error}\n", style="yellow")
        yield declared


@contextmanager
def _running(container: proxies.Container, ca: str) -> Iterator[tuple[local.LocalProxy, Path]]:
    """App and proxy, on the container's ports or on others where those are taken; a folder with the CA's file."""
    with contextlib.ExitStack() as stack:
        for _ in range(_TRIES - 1):
            # Somebody may take a port between our look and our start: another demo, say.
            with contextlib.suppress(DemoError, proxies.LocalError):
                running = stack.enter_context(_on_free_ports(container, ca))
                break
        else:
            running = stack.enter_context(_on_free_ports(container, ca))
        yield running


@contextmanager
def _on_free_ports(container: proxies.Container, ca: str) -> Iterator[tuple[local.LocalProxy, Path]]:
    server, chosen = servers.find(container.kind), ports.free_ports(container.ports)
    with processes.temporary_folder() as folder, processes.temporary_folder() as own:
        (own / "ca.crt").write_text(ca)
        proxy = local.materialise(container, server, folder, chosen)
        with _app(proxy.ports[proxies.APP], own / "app.log"), proxy.started():
            yield proxy, own


@contextmanager
def _app(port: int, log: Path) -> Iterator[None]:
    command = [sys.executable, str(_APP_FILE)]
    with (
        log.open("wb") as output,
        processes.running(command, stdout=output, stderr=output, env=os.environ | {"PORT": str(port)}) as process,
    ):

        def serves() -> bool:
            """Not that of somebody who was faster; one that found its port taken may still be about to end."""
            return ports.listens(port) and ports.holds(process.pid, port) is not False and process.poll() is None

        if not processes.wait_for(serves, process, seconds=15):
            raise DemoError(f"{_APP_FILE} does not start:\n{log.read_text(errors='replace')}")
        yield


def _ask(screen: show.Screen, url: str, port: int, ca: str) -> None:
    """As a client in the cluster would: by the Service's name, trusting that CA only, strictly."""
    name = str(urlsplit(url).hostname)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.load_verify_locations(cadata=ca)
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    request = httpx.Request(
        "GET", f"https://127.0.0.1:{port}/", headers={"Host": name}, extensions={"sni_hostname": name}
    )
    with httpx.Client(verify=trust, http2=True, trust_env=False, timeout=20) as client:
        answer = client.send(request, stream=True)  # a stream, because its connection is gone once it is read
        tls = answer.extensions["network_stream"].get_extra_info("ssl_object").version()
        text = answer.read().decode()
    screen.title(f"GET {url}/")
    facts: Mapping[str, str] = {
        "answer": f"{answer.status_code} {HTTPStatus(answer.status_code).phrase}, {answer.http_version}, {tls}",
        "trust": f"the chain to the exported CA and the name {name} hold, strictly",
    }
    screen.pairs(facts)
    for line in text.splitlines():
        screen.line(line, style="green")
    if answer.status_code != 200:
        raise DemoError(f"the app was asked through the proxy and answered {answer.status_code}")


def _keep(screen: show.Screen, url: str, port: int, folder: Path) -> None:
    command = f"  curl --cacert {folder}/ca.crt --connect-to {urlsplit(url).hostname}:443:127.0.0.1:{port} {url}/"
    try:
        screen.title("Running until Ctrl-C. Try it:")
        screen.console.out(command, highlight=False)
        while True:  # not one long wait: a signal just before a system call does not interrupt it
            time.sleep(0.2)
    except processes.Stopped as stopped:
        if stopped.exit_code != 128 + signal.SIGINT:
            raise
