"""The exercise of the README: a job is killed, goes on from its checkpoint, and nothing is lost or there twice."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stage4_state_cep.recovery_exercise import COMMANDS, ORDERS, OUTPUT

FOLDER = Path(__file__).resolve().parents[2] / "stage4_state_cep"


def exercise(output: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, FOLDER / "recovery_exercise.py", "--output", output, "--orders", "6000", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=170)


def test_a_job_that_is_killed_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    done = exercise(tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    killed = re.search(r"kill -9 \d+\n(\d+) anomalies are in the table", done.stdout)
    found = re.search(r"anomalies in the table: ([\d,]+) found, \1 put in\n", done.stdout)
    assert killed and found
    # it was in the middle
    assert 15 <= int(killed[1]) < int(found[1].replace(",", ""))
    assert re.search(r"anomalies in the topic: ([\d,]+) found, \1 put in\n", done.stdout)
    assert re.search(r"changes in the logs: ([\d,]+) found, \1 put in\n", done.stdout)
    assert "Nothing is lost, and nothing is there twice." in done.stdout


def test_without_the_checkpoint_the_job_has_forgotten(tmp_path: Path) -> None:
    done = exercise(tmp_path / "out", "--forget")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"anomalies in the table: .* TOO MANY", done.stdout)
    assert re.search(r"changes in the logs: .* LOST", done.stdout)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_text_has_the_commands_that_the_script_runs(page: str) -> None:
    text = (FOLDER / page).read_text(encoding="utf-8")
    at = 0
    for command in COMMANDS:
        found = text.find(command.format(output=OUTPUT, orders=ORDERS), at)
        assert found > 0, command
        at = found
