"""The changelog's words on a release; an error unless the tag is this version and the changelog tells of it."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def notes(tag: str, version: str, changelog: str) -> str:
    """The section of a version. Raises ValueError where the tag is another version's, or there is no such section."""
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag!r}, and pyproject.toml says {version}: tag v{version}")
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    for section in sections:
        heading, _, body = section.partition("\n")
        if re.fullmatch(rf"\[?{re.escape(version)}\]?( .*)?", heading) and body.strip():
            return body.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no section '## {version}': turn Unreleased into it")


def main() -> None:
    """Prints them."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    try:
        sys.stdout.write(notes(sys.argv[1] if len(sys.argv) > 1 else "", version, (ROOT / "CHANGELOG.md").read_text()))
    except ValueError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
