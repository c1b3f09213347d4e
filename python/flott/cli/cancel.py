"""``flott cancel``: ends a running job at once."""

from __future__ import annotations

import argparse
import sys


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "cancel",
        help="end a running job at once",
        usage="flott cancel [OPTIONS] JOB",
        description="Ends a job at once, as Ctrl-C in its terminal does. To go on later, use 'flott stop'.",
        epilog="examples:\n  flott cancel orders\n",
    )
    parser.add_argument("job", nargs="?", metavar="JOB", help="the job's name, or the beginning of its id")
    parser.add_argument(
        "-s", "--withSavepoint", nargs="?", const="", metavar="DIRECTORY",
        help="take a savepoint first, of which nothing is committed; 'flott stop' is the better way",
    )  # fmt: skip
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Asks the job to end, and waits until it has."""
    from flott.cli._running import NoSuchJobError
    from flott.cli._savepoints import NoSavepointError, found, savepoint

    if options.job is None and options.withSavepoint:
        # -s JOB: as in Flink, the only word there is names the job
        options.job, options.withSavepoint = options.withSavepoint, ""
    if options.job is None:
        options.parser.error("which job? 'flott list' lists those that run")
    try:
        job = found(options.job)
        if options.withSavepoint is not None:
            path = savepoint(job, options.withSavepoint or None)
            print(f"Savepoint completed. Path: {path}", flush=True)
        job.ask("cancel")
    except (NoSavepointError, NoSuchJobError) as error:
        print(f"flott cancel: {error}", file=sys.stderr)
        return 1
    job.wait()
    print(f"Cancelled job {job.id}.")
    return 0
