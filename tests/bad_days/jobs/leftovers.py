"""Imported first by every job here: the last thing a process does is to say which threads and children it still has."""

from __future__ import annotations

import atexit
import glob
import json
import os
import threading
import time
from pathlib import Path


def threads() -> list[str]:
    """The operating system's threads of this process, but for the main one: native ones too."""
    own = str(os.getpid())
    found = []
    for task in Path("/proc/self/task").iterdir():
        if task.name != own:
            try:
                found.append(task.joinpath("comm").read_text().strip())
            except OSError:
                continue  # it ended meanwhile
    return found


def children() -> list[int]:
    """The processes that this one started and that still run."""
    paths = glob.glob("/proc/self/task/*/children")
    return [int(child) for path in paths for child in Path(path).read_text().split()]


def report() -> None:
    # The kernel lists a thread for some microseconds longer than a join takes.
    deadline = time.monotonic() + 0.5
    while threads() and time.monotonic() < deadline:
        time.sleep(0.005)
    of_python = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    left = {"threads": threads(), "python threads": of_python, "children": children()}
    Path(os.environ["FLOTT_TEST_LEFTOVERS"]).write_text(json.dumps(left))


# Before flott is imported, so that it runs behind flott's own end.
atexit.register(report)
