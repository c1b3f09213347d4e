"""Runs the programs in ``jobs/`` as a user does, ``python job.py``, and looks at how they end."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

JOBS = Path(__file__).parent / "jobs"
#: What a program in Python never prints.
RUST = re.compile(r"panicked|PanicException|RUST_BACKTRACE|\.rs:\d+|core::|std::|Fatal Python error|terminate called")


def _take_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _take_terminal() -> None:
    _take_interrupts()
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@dataclass
class Ended:
    """How a job's process ended."""

    code: int
    out: str
    err: str
    seconds: float
    #: Threads and children that were left at the end; None when it had no chance to say so.
    left: dict[str, list[Any]] | None

    def says(self, *parts: str) -> None:
        """The error names these parts, and nothing that only the engine's authors understand."""
        for part in parts:
            assert part in self.err, f"{part!r} is not in:\n{self.err}"
        assert not RUST.search(self.err), self.err

    def leaves_nothing(self) -> None:
        assert self.left is not None, self.err
        assert not any(self.left.values()), self.left


class Job:
    """One of the programs in ``jobs/`` in a process of its own."""

    def __init__(self, name: str, folder: Path, terminal: int | None = None, **options: Any) -> None:
        """:param terminal: a terminal that the process is in the foreground of"""
        self.script = JOBS / f"{name}.py"
        number = len(list(folder.glob("job-*.out")))
        self._out, self._err, self._left = (folder / f"job-{number}.{end}" for end in ("out", "err", "left"))
        self._started = time.monotonic()
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, str(self.script), json.dumps(options)],
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=out,
                stderr=err,
                env={**os.environ, "FLOTT_TEST_LEFTOVERS": str(self._left), "PYTHONUNBUFFERED": "1"},
                # Tests that run in the background of a shell would hand on that Ctrl-C is ignored.
                preexec_fn=_take_interrupts if terminal is None else _take_terminal,
            )

    @property
    def out(self) -> str:
        return self._out.read_text(errors="replace")

    @property
    def err(self) -> str:
        return self._err.read_text(errors="replace")

    def line(self, code: str) -> str:
        """``orders.py:12``, the first line of the program that contains ``code``."""
        lines = self.script.read_text().splitlines()
        return f"{self.script.name}:{next(number for number, line in enumerate(lines, 1) if code in line)}"

    def until(self, condition: Callable[[], bool], what: str, timeout: float = 30) -> None:
        """Waits for the condition; fails when the job ends before."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert self.process.poll() is None, f"the job ended before {what}:\n{self.err}"
            assert time.monotonic() < deadline, f"{what} did not happen in {timeout} s:\n{self.err}"
            time.sleep(0.02)

    def interrupt(self, press: Callable[[], object] | None = None) -> None:
        """Ctrl-C: the signal, or what ``press`` does."""
        self._started = time.monotonic()
        if press is not None:
            press()
        else:
            self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """As if the machine had failed: no chance to finish anything."""
        self.process.kill()
        self.process.wait()

    def end(self, timeout: float = 30) -> Ended:
        """Waits for the end; ``seconds`` counts from Ctrl-C where there was one, else from the start."""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the job still ran after {timeout} s:\n{self.out[-2000:]}\n{self.err}") from None
        seconds = time.monotonic() - self._started
        left = json.loads(self._left.read_text()) if self._left.exists() else None
        return Ended(code, self.out, self.err, seconds, left)

    def __enter__(self) -> Job:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.kill()


def run(name: str, folder: Path, **options: Any) -> tuple[Ended, Job]:
    """Runs a job to its end."""
    with Job(name, folder, **options) as job:
        return job.end(), job
