"""The files that are generated, and whether they are what they should be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.generate import dicts, plugin

ROOT = Path(__file__).parents[2]
FOLDERS = {"pulumi_sidecar/args/dicts": dicts.files, "pulumi_sidecar/plugin/types": plugin.files}
"""Folders that hold generated files alone, and what makes them."""


def generated() -> dict[Path, str]:
    """Every generated file, below the root, and its text."""
    return {Path(folder, name): _formatted(text) for folder, make in FOLDERS.items() for name, text in make().items()}


def stale(files: Mapping[Path, str]) -> list[str]:
    """The files that are other than they should be, missing or too many."""
    other = [path for path, text in files.items() if not (ROOT / path).is_file() or (ROOT / path).read_text() != text]
    there = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).glob("*.py")]
    return sorted(str(path) for path in [*other, *(path for path in there if path not in files)])


def _formatted(text: str) -> str:
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        done = subprocess.run(  # noqa: S603 (our own text, our own tool)
            [
                sys.executable,
                "-m",
                "ruff",
                *command,
                "--stdin-filename",
                str(ROOT / "pulumi_sidecar/generated.py"),
                "-",
            ],
            input=text,
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )
        text = done.stdout
    return text


def write() -> None:
    """Write what differs, remove what nothing makes any more, and say so."""
    files = generated()
    for name in stale(files):
        path = ROOT / name
        if Path(name) in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[Path(name)])
            print(f"written: {name}")  # noqa: T201
        else:
            path.unlink()
            print(f"removed: {name}")  # noqa: T201
