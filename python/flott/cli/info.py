"""``flott info``: the plan of a program as JSON, without running its job. ``flink info`` does the same."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from flott.cli._parser import CommandParser


class _Planned(BaseException):
    """The program has come to its job. No ``except Exception`` of the program's stops it."""

    def __init__(self, plan: str) -> None:
        self.plan = plan


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Adds the subcommand to ``flott``."""
    from flott.cli.run import _list, _parallelism, _setting

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
    parser.add_argument("-pym", "--pyModule", metavar="MODULE", help="a module to run, like python -m")
    parser.add_argument(
        "-p", "--parallelism", type=_parallelism, metavar="N", help="the parallelism, unless the program sets it"
    )
    parser.add_argument(
        "-D", dest="settings", action="append", type=_setting, default=[], metavar="KEY=VALUE",
        help="a setting of every environment, unless the program sets it; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "-pyfs", "--pyFiles", type=_list, default=[], metavar="PATHS",
        help="files and folders that the program imports from, with commas between them",
    )  # fmt: skip
    parser.set_defaults(run=run, parser=parser, pyArchives=[], pyRequirements=None, pyPythonPath="")


def run(options: argparse.Namespace) -> int:
    """Prints the plan. What the program raises before its job, it raises."""
    from flott.cli._program import run_program
    from flott.cli.run import _import_paths, _settings
    from flott.datastream import _defaults
    from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

    program, words = None, options.rest
    if options.pyModule is None:
        if not words:
            options.parser.error("which program? Give its file, or a module with -pym")
        program, *words = words
        if not os.path.exists(program):
            options.parser.error(f"there is no file {program}")

    def plan(env: StreamExecutionEnvironment, job_name: str | None) -> NoReturn:
        raise _Planned(env.get_execution_plan())

    settings = _settings(options)
    _defaults.SETTINGS.update(settings)
    made: Any = StreamExecutionEnvironment
    made._start = plan
    try:
        with redirect_stdout(sys.stderr):
            run_program(program, options.pyModule, words, _import_paths(settings))
    except _Planned as planned:
        print(planned.plan)
        return 0
    print("flott info: the program ended without execute(): it has no job to show", file=sys.stderr)
    return 1
