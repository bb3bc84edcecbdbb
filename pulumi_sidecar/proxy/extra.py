"""Directives of the user's own: whether a text stays within the place where it is put."""

from __future__ import annotations

import re


def nginx_imbalance(text: str) -> str | None:
    """Why `text` would not stay within its block of nginx.conf, or None where it does.

    Follows nginx's own tokens: quotes and backslashes as ngx_conf_file.c reads them, comments only where a word begins.
    """
    depth, quote, in_word, complete = 0, "", False, True
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character == "\\":
            position += 1
            in_word, complete = True, False
        elif quote:
            quote = "" if character == quote else quote
        elif character in " \t\r\n":
            in_word = False
        elif character == "#" and not in_word:
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif character in "\"'" and not in_word:
            quote, in_word, complete = character, True, False
        elif character == ";":
            in_word, complete = False, True
        elif character == "$" and text[position : position + 1] == "{":
            position = text.find("}", position) + 1 or len(text)
            in_word, complete = True, False
        elif character in "{}" and (character == "{" or not in_word):
            depth += 1 if character == "{" else -1
            in_word, complete = False, True
            if depth < 0:
                return "closes a block that it did not open"
        else:
            in_word, complete = True, False
    if quote:
        return "leaves a quote open"
    if depth:
        return "leaves a block open"
    return None if complete else "ends in the middle of a directive: a ';' is missing"


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
