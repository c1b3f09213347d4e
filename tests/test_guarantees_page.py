"""docs/guarantees.md: a test for each cell, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "guarantees.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/.]+\.(?:py|rs))::(\w+)`", PAGE)))


def cells() -> list[list[str]]:
    """The rows of the two tables without their heads."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]
    return [row for row in rows if row[0] not in ("source", "sink") and set(row[0]) != {"-"}]


@pytest.mark.parametrize(("path", "test"), NAMED, ids=[test for _, test in NAMED])
def test_a_named_test_exists(path: str, test: str) -> None:
    kind = "def" if path.endswith(".py") else "fn"
    assert re.search(rf"^\s*{kind} {test}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path} has no {test}"


def test_each_promise_names_a_test() -> None:
    assert len(cells()) == 11
    for name, *promises in cells():
        assert any(promises), f"nothing is said of {name}"
        for promise in filter(None, promises):
            assert "::" in promise, f"{name}: {promise!r} names no test"
