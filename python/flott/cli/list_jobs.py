"""``flott list``: the jobs that run now."""

from __future__ import annotations

import argparse
import sys


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "list",
        help="list the jobs that run now",
        description="Lists your jobs that run on this machine now, one a line: id, state, seconds since the start, "
        "process, name.",
        epilog="examples:\n  flott list\n",
    )
    parser.set_defaults(run=run)


def run(_options: argparse.Namespace) -> int:
    """Prints a line a job, the oldest first."""
    from flott.cli._running import running

    jobs = running()
    if not jobs:
        print("flott list: no job of yours runs on this machine now", file=sys.stderr)
    for job in jobs:
        print(f"{job.id}  {job.status:<10} {job.runtime_ms / 1000:>9.1f} s  {job.pid:>7}  {job.name}")
    return 0
