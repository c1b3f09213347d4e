"""Small programs, as a beginner writes them, and what becomes of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HEAD = """\
from flott.common import *
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import *
from flott.datastream.connectors.jdbc import *
from flott.datastream.connectors.kafka import *
from flott.datastream.window import *
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
numbers = env.from_collection([1, 2])
pairs = env.from_collection([("tea", 3), ("cup", 1)])
"""


def message(program: str, **names: Any) -> str:
    """What a program in this process fails with: the exception's text and its notes."""
    with pytest.raises(Exception) as failed:
        exec(compile(HEAD + program, "job.py", "exec"), {"__name__": "__main__", **names})
    return "\n".join([str(failed.value), *getattr(failed.value, "__notes__", [])])


def start(folder: Path, program: str, *command: str) -> subprocess.Popen[str]:
    """A program in a process of its own: the file ``job.py``."""
    (folder / "job.py").write_text(program)
    return subprocess.Popen(
        [sys.executable, *command, "job.py"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, program: str, *command: str) -> tuple[int, str, str]:
    """The exit code of a program, what it wrote to standard output, and what to standard error."""
    process = start(folder, program, *command)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors
