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

LEFT_OUT = {
    "execution_plan": "runs nothing",
    "job_results": "looks at a job while it runs; a simulated one has ended when execute_async() returns",
}

#: Those of which a crash changes what they show, on Flink too: they run without one.
SHOW_THE_CRASH = {
    "broadcast_process": "keeps what waits in an attribute",
    "files": "shows the names of files: each start of a job begins new ones",
    "function_lifecycle": "shows how often functions were made and opened, and what they have in attributes",
    "keyed_process": "numbers records in an attribute",
    "lifecycle_order": "shows in which order functions are opened and closed",
    "metric_calls": "shows counters, which begin at 0 with each start",
    "partition_counts": "counts what each subtask gets of a rebalance, which begins anew with each start",
}

#: BATCH mode holds records back and stores nothing: a job begins anew, and shows again what it had shown.
NOTHING_IS_STORED = {
    "aggregates",
    "batch_broadcast",
    "cached_stream",
    "connect_chain",
    "number_sequence",
    "reduce_batch",
    "state_rich_reduce",
    "sum_batch",
}

TESTED = [name for name in PROGRAMS if name not in LEFT_OUT]


@cache
def runs(chunk: int) -> dict[str, list[dict[str, Any]]]:
    """What the programs of a chunk have done, by name: first without a crash."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLOTT_")}
    programs = [str(HERE / "programs" / f"{name}.py") for name in TESTED[chunk * TOGETHER : (chunk + 1) * TOGETHER]]
    command = [sys.executable, str(HERE / "crashing.py"), *programs]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, encoding="utf-8", timeout=150)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        run = json.loads(line)
        found.setdefault(run["program"], []).append(run)
    return found


@pytest.mark.parametrize("name", TESTED)
def test_program_with_crashes(name: str) -> None:
    calm, *crashed = runs(TESTED.index(name) // TOGETHER)[name]
    check(name, calm)
    if name in SHOW_THE_CRASH:
        return
    for run in crashed:
        check(name, run)
    # each job that has records enough went on in the middle of them
    jobs = [[run["middle"][job] for run in crashed] for job in range(len(calm["middle"]))]
    begun_anew = [number for number, job in enumerate(jobs, 1) if None not in job and not any(job)]
    assert not begun_anew or name in NOTHING_IS_STORED, f"these jobs never went on from the middle: {begun_anew}"


def check(name: str, run: dict[str, Any]) -> None:
    how = f"with seed {run['seed']}:\n" + "\n".join(run["starts"])
    assert run["error"] is None, f"{how}\n{run['error']}"
    shown = comparable(name, run["output"], spread=run["spread"])
    expected = comparable(name, golden(name), spread=run["spread"])
    if name in NOTHING_IS_STORED and run["seed"]:
        assert set(shown) == set(expected), how
    else:
        assert shown == expected, how


def test_programs_run_at_several_parallelisms_where_they_leave_it_open() -> None:
    """Of those in the first process at least one is restored at another one."""
    changed = set()
    for name, all in runs(0).items():
        if not sets_its_parallelism(name) and any(run["spread"] for run in all):
            changed.add(name)
    assert changed


def test_the_lists_of_exceptions_name_programs() -> None:
    assert {*LEFT_OUT, *SHOW_THE_CRASH, *NOTHING_IS_STORED} <= set(PROGRAMS)
