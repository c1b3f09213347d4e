"""The snippets of the documentation's pages, and what the comments in front of them say.

CONTRIBUTING.md says which comments there are, under "Documentation".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Pages that are made from the code, whose blocks are its examples.
_MADE = ("docs/errors.md", "docs/reference/")
_PATTERNS = (
    "*.md",
    "docs/**/*.md",
    "stage*_*/*.md",
    "stage*_*/exercises/*.md",
    "notebooks/*.md",
    "config/*.md",
    "tests/README.md",
    "benches/README.md",
)
_PIECE = re.compile(
    r"^<!-- snippet: (?P<mark>.*?)\s*-->\n|^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```[ ]*\n",
    re.DOTALL | re.MULTILINE,
)


@dataclass
class Snippet:
    """A block of a page."""

    line: int
    language: str
    text: str
    marks: list[str] = field(default_factory=list)
    setup: str = ""
    output: str | None = None

    @property
    def file(self) -> str | None:
        """The file that the block is, by its first line."""
        found = re.match(r"# ([\w/]+\.py)\n", self.text)
        return found[1] if found else None

    def mark(self, name: str) -> str | None:
        """What stands behind that mark; None without it."""
        return next((mark.removeprefix(name).strip(" :") for mark in self.marks if mark.startswith(name)), None)

    @property
    def promised(self) -> list[str]:
        """What the comments behind or below a ``print`` say that it prints."""
        lines = self.text.splitlines()
        found: list[str] = []
        for number, line in enumerate(lines):
            if not re.search(r"\bprint\(|\bexecute\(", line):
                continue
            if "  # " in line:
                found.append(line.partition("  # ")[2].strip())
                continue
            below = line[: len(line) - len(line.lstrip())] + "# "
            for comment in lines[number + 1 :]:
                if not comment.startswith(below):
                    break
                found.append(comment.removeprefix(below).strip())
        return found


def pages() -> list[str]:
    """All pages, by their paths in the repository."""
    found = {path.relative_to(ROOT).as_posix() for pattern in _PATTERNS for path in ROOT.glob(pattern)}
    return sorted(name for name in found if not name.startswith(_MADE))


def snippets(text: str) -> list[Snippet]:
    """The blocks of a page."""
    found: list[Snippet] = []
    marks: list[str] = []
    setup, end = "", 0
    for piece in _PIECE.finditer(text):
        adjacent = not text[end : piece.start()].strip()
        if not adjacent:
            marks = []
        end = piece.end()
        if mark := piece["mark"]:
            if mark.startswith("setup\n"):
                setup += mark.removeprefix("setup\n") + "\n"
            else:
                marks.append(mark)
            continue
        width = len(piece["indent"])
        block = "".join(line[width:] if line.strip() else "\n" for line in piece["text"].splitlines(keepends=True))
        if adjacent and not marks and found and found[-1].language == "python" and piece["language"] in ("", "text"):
            found[-1].output = block
        else:
            line = text.count("\n", 0, piece.start()) + 2
            found.append(Snippet(line, piece["language"], block, marks, setup))
        marks = []
    return found
