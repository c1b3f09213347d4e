"""Functions that fail where a test says, if need be behind a checkpoint. Nothing here is copied with a function."""

from __future__ import annotations

import time
from pathlib import Path

import flott.state
from flott.errors import FlottError

#: Values at which the function fails, once each.
FAILS: list[int] = []
#: Where the function waits now and then, as long as there is no checkpoint that has some of the values.
AWAITED: list[Path] = []
#: Where records must be on their way to that operator in the last checkpoint: then the function fails right behind it,
#: and not before the first of FAILS has come.
OVERTAKEN: list[str] = []
#: The last checkpoint when waiting began.
_KNOWN: list[int] = []


class Broken(Exception):
    pass


def meet(value: int) -> None:
    """Called by a function for each of its values, which count from 0."""
    if AWAITED and value > 1000 and value % 20 == 0:
        if OVERTAKEN:
            if value >= FAILS[0] and _is_overtaken(AWAITED[0], OVERTAKEN[0]):
                raise Broken(value)
        else:
            _wait_for_two(AWAITED[0])
        time.sleep(0.002)
    if FAILS and not OVERTAKEN and value == FAILS[0]:
        del FAILS[0]
        raise Broken(value)


def _wait_for_two(place: Path) -> None:
    """Nobody waits any more once there are two that were not there at first."""
    done = max((int(path.parent.name[4:]) for path in place.glob("*/chk-*/_metadata")), default=0)
    if not _KNOWN:
        _KNOWN.append(done)
    # the one under way may have begun before the first value
    if done >= _KNOWN[0] + 2:
        AWAITED.clear()


def _is_overtaken(place: Path, operator: str) -> bool:
    """Whether the last checkpoint has records that its barriers have overtaken.

    One that is under way has some, too: the function is as slow as it was.
    """
    complete = sorted(place.glob("*/chk-*/_metadata"), key=lambda path: int(path.parent.name[4:]))
    try:
        return bool(complete) and "overtaken by key" in flott.state.read(complete[-1].parent).get(operator, ())
    except FlottError:
        # the next one has taken its place
        return False


def forget() -> None:
    """Nothing fails and nobody waits any more."""
    for each in (FAILS, AWAITED, OVERTAKEN, _KNOWN):
        each.clear()
