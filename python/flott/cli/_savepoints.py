"""What ``flott savepoint``, ``flott stop``, ``flott cancel`` and ``flott state`` have in common."""

from __future__ import annotations

import argparse
import json

from flott.cli._running import NoSuchJobError, RunningJob, find

__all__ = ["NoSavepointError", "accept_type", "add_storage_settings", "found", "savepoint"]


class NoSavepointError(Exception):
    """The job took none; says why, and what to do."""


def accept_type(parser: argparse.ArgumentParser) -> None:
    """Adds ``--type`` of Flink's commands, which makes no difference here."""
    parser.add_argument("-type", "--type", choices=("canonical", "native"), help=argparse.SUPPRESS)


def add_storage_settings(parser: argparse.ArgumentParser, when: str = "") -> None:
    """Adds ``-D``: what the storage that a checkpoint is in must know. ``dict(options.settings)`` are the settings.

    :param when: stands in front of the help
    """
    parser.add_argument(
        "-D", dest="settings", action="append", type=lambda text: text.partition("=")[::2], default=[],
        metavar="KEY=VALUE", help=f"{when}a setting such as s3.endpoint=http://host:9000; may be repeated",
    )  # fmt: skip


def found(job: str | None) -> RunningJob:
    """The job that is meant.

    :raises NoSavepointError: if it is not clear which, or there is none
    """
    try:
        return find(job)
    except NoSuchJobError as error:
        raise NoSavepointError(str(error)) from None


def savepoint(job: RunningJob, directory: str | None, stop: str | None = None) -> str:
    """Has the job take a savepoint.

    :param directory: a path or a URL; where the job's own settings say if None
    :param stop: ``suspend`` or ``drain`` if the job is to end with it; its end is awaited
    :return: the savepoint's URL
    :raises NoSavepointError: if there is none
    """
    from flott.datastream._recovery import place

    url = None if directory is None else place(directory)
    try:
        # as long as the job's own time-out lets it
        answer = json.loads(job.ask("savepoint", patience=None, directory=url, stop=stop))
    except NoSuchJobError as error:
        raise NoSavepointError(str(error)) from None
    if "path" not in answer:
        raise NoSavepointError(answer.get("error", "the job does not know how: it runs on an older Flott"))
    if stop is not None:
        job.wait()
    return str(answer["path"])
