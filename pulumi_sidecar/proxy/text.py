"""Writing configuration files: directives, blocks, and the quoting that keeps a value within its directive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """A line for the reader."""

    text: str


@dataclass(frozen=True, slots=True)
class Raw:
    """Text of the user's, in the server's own syntax, put there as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Directives within a block. `head` is what stands before the brace, or within the angle brackets."""

    head: str
    body: tuple[Node, ...]


_ONE = (str, Comment, Raw, Block, type(None))

Node = str | Comment | Raw | Block | None
"""A directive, a comment or a block; None is left out, an empty string is an empty line."""


def block(head: str, *body: Node | Iterable[Node]) -> Block:
    """A block whose body may hold lists of nodes, which are taken apart."""
    return Block(head, tuple(flat(body)))


def flat(nodes: Iterable[Node | Iterable[Node]]) -> Iterator[Node]:
    """The nodes, with lists among them taken apart."""
    for node in nodes:
        if isinstance(node, _ONE):
            yield node
        else:
            yield from flat(node)


def _text(nodes: Iterable[Node], indent: str, end: str, brackets: Callable[[str], tuple[str, str]]) -> str:
    """The nodes as text: what ends a directive, and what opens and closes a block, is the server's own."""
    lines = []
    for node in nodes:
        match node:
            case None:
                continue
            case "":
                lines.append("")
            case str():
                lines.append(f"{indent}{node}{end}")
            case Comment(text=text):
                lines.append(f"{indent}# {text}")
            case Raw(text=text):
                lines.extend(f"{indent}{line}" for line in text.strip().splitlines())
            case Block(head=head, body=body):
                opening, closing = brackets(head)
                inner = _text(body, indent + "    ", end, brackets)
                lines.append(f"{indent}{opening}\n{inner}{indent}{closing}")
    return "".join(f"{line}\n" for line in lines)


def nginx_text(nodes: Iterable[Node]) -> str:
    """The nodes as nginx writes them: `directive;` and `block { … }`."""
    return _text(nodes, "", ";", lambda head: (f"{head} {{", "}"))


_NGINX_PLAIN = re.compile(r"[A-Za-z0-9_./:@%=,*+~!?&()\[\]-]+")


def nginx_value(value: str) -> str:
    """A value as one argument of an nginx directive, quoted where it must be.

    Raises ValueError for a value that no quoting can carry: `$` starts a variable even inside quotes, and a control
    character has no place in a configuration. Arguments are checked long before; this is the second fence.
    """
    if _NGINX_PLAIN.fullmatch(value):
        return value
    if "$" in value or any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError(f"cannot stand in nginx.conf: {value!r}")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def httpd_text(nodes: Iterable[Node]) -> str:
    """The nodes as Apache writes them: `Directive` and `<Section argument> … </Section>`."""
    return _text(nodes, "", "", lambda head: (f"<{head}>", f"</{head.split(maxsplit=1)[0]}>"))


_HTTPD_PLAIN = re.compile(r"[A-Za-z0-9_./:@=,+~!?&()*;-]+")


def httpd_value(value: str) -> str:
    """A value as one argument of an Apache directive, quoted where it must be.

    Raises ValueError for a value that no quoting can carry: `${…}` and `%{…}` are expanded inside quotes too, and a
    control character has no place in a configuration. Arguments are checked long before; this is the second fence.
    """
    if _HTTPD_PLAIN.fullmatch(value):
        return value
    control = any(ord(character) < 32 or 127 <= ord(character) < 160 for character in value)
    surrogate = any(0xD800 <= ord(character) < 0xE000 for character in value)
    if "${" in value or "%{" in value or control or surrogate:
        raise ValueError(f"cannot stand in httpd.conf: {value!r}")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
