"""Directives of the user's own: whether a text stays within the place where it is put."""

from __future__ import annotations

import re
from collections.abc import Iterator


class _OpenQuoteError(Exception):
    """The text ends within quotes."""


def _nginx_tokens(text: str) -> Iterator[tuple[str, str]]:
    """What nginx reads, one by one: ("", word), or (";", ""), ("{", "") and ("}", ""). Comments are left out.

    Quotes and backslashes as ngx_conf_file.c reads them, comments only where a word begins. Raises _OpenQuoteError.
    """
    word, quote, position = "", "", 0
    in_word = False
    while position < len(text):
        character = text[position]
        position += 1
        if character == "\\":
            word, in_word, position = word + text[position : position + 1], True, position + 1
        elif quote:
            word, quote = (word, "") if character == quote else (word + character, quote)
        elif character == "#" and not in_word:
            position = text.find("\n", position) + 1 or len(text)
        elif character in "\"'" and not in_word:
            quote, in_word = character, True
        elif character == "$" and text[position : position + 1] == "{":
            end = text.find("}", position) + 1 or len(text)
            word, in_word, position = word + text[position - 1 : end], True, end
        elif character in " \t\r\n;{" or (character == "}" and not in_word):
            if in_word:
                yield "", word
            if character in ";{}":
                yield character, ""
            word, in_word = "", False
        else:
            word, in_word = word + character, True
    if quote:
        raise _OpenQuoteError
    if in_word:
        yield "", word


def nginx_imbalance(text: str) -> str | None:
    """Why `text` would not stay within its block of nginx.conf, or None where it does."""
    depth, last = 0, ";"
    try:
        for mark, _ in _nginx_tokens(text):
            depth, last = depth + {"{": 1, "}": -1}.get(mark, 0), mark
            if depth < 0:
                return "closes a block that it did not open"
    except _OpenQuoteError:
        return "leaves a quote open"
    if depth:
        return "leaves a block open"
    return None if last else "ends in the middle of a directive: a ';' is missing"


def nginx_directives(text: str) -> Iterator[list[str]]:
    """The words of each directive of `text`, which is balanced; of a block only what stands before it."""
    depth, words = 0, list[str]()
    for mark, word in _nginx_tokens(text):
        if depth == 0 and not mark:
            words.append(word)
        elif depth == 0 and words:
            yield words
            words = []
        depth += {"{": 1, "}": -1}.get(mark, 0)


_SECTION = re.compile(r"<(/?)([A-Za-z]+)\b.*>?")


def httpd_imbalance(text: str) -> str | None:
    """Why `text` would not stay within its section of httpd.conf, or None where it does."""
    if text.rstrip("\n").endswith("\\"):
        return "ends with a backslash, which would join the next line to it"
    sections: list[str] = []
    for line in re.sub(r"\\\r?\n", "", text).splitlines():
        found = _SECTION.match(line.strip())
        if not found:
            continue
        closes, name = found[1] == "/", found[2].lower()
        if not closes:
            sections.append(name)
        elif not sections or sections.pop() != name:
            return f"closes <{found[2]}>, which it did not open"
    return f"leaves <{sections[-1]}> open" if sections else None
