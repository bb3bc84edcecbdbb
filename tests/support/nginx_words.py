"""nginx.conf taken apart as nginx does it: words, directives, blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Directive = tuple[tuple[str, ...], "tuple[Directive, ...] | None"]


def tokens(text: str) -> Iterator[str | tuple[str]]:
    """Words as 1-tuples; ';', '{' and '}' as themselves. After ngx_conf_file.c, and stricter: unknown is an error."""
    position, end = 0, len(text)
    while position < end:
        character = text[position]
        if character.isspace():
            position += 1
        elif character == "#":
            position = text.index("\n", position)
        elif character in ";{}":
            yield character
            position += 1
        else:
            word = ""
            quote = character if character in "\"'" else ""
            position += bool(quote)
            while True:
                character = text[position]
                if character == "\\":
                    word += text[position : position + 2]
                    position += 2
                elif (quote and character == quote) or (not quote and (character.isspace() or character in ";{")):
                    break
                else:
                    word += character
                    position += 1
            position += bool(quote)
            assert not quote or text[position] in " \n;{", f"text behind a quote: {text[position : position + 20]!r}"
            yield (word,)


def parse(tokens: Iterator[str | tuple[str]], inner: bool = False) -> tuple[Directive, ...]:
    found: list[Directive] = []
    words: list[str] = []
    for token in tokens:
        if isinstance(token, tuple):
            words.append(token[0])
        elif token == "}":
            assert inner
            assert not words, words
            return tuple(found)
        else:
            assert words, "a directive without words"
            found.append((tuple(words), parse(tokens, True) if token == "{" else None))
            words = []
    assert not inner
    assert not words
    return tuple(found)


def directives(text: str) -> tuple[Directive, ...]:
    """nginx.conf as a tree."""
    return parse(tokens(text))


OPEN = {"map", "geo", "types"}
"""Blocks whose lines are values, not directives."""


def skeleton(tree: tuple[Directive, ...], values: bool = False) -> tuple[Any, ...]:
    """The tree without values: names and numbers of words."""
    return tuple(
        ("" if values else words[0], len(words), None if body is None else skeleton(body, words[0] in OPEN))
        for words, body in tree
    )


def flat(tree: tuple[Directive, ...]) -> Iterator[tuple[str, ...]]:
    for words, body in tree:
        yield words
        yield from flat(body or ())
