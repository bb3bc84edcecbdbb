"""The measurements' own arithmetic, and that servers take what they are measured with. Nothing is measured here."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench import report
from bench.__main__ import GROUPS, PARTS
from bench.by_hand import ByHand
from bench.child import nginx_conf, nginx_conf_of
from bench.load import MissingToolError
from bench.peers import PEERS
from bench.program import COUNTS
from bench.proxy import APP, ESSENTIAL, LOADS, OURS, TITLES
from bench.result import Ratio, Scenario, Target
from bench.site import Site
from bench.targets import TARGETS
from pulumi_sidecar import SidecarDeployment, offline
from tests.support import servers
from tests.support.certs import Authority

SCENARIO = Scenario(
    "one",
    "one thing",
    "b",
    {"a": "A", "b": "B", "c": "C"},
    [
        {"a": {"requests/s": 30, "p99": 0.2}, "b": {"requests/s": 10, "p99": 0.1}, "c": {"requests/s": 20, "p99": 0.4}},
        {"a": {"requests/s": 10, "p99": 0.1}, "b": {"requests/s": 10, "p99": 0.1}, "c": {"requests/s": 5}},
        {"a": {"requests/s": 20, "p99": 0.1}, "b": {"requests/s": 10, "p99": 0.1}},
    ],
)
TARGET = Target("p", "as fast", "one", "requests/s", "a", "b", ">=", 2)


def test_ratios_are_taken_within_a_round() -> None:
    assert SCENARIO.ratio("a", "b", "requests/s") == Ratio(2, 1, 3, 3)
    assert SCENARIO.ratio("c", "b", "requests/s") == Ratio(1.25, 0.5, 2, 2)
    assert SCENARIO.ratio("a", "nobody", "requests/s") is None


def test_the_best_of_several_is_the_fastest_and_the_soonest() -> None:
    assert SCENARIO.ratio("a", "b,c", "requests/s") == Ratio(1.5, 1, 2, 3)
    assert SCENARIO.ratio("a", "b,c", "p99") == Ratio(1, 1, 2, 3)


@pytest.mark.parametrize(
    ("target", "word"),
    [
        (TARGET, "| as fast | 2.00 (1.00–3.00) | met |"),
        (replace(TARGET, bound=2.1, why="it is slow"), "**not met**: it is slow"),
        (replace(TARGET, way="<=", bound=1.9), "**not met**"),
        (replace(TARGET, who="nobody"), "not measured: not in these results"),
        (replace(TARGET, to="", who="b", bound=1, unit=10), "| 1.00 (1.00–1.00) | met |"),
    ],
)
def test_targets(target: Target, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.targets.TARGETS", (target,))
    results = report.Results({"p": report.Part("a machine", False, [SCENARIO])})
    results.write(tmp_path)
    assert word in (tmp_path / "RESULTS.md").read_text()
    assert report.Results.read(tmp_path / "results.json") == results


def test_tables_tell_who_is_missing_and_why() -> None:
    scenario = replace(SCENARIO, missing={"c": "it does not start"})
    text = "\n".join(report.table(scenario))
    assert "| requests/s (1 = 10.00) |" in text
    assert "| A | 2.00 (1.00–3.00) |" in text
    assert "Without a figure: C: it does not start." in text


def test_targets_are_of_what_is_measured() -> None:
    known = {"rest", "handshakes", "uwsgi-32", "import", "configuration", "render", "answer", "density", "scale"}
    known |= {each.name for loads in LOADS.values() for each in loads} | {f"components-{count}" for count in COUNTS}
    assert {each.scenario for each in TARGETS} <= known
    assert {each.part for each in TARGETS} <= set(PARTS)
    assert {part for parts in GROUPS.values() for part in parts} <= set(PARTS)
    of_proxies = [each for each in TARGETS if each.part in LOADS]
    assert {who for each in of_proxies for who in (each.who, *each.to.split(","))} <= {*TITLES, ""}
    assert {*OURS, APP} <= set(TITLES) >= ESSENTIAL


def test_by_hand_is_the_same_as_the_component() -> None:
    def ours() -> None:
        SidecarDeployment("web", {"app": {"image": "app", "port": 8080}, "proxy": {"kind": "nginx"}})

    def theirs() -> None:
        ByHand("web", "app", nginx_conf())

    made = [
        {each.name: _known(each.inputs) for each in offline.run(program).resources if each.custom}
        for program in (ours, theirs)
    ]
    assert made[1] == made[0]
    assert nginx_conf_of(nginx_conf(), "web-7") == nginx_conf("web-7") != nginx_conf()


def _known(value: object) -> object:
    """Without what differs from run to run (keys, certificates, the names that follow from them), and hashes."""
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_known(each) for each in value]
    made = isinstance(value, str) and bool(re.match("-----BEGIN|web-(?:tls|config)-|[0-9a-f]{64}$", value))
    return "made" if made else value


CHECKS = {"nginx": ["-t"], "httpd": ["-t"], "apache2": ["-t"], "haproxy": ["-c"], "envoy": ["--mode", "validate"]}
"""What makes a server look at its files and no more. Traefik has nothing of the kind."""


@pytest.mark.real
@pytest.mark.parametrize("peer", [peer for peer in PEERS if "traefik" not in peer.name], ids=lambda peer: peer.name)
def test_servers_take_what_they_are_measured_with(peer, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    leaf = Authority().leaf()
    files = [tmp_path / name for name in ("tls.crt", "tls.key", "both.pem")]
    for file, text in zip(files, (leaf.certificate, leaf.key, leaf.certificate + leaf.key), strict=True):
        file.write_bytes(text)
    try:
        command = peer.command(Site(tmp_path, 8080, *files), servers.free_port(), tmp_path)
    except MissingToolError as missing:
        pytest.skip(str(missing))
    name = Path(command[0]).name
    if name == "caddy":
        command[1] = "validate"
    done = subprocess.run(
        [*command, *CHECKS.get(name, [])], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
