"""``flott explain-window``: why the windows of a running job have not fired yet."""

from __future__ import annotations

import argparse
import sys


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "explain-window",
        help="say why windows of a running job have not fired yet",
        description="Says of each operator with windows of a running job how many are open, what the first one waits "
        "for, which input or partition holds the watermark back, and what came too late. The job goes on meanwhile.",
        epilog="examples:\n  flott explain-window\n  flott explain-window 'order statistics'\n",
    )
    parser.add_argument(
        "job", nargs="?", metavar="JOB", help="the job's name, or the beginning of its id; not needed if only one runs"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the explanation."""
    from flott.cli._running import NoSuchJobError, find
    from flott.common.window_explanation import WindowExplanation

    try:
        job = find(options.job)
        standing = job.ask("explain")
    except NoSuchJobError as error:
        print(f"flott explain-window: {error}", file=sys.stderr)
        return 1
    print(f"{job.name} ({job.id}, process {job.pid})\n")
    print(WindowExplanation(standing))
    return 0
