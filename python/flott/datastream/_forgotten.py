"""Says, when a program has ended, that it has built streams and never run them: the classic of the first hour."""

from __future__ import annotations

import atexit
import sys

__all__ = ["Unrun"]

_UNRUN: list[Unrun] = []


class Unrun:
    """The sinks of an environment that no job has had yet."""

    def __init__(self) -> None:
        self._sinks: list[str] = []

    def add(self, name: str, place: str | None) -> None:
        """A sink has been built."""
        if not self._sinks:
            if not _UNRUN:
                atexit.register(_tell)
            _UNRUN.append(self)
        self._sinks.append(f"'{name}'" + (f" ({place})" if place else ""))

    def clear(self) -> None:
        """A job has them all, or the program has shown their plan."""
        self._sinks.clear()

    def __str__(self) -> str:
        return ", ".join(self._sinks)


def _tell() -> None:
    # a program that failed has said why; a notebook and a shell are not programs, and pytest builds graphs to look at
    failed = getattr(sys, "last_value", None) is not None
    if failed or hasattr(sys, "ps1") or "ipykernel" in sys.modules or "pytest" in sys.modules:
        return
    sinks = ", ".join(str(each) for each in _UNRUN if each._sinks)
    if sinks:
        print(
            f"flott: the program has ended without running what it built: {sinks}\n"
            "  what to do: call env.execute() behind the last stream",
            file=sys.stderr,
        )
