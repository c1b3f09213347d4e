"""``flott sql``: not there yet, and says so."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flott.cli._parser import CommandParser

_NOT_YET = """\
flott sql: SQL and the Table API are not in this version of Flott yet
what to do: write the query with the DataStream API (docs/windows.md, docs/joins.md and docs/expressions.md have what
most queries need), or run it on PyFlink: flott run --target flink PROGRAM.py"""


def add_parser(commands: argparse._SubParsersAction[CommandParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "sql",
        help="not in this version yet",
        description="SQL is not in this version of Flott yet; the command says what there is in its place.",
        epilog="examples:\n  flott sql\n",
    )
    parser.leaves_rest = True
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Says so."""
    print(_NOT_YET, file=sys.stderr)
    return 1
