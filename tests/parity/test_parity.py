"""Each program of this folder gives on Flott what it gives on PyFlink 1.20.3 (see golden.py).

It runs at batch sizes 1, 3 and the default, and at parallelism 1, 2 and 3 unless it sets its own.

A program's docstring says how its lines compare: ``compare: lines in any order`` where Flink doesn't define their
order, ``without subtasks`` where the subtask that prints a line (``2> ``) is the engine's choice. Above the parallelism
of the golden output, which is 1 for a program that sets none, lines always compare in any order and without subtasks.
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

from tests.parity.on_flott import END_OF_OUTPUT

HERE = Path(__file__).parent
PROGRAMS = sorted(path.stem for path in (HERE / "programs").glob("*.py"))
#: as options of the environment
BATCH_SIZES: list[dict[str, str]] = [{}, {"flott.batch-size": "1"}, {"flott.batch-size": "3"}]
PARALLELISMS = [{"parallelism.default": parallelism} for parallelism in ("1", "2", "3")]


def source(name: str) -> str:
    return (HERE / "programs" / f"{name}.py").read_text(encoding="utf-8")


def golden(name: str) -> str:
    return (HERE / "golden" / f"{name}.txt").read_text(encoding="utf-8")


def sets_its_parallelism(name: str) -> bool:
    return re.search(r"^env\.set_parallelism\(", source(name), re.MULTILINE) is not None


def run(name: str, settings: list[dict[str, str]]) -> list[str]:
    """What the program prints with each of the settings."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLOTT_")}
    program = HERE / "programs" / f"{name}.py"
    command = [sys.executable, str(HERE / "on_flott.py"), str(program), json.dumps(settings)]
    done = subprocess.run(
        command, env=environ | {"PYTHONUNBUFFERED": "1"}, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(END_OF_OUTPUT)[:-1]


def comparable(name: str, output: str, *, spread: bool) -> list[str]:
    docstring = ast.get_docstring(ast.parse(source(name))) or ""
    how = docstring.partition("compare: ")[2]
    lines = output.split("\n")
    if spread or "without subtasks" in how:
        # `3> `, and `name:3> ` where the sink has an identifier
        lines = [
            re.sub(r"^(?:(\w+):)?\d+> ", lambda match: f"{match[1]}> " if match[1] else "", line) for line in lines
        ]
    return sorted(lines) if spread or "any order" in how else lines


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "execution_plan"])
def test_program(name: str) -> None:
    parallelisms = [{}] if sets_its_parallelism(name) else PARALLELISMS
    settings = [{**parallelism, **batch_size} for parallelism in parallelisms for batch_size in BATCH_SIZES]
    for setting, output in zip(settings, run(name, settings), strict=True):
        spread = setting.get("parallelism.default", "1") != "1"
        expected = comparable(name, golden(name), spread=spread)
        assert comparable(name, output, spread=spread) == expected, f"with {setting}"


def test_execution_plan_has_flinks_form() -> None:
    """PyFlink puts operators of its own between a program's; those of the program are the same in both."""
    ours, theirs = (
        json.loads(output)["nodes"] for output in (run("execution_plan", [{}])[0], golden("execution_plan"))
    )
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
