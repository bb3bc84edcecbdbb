"""What `make generate` writes is up to date, and its text is what editors show."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_sidecar.args.app import App
from pulumi_sidecar.args.proxy import Nginx
from tools.generate import files, models

ROOT = Path(__file__).parents[1]


def test_generated_files_are_up_to_date() -> None:
    stale = files.stale(files.generated())
    assert not stale, f"run `make generate` (or `python -m tools.generate`) and commit what it writes: {stale}"


def test_a_change_makes_them_stale() -> None:
    made = files.generated()
    first = next(iter(made))
    assert files.stale({**made, first: made[first] + "# changed"}) == [str(first)]
    assert files.stale({path: text for path, text in made.items() if path != first}) == [str(first)]


def test_each_file_can_be_read_in_one_go() -> None:
    assert {str(path): text.count("\n") for path, text in files.generated().items() if text.count("\n") > 400} == {}


def test_defaults_are_said_once() -> None:
    said = {field.name: field.doc for field in models.fields_of(App)}
    assert said["stop_seconds"].endswith("Default: 10.")
    assert said["user"].lower().count("default") == 1
    assert "Default" not in said["image"]


# --- an editor --------------------------------------------------------------------------------------------------------

PROGRAM = """from pulumi_sidecar import SidecarDeployment

SidecarDeployment("web", {"app": {"image": "a", "port": 8080}, "proxy": {"kind": "nginx", "hsts": {"preload": True}}})
"""


class Editor:
    """Asks pyright's language server, as an editor does."""

    def __init__(self, folder: Path) -> None:
        command = [str(Path(sys.executable).with_name("pyright-langserver")), "--stdio"]
        environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self._uri = (folder / "program.py").as_uri()
        self._number = 0
        folders = [{"uri": folder.as_uri(), "name": "program"}]
        # An editor that sends no settings: they are in pyrightconfig.json.
        capabilities = {"textDocument": {"hover": {"contentFormat": ["plaintext"]}}}
        self.ask("initialize", {"processId": None, "workspaceFolders": folders, "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})
        document = {"uri": self._uri, "languageId": "python", "version": 1, "text": PROGRAM}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})

    def hover(self, key: str) -> str:
        """What is shown over a key of the program."""
        line = next(number for number, text in enumerate(PROGRAM.splitlines()) if f'"{key}"' in text)
        place = {"line": line, "character": PROGRAM.splitlines()[line].index(f'"{key}"') + 2}
        found = self.ask("textDocument/hover", {"textDocument": {"uri": self._uri}, "position": place})
        return found["contents"]["value"] if found else ""

    def ask(self, method: str, parameters: dict[str, Any]) -> Any:
        """The answer to a request."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self._number and "method" not in message:
                return message.get("result")
            if "id" in message:  # it asks us
                self._send({"id": message["id"], "result": None})

    def _send(self, message: dict[str, Any]) -> None:
        text = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(text) + text)
        self._server.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        length = 0
        while line := self._server.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        if not length:
            raise EOFError("the language server ended")
        message: dict[str, Any] = json.loads(self._server.stdout.read(length))
        return message

    def close(self) -> None:
        """End the server."""
        self._server.terminate()
        self._server.communicate()


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    if not shutil.which(str(Path(sys.executable).with_name("pyright-langserver"))):
        if os.environ.get("REQUIRE_REAL") == "1":
            pytest.fail("no pyright-langserver, and REQUIRE_REAL=1 asks for it")
        pytest.skip("no pyright-langserver")
    settings = {"extraPaths": [str(ROOT)]}
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({**settings, "venvPath": str(Path(sys.prefix).parent), "venv": Path(sys.prefix).name})
    )
    (tmp_path / "program.py").write_text(PROGRAM)
    editor = Editor(tmp_path)
    yield editor
    editor.close()


def test_hovering_over_a_key_shows_what_it_means(editor: Editor) -> None:
    app = {field.name: field.doc for field in models.fields_of(App)}
    assert app["port"] in editor.hover("port")
    assert app["image"] in editor.hover("image"), "a key that App shares with other containers"
    assert models.doc_of(Nginx) in editor.hover("kind")
    assert "Default: False." in editor.hover("preload")
