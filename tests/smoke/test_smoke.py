"""The smoke tests of a wheel, with what is built here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = sorted(path for path in Path(__file__).parent.glob("*.py") if not path.name.startswith(("_", "test_")))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_program(program: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(program)], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_program_is_in_the_list() -> None:
    listed = (Path(__file__).parent / "README.md").read_text()
    assert [program.name for program in PROGRAMS if f"[{program.name}]({program.name})" not in listed] == []
