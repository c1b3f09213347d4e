"""The ``flott`` command. Each subcommand is a module of this package with ``add_parser`` and a line below."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from flott.cli import broker, cancel, explain_window, learn, list_jobs, run, savepoint, state, stop
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
    broker,
    learn,
)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = CommandParser(
        prog="flott", description="Runs PyFlink programs without a JVM, and what they need around them."
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs ``flott`` with the given arguments (those of the process by default).

    :return: The exit code: 0 when it went well.
    """
    options = parser().parse_args(arguments)
    return int(options.run(options))
