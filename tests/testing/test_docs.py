"""The examples of docs/testing.md do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


def test_the_examples_pass(pytester: pytest.Pytester) -> None:
    files = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    pytester.makepyfile(**dict(files))
    # one a page and file, and twenty seeds
    pytester.runpytest_subprocess("--engine=flott").assert_outcomes(passed=25)
