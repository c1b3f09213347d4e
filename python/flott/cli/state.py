"""``flott state``: what a checkpoint or a savepoint holds."""

from __future__ import annotations

import argparse
import csv
import sys


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "state",
        help="show what a checkpoint or a savepoint holds",
        description="Without OPERATOR and STATE lists the operators of a checkpoint, their states, and how large each "
        "is. With both, prints the rows of that state as CSV. No job is needed, and nothing is changed.",
        epilog="examples:\n  flott state checkpoints/chk-17\n  flott state checkpoints/chk-17 totals total\n",
    )
    parser.add_argument("path", metavar="PATH", help="a directory chk-<number> or savepoint-<id>, or its URL")
    parser.add_argument("operator", nargs="?", metavar="OPERATOR", help="an operator's uid, or its name")
    parser.add_argument("state", nargs="?", metavar="STATE", help="one of its states, as the list names it")
    parser.add_argument("--limit", type=int, metavar="N", help="print that many rows at most")
    parser.add_argument(
        "--trusted", action="store_true",
        help="make objects of any class that the state names, which runs its code: only for checkpoints that nobody "
        "else can have written",
    )  # fmt: skip
    from flott.cli._savepoints import add_storage_settings

    add_storage_settings(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the list, or the rows."""
    from flott.errors import FlottError
    from flott.state import UntrustedClassError, read

    try:
        checkpoint = read(options.path, trusted=options.trusted, options=dict(options.settings))
        if options.operator is None:
            print(checkpoint)
        elif options.state is None:
            print(checkpoint[options.operator])
        else:
            table = checkpoint[options.operator][options.state]
            rows = csv.writer(sys.stdout, lineterminator="\n")
            rows.writerow(table.column_names)
            for at, row in enumerate(table.rows()):
                if at == options.limit:
                    break
                rows.writerow(row.values())
    except UntrustedClassError as error:
        print(
            f"flott state: {str(error).replace('flott.state.read(path, trusted=True)', '--trusted')}", file=sys.stderr
        )
        return 1
    except (FlottError, KeyError) as error:
        # what a KeyError says stands in quotes otherwise
        print(f"flott state: {error.args[0]}", file=sys.stderr)
        return 1
    return 0
