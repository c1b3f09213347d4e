"""The jobs of this user that run now, in whatever process: each listens on a socket of its own.

A job makes the socket when it starts and takes it away when it ends (``python/src/control.rs``). A request is a line of
JSON, ``{"ask": "info"}``, and so is the answer.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

__all__ = ["NoSuchJobError", "RunningJob", "find", "running"]

#: How long a job may take to answer, in seconds: a second more than it waits for its tasks.
_PATIENCE = 5.0


class NoSuchJobError(Exception):
    """There is no such job, or it is not clear which one is meant; says what to do."""


class RunningJob:
    """A job in another process, or in this one."""

    def __init__(self, path: Path, info: dict[str, Any]) -> None:
        self._path = path
        self.id: str = info["id"]
        self.name: str = info["name"]
        self.pid: int = info["pid"]
        self.status: str = info["status"]
        self.runtime_ms: int = info["runtime_ms"]

    def ask(self, question: str, *, patience: float | None = _PATIENCE, **more: str | None) -> str:
        """The job's answer, as JSON.

        :param patience: how long it may take to answer, in seconds; None for as long as it wants to
        :param more: what else the question says
        :raises NoSuchJobError: if it has ended meanwhile
        """
        try:
            return _ask(self._path, question, patience, more)
        except OSError as error:
            raise NoSuchJobError(f"the job '{self.name}' does not answer any more: {error}") from None

    def wait(self) -> None:
        """Returns when the job is over."""
        while self._path.exists():
            time.sleep(0.02)
            try:
                _ask(self._path, "info")
            except OSError:
                return


def running() -> list[RunningJob]:
    """All jobs of this user that run now; what a killed process has left behind is removed."""
    jobs = []
    for path in sorted(_folder().glob("*.sock")):
        try:
            jobs.append(RunningJob(path, json.loads(_ask(path, "info"))))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except (OSError, ValueError):
            continue
    return sorted(jobs, key=lambda job: -job.runtime_ms)


def find(job: str | None) -> RunningJob:
    """The job of that name, or whose id begins so; the only one there is if ``job`` is None.

    :raises NoSuchJobError: if there is none, or more than one
    """
    jobs = running()
    found = [each for each in jobs if job is None or each.name == job or each.id.startswith(job)]
    if len(found) == 1:
        return found[0]
    if not jobs:
        raise NoSuchJobError("no job of yours runs on this machine now")
    listed = "\n".join(f"  {each.id}  {each.name}" for each in found or jobs)
    if not found:
        raise NoSuchJobError(f"no job is called '{job}' or has an id that begins so; there are:\n{listed}")
    raise NoSuchJobError(f"which of these jobs? Say its name, or the beginning of its id:\n{listed}")


def _folder() -> Path:
    """Where jobs put their sockets: as ``folder()`` in control.rs has it."""
    if own := os.environ.get("FLOTT_CONTROL_DIR"):
        return Path(own)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / "flott"
    user = os.getuid() if sys.platform != "win32" else 0
    return Path(tempfile.gettempdir()) / f"flott-{user}"


def _ask(
    path: Path, question: str, patience: float | None = _PATIENCE, more: dict[str, str | None] | None = None
) -> str:
    if sys.platform == "win32":
        raise OSError("jobs can't be asked from other processes on Windows")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE)
        connection.connect(str(path))
        connection.sendall(json.dumps({"ask": question, **(more or {})}).encode() + b"\n")
        connection.settimeout(patience)
        with connection.makefile("r", encoding="utf-8") as lines:
            answer = lines.readline()
    if not answer:
        raise ConnectionResetError("it has just ended")
    return answer
