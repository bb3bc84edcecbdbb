"""uWSGI with a Flask app: what it gives through the proxies, beside its own limit.

uWSGI has a core of its own, load and proxies share the other: what is measured is whether uWSGI is kept busy.
"""

from __future__ import annotations

import importlib.util
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import machine, ours
from bench.load import MissingToolError
from bench.proxy import Load, Stand, measure, of_ours
from bench.result import Scenario
from bench.site import Site, folder, free_port, server
from pulumi_sidecar import local, proxies

LIMIT = "uwsgi"
TITLES = {
    "nginx-unix": "pulumi-sidecar, nginx, unix socket",
    "nginx-tcp": "pulumi-sidecar, nginx, TCP",
    "apache-unix": "pulumi-sidecar, Apache, unix socket",
    LIMIT: "uWSGI alone, HTTP in clear",
}
LOADS = (Load("uwsgi-32", "Flask in uWSGI, HTTP/1.1 keep-alive, 32 connections", "orders?page=7", 32, rounds=15),)


def run(quick: bool) -> list[Scenario]:
    """The scenarios of this part."""
    with folder() as place, ExitStack() as stack:
        found = {name: _place(name, place) for name in TITLES if name != LIMIT}
        port = free_port()
        with machine.on_core(0):
            stack.enter_context(server(_command(found, port), port, place, "uwsgi-app"))
        with machine.on_core(1):
            stands = {name: stack.enter_context(of_ours(name, proxy)) for name, proxy in found.items()}
            stands[LIMIT] = Stand(LIMIT, port, 0, (), "http", closes=True)
            nothing = Path()
            shared = Site(place, port, nothing, nothing, nothing)
            return [measure(each, shared, stands, {}, quick, TITLES, LIMIT) for each in LOADS]


def _place(name: str, place: Path) -> local.LocalProxy:
    kind, _, way = name.partition("-")
    app: dict[str, Any] = {"image": "app", "protocol": {"kind": "uwsgi"}, **({"port": 3031} if way == "tcp" else {})}
    container = ours.container({"app": app, "proxy": {"kind": kind}})
    return ours.place(container, place / name, free_port() if way == "tcp" else None)


def _command(found: dict[str, local.LocalProxy], port: int) -> list[str]:
    if importlib.util.find_spec("pyuwsgi") is None or importlib.util.find_spec("flask") is None:
        raise MissingToolError("uWSGI is not here: pip install pyuwsgi flask")
    sockets = [f"--http-socket=127.0.0.1:{port}"]
    for proxy in found.values():
        path = proxy.container.socket
        place = proxy.folders[str(path.parent)] / path.name if path else f"127.0.0.1:{proxy.ports[proxies.APP]}"
        sockets.append(f"--socket={place}")
    flags = ["--master", "--need-app", "--die-on-term", "--disable-logging", "--chmod-socket=666", "--listen=128"]
    flags += ["--processes=2", "--buffer-size=32768", f"--virtualenv={sys.prefix}", "--module=bench.flask_app:app"]
    flags += [f"--pythonpath={Path(__file__).parents[1]}"]
    return [sys.executable, "-c", "import sys, pyuwsgi; pyuwsgi.run(sys.argv[1:])", *sockets, *flags]
