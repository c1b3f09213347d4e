"""The workloads: what a system is given, what it must have produced, and how Flott must have gone about it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import digest
import process_tree
from order_data import course_file, order_file, order_files, step_file
from systems import CACHE, FLOTT, LOOP, System

LIMIT_SECONDS = 900
#: How often Flott may enter Python for each record. An operator enters once a batch, which holds up to 1024 records;
#: stage2 has a dozen of them, some with side outputs, and turns objects into rows and back.
GATE_ENTRIES = {
    "etl": 0.05,
    "stage2": 0.1,
    "chain": 0.05,
    "lambdas": 0.05,
    "window": 0.05,
    "state": 0.05,
    "state_checkpoints": 0.05,
    "state_typed": 0.05,
    "window_typed": 0.0,
    "window_typed_2": 0.0,
    "cep": 0.05,
    # for matches alone, of which there are 13 for a thousand orders
    "cep_typed": 0.02,
    "tumbling": 0.0,
    "sliding": 0.0,
    "typed": 0.0,
    "keyed_sum": 0.0,
    "rolling_sum": 0.0,
}
#: Where not all operators are in one task: stage2's dead letters come from two of them, and have a task of their own.
TASKS = {"stage2": 2, "window_typed_2": 2}
#: What makes the input, where it is a file.
INPUTS: dict[str, Callable[..., Path]] = {
    "etl": order_file,
    "typed": order_file,
    "window": order_file,
    "window_typed": order_file,
    "window_typed_2": order_files,
    "cep": order_file,
    "cep_typed": order_file,
    "stage2": course_file,
    "state": step_file,
    "state_checkpoints": step_file,
    "state_typed": step_file,
}
#: Settings of a workload, where it is another one with these.
SETTINGS = {
    "state_checkpoints": (
        "execution.checkpointing.interval=1 s",
        "execution.checkpointing.dir=file://{work}/checkpoints",
    )
}
#: Workloads of which a program is told how many threads it may use.
THREADS = {"window_typed": 1, "window_typed_2": 2}
#: Where the program of the bare loop is that of another workload.
LOOPS = {
    "typed": "etl",
    "window_typed": "window",
    "window_typed_2": "window",
    "cep_typed": "cep",
    "state_checkpoints": "state",
    "state_typed": "state",
}
#: What is made of the files that a workload writes, where it is not :func:`digest.etl`.
DIGESTS: dict[str, Callable[[Path], Any]] = {
    "stage2": digest.texts,
    "cep": digest.texts,
    "cep_typed": digest.texts,
    "state": digest.texts,
    "state_checkpoints": digest.texts,
    "state_typed": digest.texts,
    "window": digest.windows,
    "window_typed": digest.windows,
    "window_typed_2": digest.windows,
}
#: Windows of numbers, with how many of them a number is in.
_SLIDING = {"tumbling": 1, "sliding": 10_000}
#: The sums, and the mode each is run in: the last sum of each key, or one for every number.
_SUMS = {"keyed_sum": "BATCH", "rolling_sum": "STREAMING"}


class Wrong(Exception):
    """A result that makes the figures worthless."""


@dataclass
class Run:
    """One run of a workload by a system; times in seconds, memory in bytes."""

    workload: str
    system: str
    records: int
    seconds: float
    wall: float
    cpu: float
    peak_rss: int
    others: float
    facts: dict[str, Any]


class Workloads:
    """Runs programs in a folder of its own, one at a time."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._references: dict[tuple[str, int], Any] = {}

    def run(self, workload: str, system: System, records: int) -> Run:
        """Runs and checks.

        :raises Wrong: if the program fails, if its results are not those of the bare loop, or if Flott did not take
            its fast path
        """
        expected = self._reference(workload, records)
        run, found = self._observe(workload, system, records)
        if found != expected:
            raise Wrong(f"{system.label} found {found}, but it is {expected}")
        if system is FLOTT:
            _check_fast_path(run)
        return run

    def _observe(self, workload: str, system: System, records: int) -> tuple[Run, Any]:
        out = self._work / "out"
        shutil.rmtree(out, ignore_errors=True)
        program = LOOPS.get(workload, workload) if system is LOOP else workload
        arguments = [str(records)] if workload in ("chain", "lambdas") else []
        if workload in _SUMS:
            arguments = [str(records), _SUMS[workload]]
        if workload in _SLIDING:
            arguments = [str(records), workload]
        if workload in INPUTS:
            # the loop reads one file, whatever others do
            make = INPUTS[program if system is LOOP else workload]
            given = make(CACHE / "bench-data", records, True) if system.strict else make(CACHE / "bench-data", records)
            arguments = [str(given), str(out)]
            if workload in THREADS and system is not LOOP:
                arguments.append(str(THREADS[workload]))
            if system is not LOOP:
                arguments += [setting.format(work=self._work) for setting in SETTINGS.get(workload, ())]
        command = system.command(program, arguments, self._work)
        environment = system.environment(self._work, THREADS.get(workload, 1))
        seen = process_tree.run(command, environment, self._work / "log", LIMIT_SECONDS)
        if seen.code != 0:
            raise Wrong(f"{system.label} ended with code {seen.code}:\n{seen.output[-3000:]}")
        outcome = re.findall(r"^OUTCOME (.*)$", seen.output, re.MULTILINE)
        facts = json.loads(outcome[-1]) if outcome else {}
        seconds = facts.pop("seconds", seen.wall)
        run = Run(workload, system.key, records, seconds, seen.wall, seen.cpu, seen.peak_rss, seen.others, facts)
        return run, _found(run, seen.output, out)

    def _reference(self, workload: str, records: int) -> Any:
        if workload == "cold":
            return list(range(1, 11))
        if workload == "lambdas":
            # of n + 1 for n from 1 to an even number, half are odd
            return [records // 2]
        if workload in _SLIDING:
            # 8 keys in each of the windows, of which one begins every 1000 numbers
            overlap = _SLIDING[workload]
            return 8 * (-(-records // 1000) + overlap - 1), records * overlap
        program = LOOPS.get(workload, workload)
        known = self._references.get((program, records))
        if known is None:
            known = self._references[program, records] = self._observe(program, LOOP, records)[1]
        return known


def _found(run: Run, output: str, out: Path) -> Any:
    workload = run.workload
    if workload in _SUMS:
        return run.facts.get("checksum"), run.facts.get("results")
    if workload in _SLIDING:
        return run.facts.get("results"), run.facts.get("records")
    if workload == "cold":
        return sorted(map(int, re.findall(r"^(\d+)$", output, re.MULTILINE)))
    if workload in ("chain", "lambdas"):
        return list(map(int, re.findall(r"(?:COUNT|TOTAL)=(\d+)", output)))
    return DIGESTS.get(workload, digest.etl)(out)


def _check_fast_path(run: Run) -> None:
    if run.workload not in GATE_ENTRIES:
        return
    tasks, entries = run.facts["tasks"], run.facts["gate_entries"]
    expected = TASKS.get(run.workload, 1)
    if tasks != expected:
        raise Wrong(f"the operators run in {tasks} tasks, and can be chained in {expected}")
    # opening and closing functions takes a few
    allowed = 100 + GATE_ENTRIES[run.workload] * run.records if GATE_ENTRIES[run.workload] else 0
    if entries > allowed:
        raise Wrong(f"Python was entered {entries} times for {run.records} records; {allowed:.0f} would do")
