"""``flott learn``: how far you have come with the exercises of the course, and what is next."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flott.cli._exercises import Exercise, Result

_NO_COURSE = """\
there is no course in {folder}, nor above it
what to do: the exercises are part of Flott's source, beside the four weeks they belong to. Get it (git clone, or the
source archive of a release), go into its folder, and say 'flott learn' again; or name the folder: --course DIR"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "learn",
        help="show how far you are with the course's exercises, and the next one",
        description="Runs the tests of the course's exercises, says how many of each week are solved, and shows the "
        "next one: what to build, in which file, and how to test it.",
        epilog="examples:\n"
        "  flott learn         all weeks, and the next exercise\n"
        "  flott learn 3       week 3 alone\n"
        "  flott learn 3.4     one exercise, solved or not\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("which", nargs="?", metavar="WEEK[.NUMBER]", help="one week, or one exercise, such as 3 or 3.4")
    parser.add_argument("--course", type=Path, metavar="DIR", help="the folder with the course; this one unless given")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints progress and the next task."""
    from flott.cli._exercises import Verdict, exercises, find_course, judge

    start = (options.course or Path.cwd()).resolve()
    course = find_course(start)
    if course is None:
        return _fail(_NO_COURSE.format(folder=start))
    known = exercises(course)
    wanted = options.which
    chosen = [each for each in known if wanted in (None, str(each.week), each.name)]
    if not chosen:
        weeks = ", ".join(str(week) for week in sorted({each.week for each in known}))
        return _fail(f"there is no exercise '{wanted}'; say a week ({weeks}) or an exercise, such as {known[0].name}")
    try:
        results = judge(course, chosen)
    except (ModuleNotFoundError, RuntimeError) as error:
        return _fail(str(error))
    if len(chosen) > 1:
        _show_progress(results)
    following = next((each for each in chosen if results[each].verdict is not Verdict.SOLVED), None)
    if following is not None:
        _show_task(following, results[following])
    elif len(chosen) == 1:
        _show_task(chosen[0], results[chosen[0]])
    else:
        print("\nAll of them are solved.")
    return 0


def _show_progress(results: dict[Exercise, Result]) -> None:
    """A line for each week."""
    from flott.cli._exercises import Verdict

    blocks = {Verdict.SOLVED: "#", Verdict.WRONG: "x", Verdict.UNTOUCHED: "."}
    weeks: dict[int, list[Exercise]] = {}
    for exercise in results:
        weeks.setdefault(exercise.week, []).append(exercise)
    for week, of_week in weeks.items():
        verdicts = [results[exercise].verdict for exercise in of_week]
        bar = "".join(blocks[verdict] for verdict in verdicts)
        folder = of_week[0].path.parents[1].name
        print(f"Week {week}  {folder:<28} {bar:<13} {verdicts.count(Verdict.SOLVED):>2} of {len(of_week)} solved")


def _show_task(exercise: Exercise, result: Result) -> None:
    """What to build, where, and how to test it; for one that was begun, what is wrong with it."""
    from flott.cli._exercises import Verdict

    state = "" if result.verdict is Verdict.UNTOUCHED else f" ({result.verdict.value})"
    print(f"\n{exercise.name}  {exercise.title()}{state}\n")
    print(f"  write:  {_relative(exercise.path)}")
    print(f"  test:   pytest {_relative(exercise.tests)}")
    if result.verdict is Verdict.WRONG:
        tests = result.passed + result.failed + result.untouched
        print(f"  {result.passed} of {tests} tests pass; the first that does not:\n")
        print(textwrap.indent(result.failure or "something is not written yet: NotImplementedError", "    "))
    else:
        print(f"\n{textwrap.indent(exercise.task(), '    ')}")


def _relative(path: Path) -> str:
    """The path as one can type it here."""
    return os.path.relpath(path)


def _fail(message: str) -> int:
    print(f"flott learn: {message}", file=sys.stderr)
    return 1
