"""Docstrings for the reference: Sphinx's roles and literal blocks become Markdown, and names become links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import griffe

_REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
_ROLE = re.compile(r":(?:class|meth|func|mod|attr|data|exc):`[~!]?([^`]+)`")
_FIELD = re.compile(r"^:(?:param|return|returns|raises|ivar|var|rtype|type)\b")


def documented() -> dict[str, str]:
    """The full name of each object that is on a page of the reference, by its own name."""
    pages = "".join(page.read_text(encoding="utf-8") for page in sorted(_REFERENCE.glob("*.md")))
    return {name.rpartition(".")[2]: name for name in re.findall(r"^::: (\S+)$", pages, flags=re.MULTILINE)}


def markdown(text: str, of: griffe.Object | griffe.Alias, known: dict[str, str]) -> str:
    """A docstring as Markdown; fields such as ``:param x:`` stay what they are.

    :param known: full name by name of what can be linked to
    """
    made: list[str] = []
    literal = False  # in an indented block behind "::"
    lines = text.splitlines()
    # where nothing but a block is behind the first line, its indentation was taken for the docstring's
    bare = text.partition("\n")[0].endswith("::") and bool(lines[2:]) and not lines[2].startswith(" ")
    for line in lines:
        if literal:
            if bare or not line.strip() or line.startswith(" "):
                made.append(line)
                continue
            _close(made)
            literal = False
        line = re.sub(r"``(.+?)``", r"`\1`", _ROLE.sub(lambda found: _link(found[1], of, known), line))
        if line.rstrip().endswith("::") and not _FIELD.match(line):
            before = line.rstrip().removesuffix("::").rstrip()
            made += [f"{before}:", "", "```python"] if before else ["```python"]
            literal = True
            continue
        made.append(line)
    if literal:
        _close(made)
    return "\n".join(made)


def _close(made: list[str]) -> None:
    """Ends a literal block: its lines without their indentation, and a fence."""
    start = max(number for number, line in enumerate(made) if line == "```python") + 1
    body = "\n".join(made[start:]).strip("\n").splitlines()
    width = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=0)
    made[start:] = [*(line[width:] for line in body), "```", ""]


def _link(name: str, of: griffe.Object | griffe.Alias, known: dict[str, str]) -> str:
    shown = name if name.count(".") < 2 else name.rpartition(".")[2]
    owner, _, member = name.rpartition(".")
    if name in known.values():
        return f"[`{shown}`][{name}]"
    if name in known:
        return f"[`{name}`][{known[name]}]"
    if owner in known:
        return f"[`{name}`][{known[owner]}.{member}]"
    scope = of if of.is_class else of.parent
    if not owner and scope is not None and scope.is_class and scope.name in known and name in scope.members:
        return f"[`{name}`][{known[scope.name]}.{name}]"
    return f"`{shown}`"


class Docstrings(griffe.Extension):
    """Rewrites the docstrings of a package when it is loaded."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Rewrites those of the package and of all that is in it."""
        known = documented()
        seen: set[str] = set()
        waiting: list[griffe.Object] = [pkg]
        while waiting:
            each = waiting.pop()
            if each.path in seen:
                continue
            seen.add(each.path)
            if each.docstring is not None:
                each.docstring.value = markdown(each.docstring.value, each, known)
            waiting += [member for member in each.members.values() if not member.is_alias]
