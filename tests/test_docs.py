"""The documentation hangs together: links lead somewhere, and the index lists every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = [
    "",
    "docs",
    "docs/connectors",
    "config",
    "tests",
    "stage1_basic_etl",
    "stage2_data_transformation",
    "stage3_window_statistics",
    "stage4_state_cep",
    *(str(folder.relative_to(ROOT)) for folder in ROOT.glob("stage*_*/exercises")),
    "benches",
]
PAGES = sorted(page for folder in FOLDERS for page in (ROOT / folder).glob("*.md"))


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
    assert {page.resolve() for page in docs.rglob("*.md")} - listed == {docs / "README.md"}
