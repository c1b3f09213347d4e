"""What is different in a notebook: a cell that is run again replaces the job that it started before."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flott._flott import Job

__all__ = ["in_notebook", "remember", "stop_earlier"]


#: The jobs that cells have started in the background, by their names.
_JOBS: dict[str, Job] = {}


def in_notebook() -> bool:
    """Whether the program is a notebook's: there is a kernel behind it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def stop_earlier(name: str) -> None:
    """Stops the job of that name which an earlier run of a cell has started."""
    before = _JOBS.pop(name, None)
    if before is not None and before.status() not in ("FINISHED", "FAILED", "CANCELED"):
        print(f"the job '{name}' that still ran is stopped: a new one takes its place", file=sys.stderr)
        if not before.stop():
            before.wait(None)


def remember(name: str, job: Job) -> None:
    """A cell has started this job in the background."""
    _JOBS[name] = job
