"""The options of a program that ``flott run`` and ``flott info`` have in common, and what they set."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from flott.cli._parser import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["add_program_options", "check_program", "import_paths", "settings_of", "split"]


def add_program_options(parser: argparse.ArgumentParser, program: argparse._ActionsContainer | None = None) -> None:
    """Declares them.

    :param program: the group that names the program, where there is more than one way to do so
    """
    (program or parser).add_argument("-pym", "--pyModule", metavar="MODULE", help="a module to run, like python -m")
    parser.add_argument(
        "-p", "--parallelism", type=_parallelism, metavar="N", help="the parallelism, unless the program sets it"
    )
    parser.add_argument(
        "-D", dest="settings", action="append", type=_setting, default=[], metavar="KEY=VALUE",
        help="a setting of every environment that the program makes, unless it sets it; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "-pyfs", "--pyFiles", type=split, default=[], metavar="PATHS",
        help="files (.py, .zip, .whl) and folders that the program imports from, with commas between them",
    )  # fmt: skip


def check_program(parser: argparse.ArgumentParser, path: str) -> None:
    """Ends with a message unless a program is there: a file, or a folder or archive with a ``__main__.py``."""
    if os.path.isdir(path):
        if not os.path.exists(os.path.join(path, "__main__.py")):
            parser.error(f"{path} is a folder without a __main__.py; name its program: {_programs(path)}")
        return
    if not os.path.exists(path):
        folder, name = os.path.split(path)
        there = [each for each in _listed(folder) if each.endswith(".py")]
        meant = nearest(name, there) if there else f"there is no program in {os.path.abspath(folder)}"
        parser.error(f"there is no file {path}; {meant}")


def _programs(folder: str) -> str:
    found = [os.path.join(folder, each) for each in _listed(folder) if each.endswith(".py")]
    return " or ".join(found[:3]) or "there is none in it"


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder or "."))
    except OSError:
        return []


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """What the options say, as settings by Flink's names. An option of its own wins over -D."""
    settings = dict(options.settings)
    for name, value in (
        ("parallelism.default", options.parallelism),
        ("python.files", ",".join(options.pyFiles)),
        ("python.archives", ",".join(getattr(options, "pyArchives", ()))),
        ("python.requirements", getattr(options, "pyRequirements", None)),
        ("python.pythonpath", getattr(options, "pyPythonPath", None)),
    ):
        if value:
            settings[name] = str(value)
    return settings


def import_paths(settings: dict[str, str]) -> Iterable[str]:
    """What the settings put in front of the import path."""
    from flott.datastream._python_files import import_path

    for path in split(settings.get("python.files", "")):
        if not os.path.exists(path):
            raise SystemExit(f"flott: --pyFiles: there is no file or folder {path}")
        yield import_path(path)
    yield from filter(None, settings.get("python.pythonpath", "").split(os.pathsep))


def _parallelism(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"the parallelism is a number of at least 1, not '{text}'")
    return int(text)


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE, such as parallelism.default=2")
    # as in Flink, a key alone switches something on
    return key, value if equals else "true"


def split(text: str) -> list[str]:
    return [part for part in text.split(",") if part]
