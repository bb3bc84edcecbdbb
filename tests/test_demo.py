"""`make demo` as a user runs it: what it prints, which ways it takes, and that nothing is left behind."""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pulumi_sidecar import layout, ports, proxies, servers
from tests.support.rooms import assert_nothing_left, environment, room, wait_for_its_first_line
from tests.support.servers import REPOSITORY, until
from tools.demo import engine, run

__all__ = ["room"]

pytestmark = pytest.mark.real

PATIENCE = 240
"""Seconds, for machines that others keep busy."""


@pytest.fixture(autouse=True)
def _nginx() -> None:
    try:
        servers.find("nginx")
    except servers.MissingServerError as error:
        if os.environ.get("REQUIRE_REAL") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


def start(room: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tools.demo", *options],
        cwd=REPOSITORY,
        env=environment(room),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def finished(room: Path, *options: str) -> tuple[int, str, str]:
    process = start(room, *options)
    out, err = process.communicate(timeout=PATIENCE)
    assert_nothing_left(room)
    return process.returncode, out, err


def pulumi(room: Path, text: str) -> Path:
    """A `pulumi` on the PATH."""
    file = room / "bin" / "pulumi"
    file.write_text(f"#!{sys.executable}\n{text}")
    file.chmod(0o755)
    return file


def test_without_pulumi_it_renders_offline(room: Path) -> None:
    code, out, err = finished(room)
    assert (code, err) == (0, "")
    assert "No pulumi on the PATH: rendered offline" in out
    for kind in ("ConfigMap", "Secret", "Service", "Deployment"):
        assert re.search(rf"^  {kind} +\w", out, re.MULTILINE), out
    assert "internal  https://web.default.svc" in out
    assert "90 days left" in out
    assert "200 OK, HTTP/2, TLSv1.3" in out
    assert "You are 127.0.0.1 and came by https." in out
    assert "nothing is left behind" in out
    assert "PRIVATE KEY" not in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 110
    assert len(out.splitlines()) < 40


def test_a_pulumi_that_cannot_get_its_plugins(room: Path) -> None:
    pulumi(
        room,
        """import sys
if "up" in sys.argv:
    print("Updating (demo):\\n", file=sys.stdout)
    sys.exit("error: could not download plugin kubernetes-4.34.0: connection refused")
""",
    )
    code, out, err = finished(room)
    assert (code, err) == (0, "")
    assert "pulumi is here, but could not do it: rendered offline" in out
    assert "`pulumi up`: could not download plugin kubernetes-4.34.0: connection refused" in out
    assert "200 OK" in out


ENGINE = """
import json, os, sys
from pathlib import Path
import yaml
from pulumi_sidecar import offline
arguments = sys.argv[1:]
with open(os.environ["HOME"] + "/../calls", "a") as calls:
    seen = {key: os.environ.get(key) for key in ("PULUMI_HOME", "PULUMI_BACKEND_URL", "KUBECONFIG")}
    calls.write(json.dumps([arguments, os.getcwd(), seen]) + "\\n")
if arguments[0] == "up":
    run = offline.run(Path.cwd())
    target = [each for each in arguments if "renderYamlToDirectory" in each]
    if target:
        folder = Path(target[0].partition("=")[2], "1-manifest")
        folder.mkdir(parents=True)
        for number, each in enumerate(run.objects()):
            (folder / f"{number}.yaml").write_text(yaml.safe_dump(each))
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    for each in run.objects():
        if each["kind"] == "Secret":
            each["stringData"] = {**mark, "plaintext": json.dumps(each["stringData"])}
    resources = [{"type": "kubernetes:x:" + each["kind"], "outputs": each} for each in run.objects()]
    state = {"deployment": {"resources": [{"type": "pulumi:pulumi:Stack"}, *resources]}}
    Path("state.json").write_text(json.dumps(state))
    Path("outputs.json").write_text(json.dumps(run.outputs))
elif arguments[:2] == ["stack", "output"]:
    print(Path("outputs.json").read_text())
elif arguments[:2] == ["stack", "export"]:
    print(Path("state.json").read_text())
"""
"""Stands in for the engine: what it is asked, and files where the engine puts them."""


def calls(room: Path) -> list[str]:
    return (room / "calls").read_text().splitlines()


def test_with_pulumi_it_is_a_real_up_in_a_folder_of_its_own(room: Path) -> None:
    pulumi(room, ENGINE)
    code, out, err = finished(room)
    assert (code, err) == (0, "")
    assert "pulumi up: to YAML files." in out
    assert "200 OK" in out
    asked = calls(room)
    assert not any("destroy" in call or "kubernetes:context" in call for call in asked)
    for call in asked:
        assert f'"PULUMI_HOME": "{room}/tmp/' in call
        assert f'"PULUMI_BACKEND_URL": "file://{room}/tmp/' in call
        assert '/no-kubeconfig"' in call
    assert not list(REPOSITORY.glob("Pulumi.demo.yaml"))


def test_plugins_of_the_user_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the engine looks for them: a folder that is none itself is passed over, and so is one with a .partial file."""
    theirs = tmp_path / "theirs" / "plugins"
    for name in ("resource-tls-v5.6.2", "resource-kubernetes-v4.34.2"):
        (theirs / name).mkdir(parents=True)
        (theirs / name / "pulumi-resource").touch()
    (theirs / "resource-kubernetes-v4.34.2.partial").touch()
    monkeypatch.setenv("PULUMI_HOME", str(theirs.parent))
    (tmp_path / "demo").mkdir()
    made = engine._Engine("pulumi", tmp_path / "demo", None).home / "plugins"
    found = [each for each in os.scandir(made) if each.is_dir(follow_symlinks=False)]
    assert [each.name for each in found] == ["resource-tls-v5.6.2"]
    assert (made / "resource-tls-v5.6.2" / "pulumi-resource").is_file()


def test_a_cluster_only_when_named_and_emptied_afterwards(room: Path) -> None:
    pulumi(room, ENGINE)
    code, out, err = finished(room, "--context", "kind-x")
    assert (code, err) == (0, "")
    assert "pulumi up: to the cluster of context kind-x, until the demo ends." in out
    assert "200 OK" in out
    assert any('"kubernetes:context=kind-x"' in call for call in calls(room))
    assert '"destroy"' in calls(room)[-1]
    assert all('"KUBECONFIG": "/nowhere"' in call for call in calls(room))  # the user's own


def test_a_cluster_is_never_replaced_by_offline_rendering(room: Path) -> None:
    code, out, err = finished(room, "--context", "kind-x")
    assert code == 1
    assert "there is no pulumi on the PATH" in err
    pulumi(room, "import sys; sys.exit('error: no such context')")
    code, out, err = finished(room, "--context", "kind-x")
    assert code == 1
    assert "no such context" in err
    assert "rendered offline" not in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_running_leaves_nothing(number: signal.Signals, room: Path) -> None:
    process = start(room, "--keep")
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "curl --cacert" in line:
            break
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == (0 if number == signal.SIGINT else 128 + number), (said + out, err)
    assert_nothing_left(room)


@pytest.mark.parametrize("seconds", [0, 0.05, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1])
def test_a_signal_at_any_time_leaves_nothing(seconds: float, room: Path) -> None:
    process = start(room)
    wait_for_its_first_line(process)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    # Before its handlers are there, the signal just ends it; at the end it may be done already.
    assert process.returncode in (0, 130, -signal.SIGINT), (out, err)
    assert_nothing_left(room)


def test_a_port_that_somebody_takes_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As two demos at once do: both find the same ports free."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        looks = itertools.chain([{layout.HTTPS: taken.getsockname()[1]}], itertools.repeat({}))
        free = ports.free_ports
        monkeypatch.setattr(
            run.ports, "free_ports", lambda wanted: free(wanted) | (next(looks) if len(wanted) > 1 else {})
        )
        declared = engine.rendered()
        (container,) = proxies.containers(declared.objects)
        with run._running(container, str(declared.outputs["ca_cert_pem"])) as (proxy, _):
            assert ports.listens(proxy.ports[layout.HTTPS])
            assert proxy.ports[layout.HTTPS] != taken.getsockname()[1]


def test_an_app_of_somebody_else_at_the_port_is_not_ours(tmp_path: Path) -> None:
    """As two demos at once may have it: both apps are started at one port."""
    port = ports.free_ports({"": 0})[""]
    with run._app(port, tmp_path / "first.log"):
        with pytest.raises(run.DemoError, match="in use"), run._app(port, tmp_path / "second.log"):
            pass
        assert ports.listens(port)


def test_an_app_that_never_starts_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken, tries = tmp_path / "app.py", tmp_path / "tries"
    broken.write_text(f"open({str(tries)!r}, 'a').write('once ')\nraise SystemExit('no such database')\n")
    monkeypatch.setattr(run, "_APP_FILE", broken)
    declared = engine.rendered()
    (container,) = proxies.containers(declared.objects)
    with (
        pytest.raises(run.DemoError, match="no such database"),
        run._running(container, str(declared.outputs["ca_cert_pem"])),
    ):
        pass
    assert tries.read_text().split() == ["once"] * run._TRIES


def test_a_signal_during_up_ends_the_engine_too(room: Path) -> None:
    pulumi(room, "import sys, time\nif 'up' in sys.argv:\n    time.sleep(1000)\n")
    process = start(room)
    until(lambda: any(b"up" in command.split(b"\0") for command in _commands(room)), "pulumi up", PATIENCE)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert_nothing_left(room)


def _commands(room: Path) -> list[bytes]:
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            command = (each / "cmdline").read_bytes()
        except OSError:
            continue
        if str(room).encode() in command:
            found.append(command)
    return found
