"""Handshakes: new TLS 1.3 connections per second of `openssl s_time`, beside OpenSSL's own test server."""

from __future__ import annotations

from bench import load
from bench.load import LoadError, MissingToolError
from bench.proxy import TITLES, Stand, all_stands
from bench.result import Scenario
from bench.site import free_port, server, settle

WHO = {"nginx", "apache", "nginx-best", "httpd-tuned", "haproxy", "envoy", "traefik"}
LIMIT = "s_server"


def run(quick: bool) -> list[Scenario]:
    """The scenario of this part."""
    title = "handshakes, one client, one after the other"
    with all_stands(WHO) as (shared, stands, missing):
        port = free_port()
        command = [load.need("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-quiet"]
        command += ["-cert", str(shared.certificate), "-key", str(shared.key)]
        with server(command, port, shared.folder, LIMIT) as process:
            chosen = {name: it for name, it in stands.items() if name in WHO}
            chosen[LIMIT] = Stand(LIMIT, port, process.pid, ())
            titles = TITLES | {LIMIT: "openssl s_server"}
            done = Scenario("handshakes", title, LIMIT, {name: titles[name] for name in chosen}, [], dict(missing))
            for number in range(1 if quick else 5):
                done.rounds.append(_round(list(chosen.values()), number, 1 if quick else 2))
    return [done]


def _round(stands: list[Stand], number: int, seconds: int) -> dict[str, dict[str, float]]:
    turn = number * 3 % len(stands)
    figures = {}
    for each in stands[turn:] + stands[:turn]:
        settle()
        try:
            figures[each.name] = {"handshakes/s": load.handshakes(each.port, seconds)}
        except (LoadError, MissingToolError):
            continue
    return figures
