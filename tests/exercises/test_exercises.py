"""The exercises can be solved, and nobody has solved them: untouched ones fail, the reference solutions pass."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flott.cli._exercises import Exercise, Result, Verdict, exercises, judge

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = Path(__file__).parent / "solutions"
EXERCISES = exercises(ROOT)

Results = dict[Exercise, Result]


def copy_course(folder: Path, solved: bool) -> Path:
    """The exercises in a folder of their own, so that no test depends on what somebody has written into them here."""
    for exercises_folder in ROOT.glob("stage*_*/exercises"):
        week = exercises_folder.parent.name
        shutil.copytree(exercises_folder, folder / week / "exercises", ignore=shutil.ignore_patterns("__pycache__"))
        if solved:
            shutil.copytree(SOLUTIONS / week, folder / week / "exercises", dirs_exist_ok=True)
    (folder / "utils").mkdir()
    shutil.copy(ROOT / "utils" / "exercise.py", folder / "utils")
    return folder


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Results:
    course = copy_course(tmp_path_factory.mktemp("untouched"), solved=False)
    return judge(course, exercises(course))


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Results:
    course = copy_course(tmp_path_factory.mktemp("solved"), solved=True)
    return judge(course, exercises(course))


def of(results: Results, name: str) -> Result:
    return next(result for exercise, result in results.items() if exercise.name == name)


@pytest.mark.parametrize("name", [exercise.name for exercise in EXERCISES])
def test_every_test_of_an_untouched_exercise_fails(untouched: Results, name: str) -> None:
    result = of(untouched, name)
    assert (result.verdict, result.passed, result.failure) == (Verdict.UNTOUCHED, 0, "")
    assert result.untouched > 0, "an exercise without tests judges nothing"


@pytest.mark.parametrize("name", [exercise.name for exercise in EXERCISES])
def test_the_reference_solution_passes(solved: Results, name: str) -> None:
    result = of(solved, name)
    assert result.failure == ""
    assert result.verdict is Verdict.SOLVED


@pytest.mark.parametrize("week", sorted({exercise.week for exercise in EXERCISES}))
def test_a_week_has_exercises_enough(week: int) -> None:
    numbers = [exercise.number for exercise in EXERCISES if exercise.week == week]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 8


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_task_says_what_goes_in_and_what_comes_out(exercise: Exercise) -> None:
    task = exercise.task()
    assert "in:" in task
    assert "out:" in task
    assert exercise.path.read_text().startswith(f'"""Exercise {exercise.name}: ')


def test_a_failure_teaches(tmp_path: Path) -> None:
    """Input, expected, got and an idea: for a solution that does almost what it should."""
    course = copy_course(tmp_path, solved=False)
    (exercise,) = [each for each in exercises(course) if each.name == "1.3"]
    almost = "return orders.filter(lambda order: order['status'] == 'completed' and order['amount'] > least)"
    exercise.path.write_text(exercise.path.read_text().replace('raise NotImplementedError("exercise 1.3")', almost))
    result = judge(course, [exercise])[exercise]
    assert result.verdict is Verdict.WRONG
    assert "input:    [{'status': 'completed', 'amount': 12.5}" in result.failure
    assert (
        "expected: [{'status': 'completed', 'amount': 12.5}, {'status': 'completed', 'amount': 10}]" in result.failure
    )
    assert "got:      [{'status': 'completed', 'amount': 12.5}]" in result.failure
    assert "idea:     'at least 10' lets 10 itself through" in result.failure


def test_a_forgotten_return_is_named(tmp_path: Path) -> None:
    course = copy_course(tmp_path, solved=False)
    (exercise,) = [each for each in exercises(course) if each.name == "1.2"]
    exercise.path.write_text(exercise.path.read_text().replace('raise NotImplementedError("exercise 1.2")', "messages"))
    failure = judge(course, [exercise])[exercise].failure
    assert "order_amounts() has to return a stream, and returned None" in failure
