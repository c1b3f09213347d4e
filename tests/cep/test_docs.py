"""The examples of docs/cep.md print what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "cep.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE, flags=re.DOTALL))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_prints_what_the_page_says(name: str, tmp_path: Path) -> None:
    for each, text in EXAMPLES.items():
        # of an example that another imports something from, only what it defines
        text = text if each == name else text.partition("\nenv = ")[0]
        (tmp_path / f"{each}.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, f"{name}.py"], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 0, done.stderr
    lines = EXAMPLES[name].splitlines()
    promised = [line.partition("  # ")[2] for line in lines if "  # " in line and re.search(r"print\(|execute\(", line)]
    promised += [line.strip().removeprefix("# ") for line in lines if line.startswith("    # ")]
    assert promised
    for line in promised:
        assert line.strip() in done.stdout
