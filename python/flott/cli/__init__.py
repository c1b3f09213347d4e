"""The ``flott`` command. Each subcommand is a module of this package with ``add_parser`` and a line below."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from flott.cli import (
    broker,
    cancel,
    completion,
    doctor,
    explain_window,
    info,
    learn,
    list_jobs,
    new,
    run,
    savepoint,
    sql,
    state,
    stop,
)
from flott.cli._parser import CommandParser

#: One line for each subcommand, in the order in which ``flott --help`` lists them.
COMMANDS = (
    run,
    list_jobs,
    savepoint,
    stop,
    cancel,
    explain_window,
    state,
    info,
    sql,
    broker,
    new,
    learn,
    doctor,
    completion,
)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = CommandParser(
        prog="flott",
        description="Runs PyFlink programs without a JVM, and what they need around them.",
        epilog="'flott COMMAND --help' says more of a command.\nexamples:\n"
        "  flott run job.py       run a program that imports pyflink\n"
        "  flott new shop         begin a project\n"
        "  flott doctor           find out why something does not work\n",
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs ``flott`` with the given arguments (those of the process by default).

    :return: The exit code: 0 when it went well. Without a command it is 2, and help is shown.
    """
    top = parser()
    options = top.parse_args(arguments)
    if not hasattr(options, "run"):
        top.print_help(sys.stderr)
        return 2
    return int(options.run(options))
