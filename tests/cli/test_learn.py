"""``flott learn``: progress is what the tests say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.exercises.test_exercises import SOLUTIONS, copy_course


def learn(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flott.cli", "learn", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return copy_course(tmp_path, solved=False)


def solve(course: Path, *files: str) -> None:
    for file in files:
        week, name = file.split("/")
        (course / week / "exercises" / name).write_text((SOLUTIONS / week / name).read_text())


def test_the_first_task_of_a_fresh_course(course: Path) -> None:
    done = learn(course / "stage1_basic_etl")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["Week", "1", "stage1_basic_etl", "..........", "0", "of", "10", "solved"]
    assert "1.1  a job of three lines" in lines
    assert "  test:   pytest exercises/test_e01_first_job.py" in lines, "as one can type it in this folder"
    assert '    in:  ["tea", "cup"]' in lines


def test_the_next_task_is_the_first_that_is_not_solved(course: Path) -> None:
    solve(course, "stage1_basic_etl/e01_first_job.py", "stage1_basic_etl/e03_only_completed.py")
    done = learn(course, "1")
    assert done.stdout.splitlines()[0].split()[3:] == ["#.#.......", "2", "of", "10", "solved"]
    assert "\n1.2  text becomes data\n" in done.stdout
    assert "Week 2" not in done.stdout


def test_a_wrong_solution_shows_what_is_wrong(course: Path) -> None:
    file = course / "stage1_basic_etl/exercises/e01_first_job.py"
    file.write_text(file.read_text().replace('raise NotImplementedError("exercise 1.1")', "return words"))
    done = learn(course, "1.1")
    assert "1.1  a job of three lines (not right yet)" in done.stdout
    assert "0 of 2 tests pass; the first that does not:" in done.stdout
    assert "    expected: ['TEA', 'CUP']\n    got:      ['tea', 'cup']" in done.stdout


def test_a_file_that_is_no_python(course: Path) -> None:
    solve(course, "stage1_basic_etl/e03_only_completed.py")
    (course / "stage1_basic_etl/exercises/e01_first_job.py").write_text("def shout(words:\n")
    done = learn(course, "1")
    assert done.stdout.splitlines()[0].split()[3] == "x.#.......", "the others are judged all the same"
    assert "SyntaxError" in done.stdout


def test_a_solution_that_ends_the_process(course: Path) -> None:
    """Those behind it are judged all the same."""
    solve(course, "stage1_basic_etl/e03_only_completed.py")
    (course / "stage1_basic_etl/exercises/e02_read_json.py").write_text(
        "order_amounts = lambda _: __import__('os')._exit(3)"
    )
    done = learn(course, "1")
    assert done.stdout.splitlines()[0].split()[3] == ".x#......."


def test_a_solved_week(course: Path) -> None:
    solve(course, *(f"stage4_state_cep/{file.name}" for file in (SOLUTIONS / "stage4_state_cep").glob("e*.py")))
    done = learn(course, "4")
    assert done.stdout.endswith("All of them are solved.\n")
    assert "solved)" in learn(course, "4.1").stdout


def test_where_there_is_no_course(tmp_path: Path) -> None:
    done = learn(tmp_path)
    assert (done.returncode, "there is no course in" in done.stderr) == (1, True)
    assert "what to do: " in done.stderr


def test_an_exercise_that_does_not_exist(course: Path) -> None:
    done = learn(course, "7.1")
    assert (done.returncode, "there is no exercise '7.1'; say a week (1, 2, 3, 4)" in done.stderr) == (1, True)
