"""``flott new``: a small project to begin with: a job, its test, its settings, and orders to read."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

_TEMPLATE = Path(__file__).with_name("_project")
_FILES = ("README.md", "config.ini", "job.py", "orders.jsonl", "test_job.py")
_NAME = re.compile(r"[A-Za-z][\w.-]*\Z")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "new",
        help="make a small project: a job, a test and a config",
        description="Makes a folder with a job that runs, a test that passes, and a config.",
        epilog="examples:\n  flott new shop\n  cd shop && python job.py && pytest\n",
    )
    parser.add_argument("name", type=Path, metavar="NAME", help="the folder to make; its name is the project's")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the files."""
    folder: Path = options.name
    name = folder.resolve().name
    if not _NAME.match(name):
        return _fail(f"'{name}' is no name for a project: begin with a letter, go on with letters, digits, '-' and '_'")
    if folder.is_dir() and any(folder.iterdir()):
        return _fail(f"the folder {folder} is there already, and not empty; choose another name")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in _FILES:
            text = (_TEMPLATE / file).read_text(encoding="utf-8")
            (folder / file).write_text(re.sub(r"\bNAME\b", name, text), encoding="utf-8")
    except OSError as error:
        return _fail(f"the project cannot be written: {error}")
    print(f"{folder} has a job, its test and its settings:\n")
    print(f"  cd {folder}\n  python job.py\n  pytest            (pip install pytest)\n")
    return 0


def _fail(message: str) -> int:
    print(f"flott new: {message}", file=sys.stderr)
    return 1
