"""Markdown as GitHub reads it, rewritten so that Python-Markdown, which MkDocs uses, reads it the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_FENCE = re.compile(r"^ *(`{3,}|~{3,})")
_ITEM = re.compile(r"^( *)([-*+]|\d{1,3}[.)])( +)(?=\S)")
_SNIPPET = re.compile(r"^<!-- snippet:.*?-->\n", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?P<code>(`+)(?!`).+?(?<!`)\2(?!`))|(?<=\]\()(?P<target>[^)\s]+)(?=[)\s])", re.DOTALL)


def parts(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces: whether each is a fenced block, and its lines."""
    fence, lines = "", []
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if not fence and found:
            if lines:
                yield False, "".join(lines)
            fence, lines = found[1], [line]
            continue
        lines.append(line)
        if fence and found and found[1].startswith(fence) and not line.strip(" \n").strip(fence[0]):
            yield True, "".join(lines)
            fence, lines = "", []
    if lines:
        yield bool(fence), "".join(lines)


def links(text: str) -> list[str]:
    """The targets of all links and pictures that are not in code."""
    prose = "".join(part for fenced, part in parts(text) if not fenced)
    return [found["target"] for found in _LINK.finditer(prose) if found["target"]]


def with_links(text: str, change: Callable[[str], str]) -> str:
    """The text with other targets of its links."""

    def changed(found: re.Match[str]) -> str:
        return found[0] if found["code"] else change(found["target"])

    return "".join(part if fenced else _LINK.sub(changed, part) for fenced, part in parts(text))


def without_snippets(text: str) -> str:
    """The text without the comments that tell the test of the snippets how to run them."""
    return _SNIPPET.sub("", text)


def with_wide_lists(text: str) -> str:
    """The text with what belongs to a list's item indented by four columns, and an empty line before each list.

    GitHub takes what stands below the item's text as its own, and a list right behind a paragraph as a list.
    """
    made: list[str] = []
    items: list[int] = []  # the column of the text of each item that is open
    before = ""
    for fenced, part in parts(text):
        lines = part.splitlines(keepends=True)
        for number, line in enumerate(lines):
            if not line.strip():
                made.append(line)
                before = ""
                continue
            column = len(line) - len(line.lstrip(" "))
            found = None if fenced else _ITEM.match(line)
            if not fenced or number == 0:
                # a line behind a paragraph's may begin anywhere; others end the items they are not below
                ends = found or fenced or not before
                while items and column < items[-1] and (ends or (column == 0 and line[0] in "#|")):
                    items.pop()
            base = items[-1] if items else 0
            shifted = " " * (4 * len(items)) + (line[base:] if not line[:base].strip() else line.lstrip(" "))
            if found:
                if before and not _ITEM.match(before) and not items:
                    made.append("\n")
                shifted = " " * (4 * len(items)) + found[2] + " " * max(1, 4 - len(found[2])) + line[found.end() :]
                items.append(found.end())
            made.append(shifted)
            before = "" if fenced else line
    return "".join(made)
