"""The benchmarks run, their programs agree with the bare loop, and Flott takes its fast path (workloads.py checks)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parents[1] / "benches" / "run.py"


def test_a_small_run_agrees(tmp_path: Path) -> None:
    found = tmp_path / "runs.json"
    command = [
        sys.executable,
        str(RUN),
        "--only",
        "etl",
        "stage2",
        "typed",
        "cep",
        "cep_typed",
        "chain",
        "lambdas",
        "keyed_sum",
        "rolling_sum",
        "state",
        "state_checkpoints",
        "state_typed",
        "--n",
        "3000",
        "--reps",
        "1",
        "--peers",
    ]
    ended = subprocess.run([*command, "--json", str(found)], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    runs = {(run["workload"], run["system"]): run for run in json.loads(found.read_text())["runs"]}
    assert {system for _, system in runs} == {"loop", "flott"}
    assert runs["typed", "flott"]["facts"] == {"tasks": 1, "gate_entries": 0}
    # 100,000 keys: each of the 30,000 numbers has one of its own, so both modes have as many results
    for workload in ("keyed_sum", "rolling_sum"):
        facts = runs[workload, "flott"]["facts"]
        assert (facts["tasks"], facts["gate_entries"], facts["results"]) == (1, 0, 30_000)
    # dead letters come from two operators
    assert runs["stage2", "flott"]["facts"]["tasks"] == 2
    # what is chained is one task, and the process function is entered once a batch and once a watermark
    for workload in ("state", "state_checkpoints", "state_typed"):
        assert runs[workload, "flott"]["facts"]["tasks"] == 1
    # 30 batches of 1024 numbers through map, filter, process and print: each enters once a batch
    assert runs["lambdas", "flott"]["facts"]["gate_entries"] < 30 * 4 + 30
