"""Sources, sinks and async functions in Python: the process is killed, or Ctrl-C comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bad_days.process import Job, run

COUNT = 4000


def visible(folder: Path) -> list[int]:
    return [int(line) for file in folder.glob("*.visible") for line in file.read_text().splitlines()]


def safe(folder: Path) -> set[int]:
    """What no later run reads again."""
    positions = {int(file.name.partition("-")[2]): int(file.read_text()) for file in folder.glob("position-*")}
    return {number for split, position in positions.items() for number in range(split, min(position, COUNT), 4)}


@pytest.mark.parametrize("parallelism", [1, 2])
def test_nothing_that_was_committed_is_missing(parallelism: int, tmp_path: Path) -> None:
    """Killed three times, finished by a fourth run."""
    folder = tmp_path / "numbers"
    folder.mkdir()
    options = {"place": str(folder), "count": COUNT, "parallelism": parallelism}
    before = 0
    for _ in range(3):
        with Job("python_connectors", tmp_path, pause=0.005, **options) as job:
            goal = before + COUNT // 8
            job.until(lambda goal=goal: len(safe(folder)) >= goal, "progress")  # type: ignore[misc]
            job.kill()
        committed = safe(folder)
        assert committed <= set(visible(folder))
        assert len(committed) < COUNT, "it was killed too late"
        before = len(committed)
    ended, _ = run("python_connectors", tmp_path, **options)
    assert ended.code == 0, ended.err
    ended.leaves_nothing()
    written = visible(folder)
    assert set(written) == set(range(COUNT)) == safe(folder)
    # at least once, and not everything again
    assert len(written) < 2 * COUNT


def test_ctrl_c_while_calls_are_under_way(tmp_path: Path) -> None:
    folder = tmp_path / "numbers"
    folder.mkdir()
    with Job("python_connectors", tmp_path, place=str(folder), count=COUNT, parallelism=2, answer=600) as job:
        job.until(lambda: "started" in job.out, "the start")
        job.interrupt()
        ended = job.end()
    assert ended.code == -2, ended.err
    assert ended.err.splitlines()[-1] == "KeyboardInterrupt"
    ended.leaves_nothing()
    assert ended.seconds < 3
    assert visible(folder) == []
