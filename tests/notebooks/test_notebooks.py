"""The notebooks run in a real kernel, and what is stored in them is what they show."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tools")
    import notebooks  # type: ignore[import-not-found]

    made: ModuleType = notebooks
    return made


def shown(notebook: Any) -> dict[str, list[str]]:
    """What the cells show as text, by their ids; nothing of those whose output is never the same."""
    texts: dict[str, list[str]] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "volatile" not in cell.metadata.get("tags", []):
            texts[cell.id] = [each.get("text") or each["data"]["text/plain"] for each in cell.outputs]
    return texts


def test_there_is_a_tour_and_one_for_each_week() -> None:
    weeks = sorted(re.match(r"stage(\d)", folder.name)[1] for folder in ROOT.glob("stage*_*"))  # type: ignore[index]
    assert [path.stem for path in NOTEBOOKS] == ["five_minutes", *(f"week{week}" for week in weeks)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_is_stored_in_it(path: Path, tool: ModuleType) -> None:
    """``make notebooks`` stores what it shows now."""
    stored = nbformat.read(path, as_version=4)
    assert shown(tool.execute(path)) == shown(stored)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_can_be_read_without_running_it(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert sum(bool(cell.outputs) for cell in code) >= 3
    text = path.read_text()
    assert not [place for place in (str(ROOT), sys.prefix, "/tmp/") if place in text], "nothing of one machine"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_to_files(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", prose)]
    assert [target for target in targets if not (path.parent / target).exists()] == []
