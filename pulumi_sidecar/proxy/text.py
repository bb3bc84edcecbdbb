"""Writing configuration files: directives, blocks, and the quoting that keeps a value within its directive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """A line for the reader."""

    text: str


@dataclass(frozen=True, slots=True)
class Raw:
    """Text in the server's own syntax, put there as it is: the user's, or what was written once for many files."""

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


def flat(nodes: Iterable[Node | Iterable[Node]]) -> list[Node]:
    """The nodes, with lists among them taken apart."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, _ONE):
            found.append(node)
        else:
            found += flat(node)
    return found


Brackets = Callable[[str], tuple[str, str]]


def _text(nodes: Iterable[Node], end: str, brackets: Brackets) -> str:
    """The nodes as text: what ends a directive, and what opens and closes a block, is the server's own."""
    lines: list[str] = []
    _write(lines, nodes, "", end, brackets)
    lines.append("")
    return "\n".join(lines)


def _write(lines: list[str], nodes: Iterable[Node], indent: str, end: str, brackets: Brackets) -> None:
    for node in nodes:
        # No match statement: this is where the time of rendering goes, and most nodes are strings.
        if isinstance(node, str):
            lines.append(f"{indent}{node}{end}" if node else "")
        elif isinstance(node, Block):
            opening, closing = brackets(node.head)
            lines.append(indent + opening)
            _write(lines, node.body, indent + "    ", end, brackets)
            lines.append(indent + closing)
        elif isinstance(node, Comment):
            lines.append(f"{indent}# {node.text}")
        elif node is None:
            continue
        else:
            lines.append(_indented(node.text.strip(), indent))


def _indented(text: str, indent: str) -> str:
    """The text, indented only where that changes nothing: a value in quotes may go over several lines."""
    if not indent or ("\n" in text and any(mark in text for mark in "'\"\\")):
        return text
    return "\n".join(f"{indent}{line}" for line in text.split("\n"))


def nginx_text(nodes: Iterable[Node]) -> str:
    """The nodes as nginx writes them: `directive;` and `block { … }`."""
    return _text(nodes, ";", lambda head: (f"{head} {{", "}"))


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
    return _text(nodes, "", lambda head: (f"<{head}>", f"</{head.split(maxsplit=1)[0]}>"))


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
