"""``flott stop``: ends a running job with a savepoint."""

from __future__ import annotations

import argparse
import sys


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "stop",
        help="end a running job with a savepoint",
        usage="flott stop [OPTIONS] JOB",
        description="Ends a job with a savepoint, from which 'flott run -s' goes on. All it has written up to there is "
        "visible. If the savepoint fails, the job goes on.",
        epilog="examples:\n  flott stop -p /var/lib/flott/savepoints orders\n",
    )
    parser.add_argument("job", metavar="JOB", help="the job's name, or the beginning of its id")
    parser.add_argument(
        "-p", "--savepointPath", metavar="DIRECTORY",
        help="a path or a URL; execution.checkpointing.savepoint-dir of the job unless given",
    )  # fmt: skip
    parser.add_argument(
        "-d", "--drain", action="store_true",
        help="first fire all windows and timers, as at the end of the input: for a job that will not go on",
    )  # fmt: skip
    from flott.cli._savepoints import accept_type

    accept_type(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints where the savepoint is."""
    from flott.cli._savepoints import NoSavepointError, found, savepoint

    try:
        job = found(options.job)
        print(f'Suspending job "{job.id}" with a savepoint.', flush=True)
        path = savepoint(job, options.savepointPath, "drain" if options.drain else "suspend")
    except NoSavepointError as error:
        print(f"flott stop: {error}", file=sys.stderr)
        return 1
    print(f"Savepoint completed. Path: {path}")
    return 0
