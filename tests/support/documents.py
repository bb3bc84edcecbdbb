"""The documents: their programs, and their commands."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.servers import REPOSITORY

DOCUMENTS = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


def name_of(document: Path) -> str:
    """What a test calls it."""
    return str(document.relative_to(REPOSITORY))


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of a language, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", document.read_text(), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def commands(document: Path) -> list[str]:
    """Each command in a block for the shell; what goes over several lines is one."""
    found = []
    for text in blocks(document, "sh"):
        command = ""
        for line in text.splitlines():
            command += ("\n" if command else "") + line
            if command.count("'") % 2 == 0 and not command.endswith("\\"):
                found += [command] if command.strip() and not command.startswith("#") else []
                command = ""
    return found
