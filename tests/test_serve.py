"""What `pulumi-sidecar serve` is made of, and what it says where it cannot start."""

from __future__ import annotations

import json
import os
import socket
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pulumi_sidecar import ports, servers
from pulumi_sidecar.cli import main
from pulumi_sidecar.serving import app, log
from pulumi_sidecar.serving.kept import Kept, KeptError
from pulumi_sidecar.serving.watch import Watch

KEY = "tls:index/privateKey:PrivateKey"
CERTIFICATE = "tls:index/selfSignedCert:SelfSignedCert"
P256 = {"algorithm": "ECDSA", "ecdsaCurve": "P256"}


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def serve(folder: Path, *arguments: str, program: str = "") -> Result:
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
    (folder / "__main__.py").write_text(program)
    return CliRunner().invoke(main, ["serve", str(folder), *arguments])


UWSGI = '"protocol": {"kind": "uwsgi"}'


def component(*names: str, app: str = '"port": 8080') -> str:
    arguments = f'{{"app": {{"image": "i", {app}}}, "proxy": {{"kind": "nginx"}}}}'
    lines = [f'SidecarDeployment("{name}", {arguments})' for name in names]
    return "\n".join(["from pulumi_sidecar import SidecarDeployment", *lines, ""])


# --- what cannot start ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "arguments", "code", "said"),
    [
        ("", [], 2, "the program has no proxy"),
        (component("web", "api"), [], 2, "choose with --component: web, api"),
        (component("web", "api"), ["--component", "wep"], 2, 'Did you mean "web"?'),
        (component("web"), ["--app", "example.com:80"], 2, "the app has to be on this machine"),
        (component("web"), ["--app", "eighty"], 2, "--app eighty: give a port"),
        (component("web"), ["--app", "/run/app.sock"], 2, "the program's app listens on port 8080"),
        (component("web"), ["--run", "no-such-command"], 2, "there is no command 'no-such-command'"),
        (component("web"), ["--run", "'unfinished"], 2, "--run 'unfinished"),
        (component("web", app=UWSGI), [], 2, "is not on this machine; say where it is with --app"),
        (component("web", app=UWSGI), ["--app", "80"], 2, "listens on the unix socket /run/app/"),
        ("raise ValueError('no')", [], 1, "ValueError: no"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong(program: str, arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    try:
        servers.find("nginx")
    except servers.MissingServerError as error:
        pytest.skip(str(error))
    result = serve(tmp_path / "p", *arguments, program=program)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert said in result.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    try:
        servers.find("nginx")
    except servers.MissingServerError as error:
        pytest.skip(str(error))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = serve(tmp_path / "p", "--port", str(port), program=component("web"))
        assert result.exit_code == 2, result.output
        assert f"port {port} is taken" in result.stderr
        assert "take another with --port" in result.stderr
        if Path("/proc/net/tcp").exists():
            assert f"(process {os.getpid()})" in result.stderr


def test_a_server_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_kind: str) -> servers.Server:
        raise servers.MissingServerError("nginx is not on this machine (get it with: pip)")

    monkeypatch.setattr(servers, "find", missing)
    result = serve(tmp_path / "p", program=component("web"))
    assert (result.exit_code, "get it with: pip" in result.stderr) == (5, True)


@pytest.mark.real
def test_a_configuration_that_is_refused_comes_with_the_line(tmp_path: Path) -> None:
    try:
        servers.find("nginx")
    except servers.MissingServerError as error:
        pytest.skip(str(error))
    text = component("web").replace('"kind": "nginx"', '"kind": "nginx", "extra": {"server": "foo on;"}')
    result = serve(tmp_path / "p", program=text)
    assert result.exit_code == 4
    assert "foo on;" in result.stderr
    assert 'unknown directive "foo"' in result.stderr


# --- where the app is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["8080", "127.0.0.1:8080", "localhost:8080", ":8080"])
def test_a_port(text: str) -> None:
    assert app.parse_place(text) == app.Place(port=8080)


@pytest.mark.parametrize("text", ["unix:/run/a.sock", "/run/a.sock"])
def test_a_socket(text: str) -> None:
    assert app.parse_place(text) == app.Place(socket=Path("/run/a.sock"))


@pytest.mark.parametrize("text", ["0", "65536", "-1", "٣", "", "8080x", "10.0.0.1:80"])
def test_no_place(text: str) -> None:
    with pytest.raises(app.AppError):
        app.parse_place(text)


def test_whether_it_answers(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    assert not app.Place(socket=path).answers()
    path.write_text("")
    assert app.Place(socket=path).hint() == "; what is there is no socket"
    path.unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        assert app.Place(socket=path).answers()


def test_an_app_that_listens_on_the_other_loopback_address_only() -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with server:
        port = server.getsockname()[1]
        place = app.Place(port=port)
        assert not place.answers()
        assert f"[::1]:{port} only" in place.hint()


def test_ports() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        if Path("/proc/net/tcp").exists():
            assert f"(process {os.getpid()})" in ports.by_whom(port)
            assert ports.holds(os.getpid(), port)
            assert not ports.holds(os.getppid(), port)
    assert ports.is_free(port)
    assert ports.by_whom(port) == ""


# --- what is kept -----------------------------------------------------------------------------------------------------


def certificate(kept: Kept, hours: int = 1000, early: int = 0) -> str:
    created = kept.tls(KEY, "key", P256)
    assert created
    inputs: dict[str, Any] = {
        "privateKeyPem": created[1]["privateKeyPem"],
        "allowedUses": [],
        "validityPeriodHours": hours,
        "earlyRenewalHours": early,
    }
    made = kept.tls(CERTIFICATE, "certificate", inputs)
    assert made
    return str(made[1]["certPem"])


def test_what_has_the_same_inputs_stays(tmp_path: Path) -> None:
    with Kept(tmp_path / "p", "dev") as kept:
        first = certificate(kept)
        kept.save()
    with Kept(tmp_path / "p", "dev") as kept:
        assert certificate(kept) == first
        assert certificate(kept, hours=2000) != first
        kept.save()
    with Kept(tmp_path / "p", "other") as kept:
        assert certificate(kept) != first


def test_what_would_be_renewed_is_renewed(tmp_path: Path) -> None:
    with Kept(tmp_path / "p", "dev") as kept:
        first = certificate(kept, early=500)
        kept.save()
    file = kept.folder / "tls.json"
    soon = (datetime.now(UTC) + timedelta(hours=499)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = json.loads(file.read_text())
    for each in found.values():
        if "validityEndTime" in each["outputs"]:
            each["outputs"]["validityEndTime"] = soon
    file.write_text(json.dumps(found))
    with Kept(tmp_path / "p", "dev") as kept:
        assert certificate(kept, early=500) != first


def test_it_is_closed_to_others(tmp_path: Path) -> None:
    open_before = Kept(tmp_path / "p", "dev").folder
    open_before.mkdir(parents=True, mode=0o755)
    with Kept(tmp_path / "p", "dev") as kept:
        certificate(kept)
        kept.save()
        kept.write("ca.crt", "public")
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((kept.folder / "tls.json").stat().st_mode) == 0o600
    assert sorted(each.name for each in kept.folder.iterdir()) == ["ca.crt", "tls.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff"])
def test_a_spoilt_file_is_none(text: str, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "p", "dev")
    kept.folder.mkdir(parents=True)
    (kept.folder / "tls.json").write_bytes(text.encode("latin-1"))
    with kept:
        assert "BEGIN CERTIFICATE" in certificate(kept)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(KeptError, match="XDG_DATA_HOME"), Kept(tmp_path / "p", "dev"):
        pass


def test_forgetting(tmp_path: Path) -> None:
    with Kept(tmp_path / "p", "offline") as kept:
        certificate(kept)
        kept.save()
    assert f"removed {kept.folder}" in serve(tmp_path / "p", "--forget").stderr
    assert not kept.folder.exists()
    again = serve(tmp_path / "p", "--forget")
    assert (again.exit_code, "nothing is kept" in again.stderr) == (0, True)


# --- what changed -----------------------------------------------------------------------------------------------------


def test_a_change_of_what_was_read_or_is_a_source(tmp_path: Path) -> None:
    folder, beside = tmp_path / "p", tmp_path / "beside.txt"
    folder.mkdir()
    for file in (folder / "__main__.py", folder / "read.html", folder / "app.log", beside):
        file.write_text("one")
    watch = Watch(folder)
    with watch.reading():
        (folder / "read.html").read_text()
        beside.read_text()
        (folder / "written.txt").write_text("by the program")
    assert watch.changed() == []
    (folder / "app.log").write_text("of the app, which nobody read")
    (folder / "written.txt").write_text("again, as the program would")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "x.py").write_text("")
    assert watch.changed() == []
    for file, name in ((folder / "read.html", "read.html"), (beside, "beside.txt"), (folder / "new.py", "new.py")):
        file.write_text("another text")
        assert watch.changed() == [name]
        with watch.reading():
            pass
    (folder / "Pulumi.offline.yaml").write_text("config: {}")
    (folder / "new.py").unlink()
    assert watch.changed() == ["Pulumi.offline.yaml", "new.py"]


# --- the log ----------------------------------------------------------------------------------------------------------


def test_a_request_in_columns() -> None:
    line = json.dumps(
        {
            "time": "2026-11-24T12:34:56+00:00",
            "method": "GET",
            "uri": "/a",
            "status": 200,
            "seconds": 0.0121,
            "bytes_out": 12_345,
            "protocol": "HTTP/2.0",
            "tls": "TLSv1.3",
        }
    )
    shown = log.readable(log.entry(line))
    assert "12:34:56" in shown
    assert "GET     /a" in shown
    assert "12 ms · 12.3 kB · HTTP/2 · TLSv1.3" in shown


@pytest.mark.parametrize("line", ['{"uri": "/\\u001b[2J\\u0007", "status": 200}', "\x1b[2J"])
def test_no_client_steers_the_terminal(line: str) -> None:
    assert "\x1b[2J" not in log.readable(log.entry(line))
    assert "\\x1b" in log.readable(log.entry(line))


def test_a_line_of_another_format() -> None:
    combined = '127.0.0.1 - - [24/Nov/2026:12:00:00 +0000] "GET / HTTP/2.0" 502 0 "-" "curl"'
    assert log.entry(combined).status == 502
    assert combined in log.readable(log.entry(combined))
    assert log.entry("[1, 2]").fields is None


def test_lines_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("one\ntw")
    tail = log.Tail(file)
    assert list(tail.lines()) == ["one"]
    with file.open("a") as more:
        more.write("o\n")
    assert list(tail.lines()) == ["two"]
    assert list(tail.lines()) == []
