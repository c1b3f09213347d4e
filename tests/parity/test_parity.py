"""Each program of this folder gives on Flott what it gives on PyFlink 1.20.3 (see golden.py).

A program's docstring says how its lines compare: ``compare: lines in any order`` where Flink doesn't define their
order, ``without subtasks`` where the subtask that prints a line (``2> ``) is the engine's choice.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = sorted(path.stem for path in (HERE / "programs").glob("*.py"))


def run(name: str, batch_size: int | None) -> str:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLOTT_")}
    if batch_size is not None:
        environ["FLOTT_BATCH_SIZE"] = str(batch_size)
    command = [sys.executable, "-m", "flott.cli", "run", str(HERE / "programs" / f"{name}.py")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def golden(name: str) -> str:
    return (HERE / "golden" / f"{name}.txt").read_text(encoding="utf-8")


def comparable(name: str, output: str) -> list[str]:
    docstring = ast.get_docstring(ast.parse((HERE / "programs" / f"{name}.py").read_text(encoding="utf-8"))) or ""
    how = docstring.partition("compare: ")[2]
    lines = output.split("\n")
    if "without subtasks" in how:
        # `3> `, and `name:3> ` where the sink has an identifier
        lines = [
            re.sub(r"^(?:(\w+):)?\d+> ", lambda match: f"{match[1]}> " if match[1] else "", line) for line in lines
        ]
    return sorted(lines) if "any order" in how else lines


@pytest.mark.parametrize("batch_size", [1, 3, None], ids=["batch1", "batch3", "batch"])
@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "execution_plan"])
def test_program(name: str, batch_size: int | None) -> None:
    assert comparable(name, run(name, batch_size)) == comparable(name, golden(name))


def test_execution_plan_has_flinks_form() -> None:
    """PyFlink puts operators of its own between a program's; those of the program are the same in both."""
    ours, theirs = (json.loads(output)["nodes"] for output in (run("execution_plan", None), golden("execution_plan")))
    keys = {frozenset(node) for node in theirs}
    # "task", beyond Flink: which operators share a thread
    assert {frozenset(node) - {"task"} for node in ours} <= keys
    edge_keys = {frozenset(edge) for node in theirs for edge in node.get("predecessors", ())}
    assert {frozenset(edge) for node in ours for edge in node.get("predecessors", ())} == edge_keys
    for what in ("pact", "parallelism"):
        assert {node[what] for node in ours} == {node[what] for node in theirs}
    for nodes in (ours, theirs):
        # PyFlink fuses Python operators: "Filter, _stream_key_by_map_operator"
        names = {name for node in nodes for name in node["type"].split(", ")}
        assert {"Source: Collection Source", "plus one", "Filter", "sum", "Sink: Print to Std. Out"} <= names
