"""Each program of this folder gives on Flott what it gives on PyFlink, also where it crashes: a checkpoint in the
middle of the input, a crash, a restore at another parallelism, and the same golden output.

The jobs run on the simulated executor (see crashing.py), where what they print appears once, when its checkpoint is
complete. Lines compare as in test_parity.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tests.parity.test_parity import HERE, PROGRAMS, comparable, golden, sets_its_parallelism

#: How many programs share a process.
TOGETHER = 12

#: What can't be the same with a crash, or at all on the simulated executor.
LEFT_OUT: dict[str, str] = {
    "execution_plan": "prints a plan, and runs nothing",
}
#: Programs with a job that never goes on in the middle of its input, so that it only begins anew.
NEVER_IN_THE_MIDDLE: dict[str, str] = {}

TESTED = [name for name in PROGRAMS if name not in LEFT_OUT]


@cache
def runs(chunk: int) -> dict[str, list[dict[str, Any]]]:
    """What the programs of a chunk have done, by name: first without a crash."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLOTT_")}
    programs = [str(HERE / "programs" / f"{name}.py") for name in TESTED[chunk * TOGETHER : (chunk + 1) * TOGETHER]]
    done = subprocess.run(
        [sys.executable, str(HERE / "crashing.py"), *programs],
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        run = json.loads(line)
        found.setdefault(run["program"], []).append(run)
    return found


@pytest.mark.parametrize("name", TESTED)
def test_program_with_crashes(name: str) -> None:
    all = runs(TESTED.index(name) // TOGETHER)[name]
    for run in all:
        assert run["error"] is None, f"with seed {run['seed']}: {run['error']}\n" + "\n".join(run["starts"])
        spread = run["seed"] > 0 and not sets_its_parallelism(name)
        shown = comparable(name, run["output"], spread=spread)
        assert shown == comparable(name, golden(name), spread=spread), f"with seed {run['seed']}: {run['starts']}"
    reached = [any(middle) for middle in zip(*(run["middle"] for run in all))]
    assert all_true(reached) != (name in NEVER_IN_THE_MIDDLE), f"which jobs went on in the middle: {reached}"


def all_true(reached: list[bool]) -> bool:
    return all(reached)


def test_the_lists_of_exceptions_name_programs() -> None:
    assert {*LEFT_OUT, *NEVER_IN_THE_MIDDLE} <= set(PROGRAMS)
