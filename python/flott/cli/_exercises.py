"""The exercises of the course, and how far somebody has come with them: what their tests say, and nothing else.

An exercise is a file ``e03_name.py`` in the folder ``exercises`` of a week, with its tests in ``test_e03_name.py``.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

__all__ = ["Exercise", "Result", "Verdict", "exercises", "find_course", "judge"]

_WEEK = re.compile(r"stage(\d+)_\w+\Z")
_FILE = re.compile(r"e(\d+)_\w+\Z")

#: How long the tests of an exercise may take, in seconds, and how long it may be before the first of them begins.
_PATIENCE, _START = 3, 20


@dataclass(frozen=True)
class Exercise:
    """One task.

    :param week: which week of the course it belongs to.
    :param number: which one of that week it is.
    """

    week: int
    number: int
    path: Path

    @property
    def name(self) -> str:
        """What it is called on the command line: ``2.3``."""
        return f"{self.week}.{self.number}"

    @property
    def tests(self) -> Path:
        """The file with its tests."""
        return self.path.with_name(f"test_{self.path.name}")

    def title(self) -> str:
        """What the file says in its first line, without the number."""
        text = ast.get_docstring(_tree(self.path)) or self.path.stem
        return text.partition("\n")[0].partition(": ")[2].rstrip(".") or text

    def task(self) -> str:
        """What is to be built: the docstrings of the file's functions and classes, each below its name."""
        parts: list[str] = []
        for node in _tree(self.path).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                text = ast.get_docstring(node)
                unfinished = any(isinstance(each, ast.Raise) for each in ast.walk(node))
                if text is not None and (unfinished or not parts):
                    parts.append(f"{node.name}\n\n{text}")
        return "\n\n".join(parts)


class Verdict(Enum):
    """What the tests say."""

    SOLVED = "solved"
    UNTOUCHED = "to do"
    WRONG = "not right yet"


@dataclass
class Result:
    """What the tests of one exercise say.

    :param failure: the first thing that is wrong, for a person.
    """

    passed: int = 0
    untouched: int = 0
    failed: int = 0
    failure: str = field(default="")

    @property
    def verdict(self) -> Verdict:
        """All tests pass; or nothing has been written yet; or something else."""
        if self.passed and not (self.untouched or self.failed):
            return Verdict.SOLVED
        return Verdict.WRONG if self.failed or self.passed else Verdict.UNTOUCHED

    def _fail(self, what: str) -> None:
        self.failed += 1
        self.failure = self.failure or what


def find_course(start: Path) -> Path | None:
    """The folder of the course: ``start`` or the nearest one above it that has weeks with exercises."""
    return next((folder for folder in (start, *start.parents) if any(folder.glob("stage*_*/exercises/e*.py"))), None)


def exercises(course: Path) -> list[Exercise]:
    """All exercises of the course, in their order."""
    found = []
    for path in course.glob("stage*_*/exercises/e*.py"):
        week, file = _WEEK.match(path.parents[1].name), _FILE.match(path.stem)
        if week and file:
            found.append(Exercise(int(week[1]), int(file[1]), path))
    return sorted(found, key=lambda exercise: (exercise.week, exercise.number))


def judge(course: Path, chosen: Sequence[Exercise]) -> dict[Exercise, Result]:
    """Runs the tests of these exercises with pytest, in a process of its own.

    :raises ModuleNotFoundError: if pytest is not installed
    """
    results = {exercise: Result() for exercise in chosen}
    if not results:
        return results
    by_file = {exercise.tests.relative_to(course).as_posix(): result for exercise, result in results.items()}
    with tempfile.TemporaryDirectory(prefix="flott-learn-") as folder:
        report = Path(folder) / "report"
        report.touch()
        output = _run_pytest(course, chosen, report)
        events = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    begun: str | None = None
    for event in events:
        begun = event["test"] if event["what"] == "begun" else None
        result = by_file.get(event["test"].partition("::")[0])
        if result is None or begun is not None:
            continue
        if event["what"] == "failed":
            result._fail(event["text"])
        elif event["what"] == "passed":
            result.passed += 1
        else:
            result.untouched += 1
    if begun is not None:
        test = begun.rpartition("::")[2]
        file = begun.partition("::")[0]
        by_file[file]._fail(f"{test} does not end, or has taken the process with it\n{output}")
        # pytest runs files in the order given: those behind it have not had their turn
        behind = list(by_file).index(file) + 1
        results |= judge(course, chosen[behind:])
    elif not events:
        raise RuntimeError(f"pytest ran no tests:\n{output}")
    return results


def _run_pytest(course: Path, chosen: Sequence[Exercise], report: Path) -> str:
    """Runs the tests; what becomes of each is a line in ``report``. Returns what pytest said."""
    import importlib.util

    if importlib.util.find_spec("pytest") is None:
        raise ModuleNotFoundError("the exercises are tests: pip install pytest")
    tests = [exercise.tests for exercise in chosen]
    patience = _START + _PATIENCE * len(tests)
    command = [sys.executable, "-m", "pytest", "-c", str(tests[0].with_name("pytest.ini")), f"--rootdir={course}"]
    # a file that is no Python yet says nothing of the others
    command += ["-q", "--continue-on-collection-errors", "-p", "no:cacheprovider", "-p", "flott.cli._verdicts"]
    command += map(str, tests)
    environ = {**os.environ, "FLOTT_LEARN_REPORT": str(report), "PYTEST_ADDOPTS": ""}
    try:
        done = subprocess.run(command, cwd=course, env=environ, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired:
        return f"stopped after {patience} seconds"
    return (done.stdout + done.stderr).strip()


def _tree(path: Path) -> ast.Module:
    """The file as a syntax tree; an empty one where it is no Python yet."""
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError):
        return ast.Module([], [])
