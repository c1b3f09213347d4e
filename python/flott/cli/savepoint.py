"""``flott savepoint``: has a running job take a savepoint, or removes one."""

from __future__ import annotations

import argparse
import sys


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "savepoint",
        help="have a running job take a savepoint, or remove one",
        usage="flott savepoint [OPTIONS] JOB [DIRECTORY]\n       flott savepoint -d PATH",
        description="Has a job take a savepoint: its whole state at one moment, from which 'flott run -s' goes on. The "
        "job goes on meanwhile. A savepoint stays until you remove it.",
        epilog="examples:\n  flott savepoint orders /var/lib/flott/savepoints\n"
        "  flott savepoint -d /var/lib/flott/savepoints/savepoint-1a2b3c-0123456789ab\n",
    )
    parser.add_argument("job", nargs="?", metavar="JOB", help="the job's name, or the beginning of its id")
    parser.add_argument(
        "directory", nargs="?", metavar="DIRECTORY",
        help="a path or a URL; execution.checkpointing.savepoint-dir of the job unless given",
    )  # fmt: skip
    parser.add_argument("-d", "--dispose", metavar="PATH", help="remove this savepoint; no job is needed")
    from flott.cli._savepoints import accept_type, add_storage_settings

    add_storage_settings(parser, "with -d: ")
    accept_type(parser)
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Prints where the savepoint is."""
    from flott.cli._savepoints import NoSavepointError, found, savepoint
    from flott.errors import FlottError

    if options.dispose is not None:
        if options.job is not None:
            options.parser.error("-d removes a savepoint, and no job goes with it")
        try:
            _dispose(options.dispose, dict(options.settings))
        except FlottError as error:
            print(f"flott savepoint: {error}", file=sys.stderr)
            return 1
        print(f"Savepoint '{options.dispose}' disposed.")
        return 0
    if options.job is None:
        options.parser.error("of which job? 'flott list' lists those that run")
    try:
        job = found(options.job)
        print(f"Triggering savepoint for job {job.id}.", flush=True)
        path = savepoint(job, options.directory)
    except NoSavepointError as error:
        print(f"flott savepoint: {error}", file=sys.stderr)
        return 1
    print(f"Savepoint completed. Path: {path}\nYou can resume your program from it with 'flott run -s {path}'.")
    return 0


def _dispose(path: str, options: dict[str, str]) -> None:
    from flott._flott import remove_checkpoint
    from flott.datastream._recovery import place

    root, _, name = place(path).removesuffix("/_metadata").rpartition("/")
    remove_checkpoint(root, name, options)
