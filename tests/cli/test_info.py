"""``flott info`` shows what would run, and runs nothing; ``flott sql`` says that it is not there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

JOB = """\
import sys
from pathlib import Path
from pyflink.datastream import StreamExecutionEnvironment

def touch(value):
    Path("ran").touch()
    return value

print("arguments", sys.argv[1:])
env = StreamExecutionEnvironment.get_execution_environment()
try:
    env.from_collection([1, 2]).map(touch).name("touch").set_parallelism(2).print()
    env.execute()
except Exception:
    print("the program catches everything")
print("behind execute()")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path


def flott(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flott.cli", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("program", [["job.py"], ["-pym", "job"]])
def test_the_plan_and_nothing_else(folder: Path, program: list[str]) -> None:
    done = flott(folder, "info", "-p", "3", *program, "--input", "orders")
    assert done.returncode == 0, done.stderr
    nodes = json.loads(done.stdout)["nodes"]
    assert [(node["contents"], node["parallelism"]) for node in nodes] == [
        ("Source: Collection Source", 1),
        ("touch", 2),
        ("Sink: Print to Std. Out", 3),
    ]
    assert done.stderr == "arguments ['--input', 'orders']\n", "the program ends at its execute()"
    assert not (folder / "ran").exists()


def test_a_program_without_a_job(folder: Path) -> None:
    (folder / "none.py").write_text("print('hello')")
    done = flott(folder, "info", "none.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "hello\nflott info: the program ended without execute(): it has no job to show\n"


def test_a_program_that_fails_before_its_job(folder: Path) -> None:
    (folder / "fails.py").write_text("import pyflink\nraise KeyError('amount')")
    done = flott(folder, "info", "fails.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("KeyError: 'amount'\n")


def test_which_program(folder: Path) -> None:
    assert "which program?" in flott(folder, "info").stderr
    missing = flott(folder, "info", "missing.py")
    assert (missing.returncode, "there is no file missing.py" in missing.stderr) == (2, True)


def test_sql_is_not_there_yet(folder: Path) -> None:
    done = flott(folder, "sql", "-f", "query.sql")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("flott sql: SQL and the Table API are not in this version of Flott yet\nwhat to do: ")
