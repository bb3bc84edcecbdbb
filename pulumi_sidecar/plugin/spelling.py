"""The arguments' names as other languages spell them: camelCase, also within texts and property paths."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from pulumi_sidecar.args.authority import CertificateAuthorityArgs
from pulumi_sidecar.args.deployment import SidecarDeploymentArgs

_WORD = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b(\":)?")
_STEP = re.compile(r'\["[^"]*"\]|\[[0-9]+\]|[^.\[\]]+')


def camel(name: str) -> str:
    """A name in camelCase: mount_path → mountPath."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def camel_path(path: str) -> str:
    """A property path in camelCase. Keys of the user's own stay: app.volume_mounts[0], labels["a_b"]."""
    steps = [each if each.startswith("[") else f".{camel(each)}" for each in _STEP.findall(path)]
    return "".join(steps).removeprefix(".")


def camel_words(text: str) -> str:
    """A text in which the arguments have the names of other languages. What `kind` may be stays as it is."""

    def spelled(found: re.Match[str]) -> str:
        word, colon = found[0].removesuffix('":'), found[1] or ""
        known = word in _names()[0] and (bool(colon) or word not in _names()[1])
        return (camel(word) if known else word) + colon

    text = re.sub(r"\b(True|False)\b", lambda found: found[0].lower(), _WORD.sub(spelled, text))
    return text.replace(" (pulumi.Config().require_secret)", "").replace("pulumi.Config()", "the stack's configuration")


@lru_cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    """The names of all arguments, and the words that are values of one."""
    names: set[str] = set()
    values: set[str] = set()
    seen: set[Any] = set()
    waiting: list[Any] = [SidecarDeploymentArgs, CertificateAuthorityArgs]
    while waiting:
        each = waiting.pop()
        if isinstance(each, type) and issubclass(each, BaseModel):
            if each not in seen:
                seen.add(each)
                names |= set(each.model_fields)
                waiting += get_type_hints(each, include_extras=True).values()
        elif get_origin(each) is Literal:
            values |= {value for value in get_args(each) if isinstance(value, str)}
        else:
            waiting += get_args(each)
    return frozenset(names), frozenset(values)
