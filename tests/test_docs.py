"""The documentation hangs together: links lead somewhere, and the index lists every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATTERNS = [
    "*.md",
    "docs/**/*.md",
    "config/*.md",
    "tests/*.md",
    "stage*_*/*.md",
    "stage*_*/exercises/*.md",
    "benches/*.md",
    "notebooks/*.md",
]
PAGES = sorted(page for pattern in PATTERNS for page in ROOT.glob(pattern))


def links(page: Path) -> list[str]:
    """The files a page links to, as it names them."""
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", prose)]
    return [target for target in targets if target and "://" not in target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


def test_the_index_lists_every_page() -> None:
    docs = ROOT / "docs"
    listed = {(docs / target).resolve() for target in links(docs / "README.md")}
    # Chinese pages are linked to by their English ones
    english = {page.resolve() for page in docs.rglob("*.md") if not page.name.endswith(".zh-CN.md")}
    assert english - listed == {docs / "README.md"}
