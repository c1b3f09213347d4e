"""``flott info``: the plan of a program as JSON, without running its job. ``flink info`` does the same."""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, NoReturn

from flott.cli._program_options import add_program_options, check_program, import_paths, settings_of

if TYPE_CHECKING:
    from flott.cli._parser import CommandParser


class _Planned(BaseException):
    """The program has come to its job. No ``except Exception`` of the program's stops it."""

    def __init__(self, plan: str) -> None:
        self.plan = plan


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "info",
        help="show the plan of a program as JSON, without running its job",
        usage="flott info [OPTIONS] PROGRAM.py [ARGUMENTS]",
        description="Runs a program up to its first execute(), and prints what would be run there: operators, their "
        "parallelism and links, as JSON for Flink's plan visualizer. What the program itself prints "
        "goes to standard error.",
        epilog="examples:\n  flott info job.py\n  flott info -p 4 job.py --input orders | python -m json.tool\n",
    )
    parser.leaves_rest = True
    add_program_options(parser)
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Prints the plan. What the program raises before its job, it raises."""
    from flott.cli._program import run_program
    from flott.datastream import _defaults
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

    program, words = None, options.rest
    if options.pyModule is None:
        if not words:
            options.parser.error("which program? Give its file, or a module with -pym")
        program, *words = words
        check_program(options.parser, program)

    def plan(env: StreamExecutionEnvironment, job_name: str | None) -> NoReturn:
        raise _Planned(env.get_execution_plan())

    settings = settings_of(options)
    _defaults.SETTINGS.update(settings)
    made: Any = StreamExecutionEnvironment
    made._start = plan
    try:
        with redirect_stdout(sys.stderr):
            run_program(program, options.pyModule, words, import_paths(settings))
    except _Planned as planned:
        print(planned.plan)
        return 0
    print("flott info: the program ended without execute(): it has no job to show", file=sys.stderr)
    return 1
