"""Says, when a program has ended, that it has built streams and never run them: the classic of the first hour."""

from __future__ import annotations

import atexit
import sys

__all__ = ["Unrun"]

#: What has sinks that no job has had, in the order in which it got the first of them.
_UNRUN: dict[int, Unrun] = {}
_is_registered = False


class Unrun:
    """The sinks of an environment that no job has had yet."""

    def __init__(self) -> None:
        self._sinks: list[str] = []

    def add(self, name: str, place: str | None) -> None:
        """A sink has been built."""
        global _is_registered
        if not _is_registered:
            atexit.register(_tell)
            _is_registered = True
        _UNRUN[id(self)] = self
        self._sinks.append(f"'{name}'" + (f" ({place})" if place else ""))

    def clear(self) -> None:
        """A job has them all, or the program has shown their plan."""
        self._sinks.clear()
        _UNRUN.pop(id(self), None)

    def __str__(self) -> str:
        return ", ".join(self._sinks)


def _tell() -> None:
    # a program that failed has said why; a notebook and a shell are not programs, and pytest builds graphs to look at
    failed = getattr(sys, "last_value", None) is not None
    if failed or hasattr(sys, "ps1") or "ipykernel" in sys.modules or "pytest" in sys.modules:
        return
    sinks = ", ".join(map(str, _UNRUN.values()))
    if sinks:
        print(
            f"flott: the program has ended without running what it built: {sinks}\n"
            "  what to do: call env.execute() behind the last stream",
            file=sys.stderr,
        )
