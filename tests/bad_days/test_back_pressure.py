"""What is behind is slower than what is in front: the source waits, and memory does not grow."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bad_days.process import run

MB = 1 << 20


def test_a_slow_function_holds_the_source_back(tmp_path: Path) -> None:
    """1,000 records a second of 8 kB behind a source that makes hundreds of thousands."""
    ended, _ = run("slow", tmp_path, seconds=4, size=8192)
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert 500 < told["passed"] < 5000
    # an exchange holds 8192 records; a batch waits on each side, and one is being worked at
    assert told["most"] <= 8192 + 3 * 1024
    assert told["grown"] < 8192 * 8192 * 2 + 50 * MB
    ended.leaves_nothing()


def test_large_records_count_by_their_size(tmp_path: Path) -> None:
    """Of records of 1 MB an exchange holds few: its limit is 8 MB, however few records that is."""
    ended, _ = run("slow", tmp_path, seconds=3, size=MB)
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert told["passed"] > 100
    assert told["grown"] < 400 * MB, told
    ended.leaves_nothing()
