"""Functions that fail where a test says, if need be behind a checkpoint. Nothing here is copied with a function."""

from __future__ import annotations

import time
from pathlib import Path

#: Values at which the function fails, once each.
FAILS: list[int] = []
#: Where the function waits now and then, as long as there is no checkpoint that has some of the values.
AWAITED: list[Path] = []
#: The last checkpoint when waiting began.
_KNOWN: list[int] = []


class Broken(Exception):
    pass


def meet(value: int) -> None:
    """Called by a function for each of its values, which count from 0."""
    if AWAITED and value > 1000 and value % 20 == 0:
        done = max((int(path.parent.name[4:]) for path in AWAITED[0].glob("*/chk-*/_metadata")), default=0)
        if not _KNOWN:
            _KNOWN.append(done)
        # the one under way may have begun before the first value
        if done >= _KNOWN[0] + 2:
            AWAITED.clear()
        time.sleep(0.002)
    if FAILS and value == FAILS[0]:
        del FAILS[0]
        raise Broken(value)


def forget() -> None:
    """Nothing fails and nobody waits any more."""
    for each in (FAILS, AWAITED, _KNOWN):
        each.clear()
