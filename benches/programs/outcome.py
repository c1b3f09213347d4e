"""Runs a job and says how long it took and, where the engine is Flott, how it went about it."""

from __future__ import annotations

import json
import sys
from typing import Any


def run(env: Any) -> None:
    """Executes and prints a line ``OUTCOME {…}``; see :func:`tell`."""
    if "flott" not in sys.modules:
        tell(env.execute("benchmark").get_net_runtime() / 1000)
        return
    from flott._flott import gate_entries

    tasks = {node["task"] for node in json.loads(env.get_execution_plan())["nodes"]}
    before = gate_entries()
    result = env.execute("benchmark")
    tell(result.get_net_runtime() / 1000, tasks=len(tasks), gate_entries=gate_entries() - before)


def tell(seconds: float, **facts: int) -> None:
    """:param seconds: how long the work took, without the start of the process"""
    print("OUTCOME", json.dumps({"seconds": seconds, **facts}), flush=True)
