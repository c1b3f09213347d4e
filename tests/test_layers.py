"""The engine's layers are as docs/architecture.md says: each folder of src/ uses only what stands above it there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"


def documented() -> list[list[str]]:
    """The modules of each row of the table, from the bottom layer up."""
    text = (ROOT / "docs/architecture.md").read_text()
    section = text.split("## The folders, and who may use whom")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return [re.findall(r"`(\w+)(?:/|\.rs)`", row) for row in rows]


def used(source: str) -> set[str]:
    """The modules of the crate that a file names; what lib.rs hands on belongs to `error`."""
    code = re.sub(r"//.*", "", source)
    names = set(re.findall(r"\bcrate::(\w+)", code))
    for group in re.findall(r"\bcrate::\{([^}]*)\}", code):
        names.update(re.findall(r"(?:^|,)\s*(\w+)", group))
    return {"error" if name[0].isupper() else name for name in names}


def test_each_module_uses_only_those_above_it() -> None:
    below: set[str] = set()
    wrong = []
    for row in documented():
        for module in row:
            files = [SRC / f"{module}.rs"] if (SRC / f"{module}.rs").exists() else sorted((SRC / module).rglob("*.rs"))
            assert files, f"docs/architecture.md lists {module}, which is not in src/"
            for file in files:
                forbidden = used(file.read_text()) - below - {module}
                wrong += [f"{file.relative_to(ROOT)} uses crate::{name}" for name in sorted(forbidden)]
        below.update(row)
    assert not wrong, "\n".join(wrong)


def test_the_table_and_lib_rs_list_the_same_modules_in_the_same_order() -> None:
    declared = re.findall(r"^pub mod (\w+);", (SRC / "lib.rs").read_text(), re.MULTILINE)
    assert declared == [module for row in documented() for module in row]
    there = {path.stem for path in SRC.iterdir()} - {"lib"}
    assert set(declared) == there


def test_the_engine_does_not_know_python() -> None:
    named = [str(file.relative_to(ROOT)) for file in SRC.rglob("*.rs") if "pyo3" in file.read_text()]
    assert not named
    dependencies = (ROOT / "Cargo.toml").read_text().split("\n[dependencies]\n")[1].split("\n[")[0]
    assert "pyo3" not in dependencies
