"""YAML as kubectl reads it, where PyYAML does not."""

from __future__ import annotations

import contextlib
import json
import re
from functools import lru_cache
from typing import Any

import yaml

_BEHIND_TABS = re.compile(r"[ \t]*(?:#|\r?\n|\Z)")
_BEFORE_JSON = re.compile(r"(?:---[^\n]*\n)?\s*")


class Loader(yaml.SafeLoader):
    """YAML as kubectl reads it: `=` is a text, and a tag that nobody knows changes nothing."""

    def plainly(self, node: Any) -> Any:
        """A node's value without its tag."""
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        return self.construct_scalar(node)


Loader.yaml_implicit_resolvers = {
    key: each for key, each in yaml.SafeLoader.yaml_implicit_resolvers.items() if key != "="
}
Loader.add_constructor(None, Loader.plainly)


@lru_cache(maxsize=16)
def without_tabs(text: str) -> str:
    """The text with spaces for tabs where kubectl takes them and PyYAML does not: in JSON, before comments, at a line's
    end and behind a key's colon. Everything keeps its place."""
    if "\t" not in text:
        return text
    with contextlib.suppress(ValueError):
        _, end = json.JSONDecoder().raw_decode(text, _BEFORE_JSON.match(text).end())  # type: ignore[union-attr]
        text = text[:end].replace("\t", " ") + text[end:]  # a string of JSON has none
    while (at := _refused(text)) is not None:
        width = len(text[at:]) - len(text[at:].lstrip("\t"))
        line = text[text.rfind("\n", 0, at) + 1 : at]
        if not width or not line.strip() or not (_BEHIND_TABS.match(text, at) or line.rstrip().endswith(":")):
            break
        text = text[:at] + " " * width + text[at + width :]
    return text


def _refused(text: str) -> int | None:
    """Where PyYAML finds what begins nothing."""
    try:
        for _ in yaml.scan(text, Loader=Loader):
            pass
    except yaml.MarkedYAMLError as error:
        return error.problem_mark.index if error.problem_mark else None
    except yaml.YAMLError:
        pass
    return None
