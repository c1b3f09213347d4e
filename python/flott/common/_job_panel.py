"""A job as a notebook shows it, live while it runs: records, their rate, event time, lag, and checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flott.common._event_time import ago, event_time, iso
from flott.common._html import box, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Snapshot", "panel", "show_live"]

#: How often a live panel looks at its job, in ms.
_INTERVAL_MS = 500
_HEADINGS = ("operator", "records in", "records out", "per second", "watermark", "lag (records)")
#: The counter of a source that knows how many records wait for it.
_PENDING = "pendingRecords"


@dataclass(frozen=True)
class Snapshot:
    """What can be seen of a job at one moment.

    :param operators: the name and the counters of each
    :param watermarks: how far each is in event time (ms)
    :param now: the clock, in ms
    :param completed: how many checkpoints are complete
    :param failed: how many have failed
    :param last: of the last complete one its number, when it was complete (ms), and what it took (ms)
    """

    name: str
    status: str
    runtime_ms: int
    operators: Sequence[tuple[str, Mapping[str, int]]]
    watermarks: Mapping[str, int | None]
    now: int
    completed: int = 0
    failed: int = 0
    last: tuple[int, int, int] | None = None


class Watched(Protocol):
    """A job that a live panel can look at."""

    def snapshot(self) -> Snapshot: ...

    def has_ended(self, timeout_ms: int) -> bool:
        """Waits for the end, so long at the most."""
        ...


def panel(now: Snapshot, before: Snapshot | None = None) -> str:
    """HTML of a job.

    :param before: an earlier look, for records per second; without one they are those of the whole run
    """
    rows = []
    for at, (name, counters) in enumerate(now.operators):
        came, went = counters.get("numRecordsIn", 0), counters.get("numRecordsOut", 0)
        busy = max(came, went)
        past, since = 0, now.runtime_ms
        if before is not None and now.status == "RUNNING":
            past = max(before.operators[at][1].get(each, 0) for each in ("numRecordsIn", "numRecordsOut"))
            since = now.runtime_ms - before.runtime_ms
        speed = (busy - past) * 1000 / since if since > 0 else 0
        reached = event_time(now.watermarks.get(name), iso)
        lag = f"{counters[_PENDING]:,}" if _PENDING in counters else ""
        rows.append((name, f"{came:,}", f"{went:,}", f"{speed:,.0f}", reached, lag))
    late = sum(counters.get("numLateRecordsDropped", 0) for _, counters in now.operators)
    told = [_behind(now), f"{late:,} late records dropped" if late else "", _checkpoints(now)]
    below = " · ".join(filter(None, told))
    title = f"{now.name}: {now.status.lower()}, {now.runtime_ms / 1000:.1f} s"
    # only sources that know how much waits for them have something in the last column
    width = len(_HEADINGS) if any(row[-1] for row in rows) else len(_HEADINGS) - 1
    return box(title, table(_HEADINGS[:width], [row[:width] for row in rows], right=(1, 2, 3, 5)), below)


def show_live(job: Watched) -> None:
    """Shows a job in the notebook, and goes on until it has ended."""
    import threading

    from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

    first = job.snapshot()
    show: Any = display
    shown = show(_bundle(first), raw=True, display_id=True)

    def update() -> None:
        before, ended = first, False
        while not ended:
            ended = job.has_ended(_INTERVAL_MS)
            now = job.snapshot()
            shown.update(_bundle(now, before), raw=True)
            before = now

    threading.Thread(target=update, name="flott-panel", daemon=True).start()


def _bundle(now: Snapshot, before: Snapshot | None = None) -> dict[str, str]:
    return {"text/html": panel(now, before), "text/plain": f"{now.name}: {now.status.lower()}"}


def _behind(now: Snapshot) -> str:
    """How far event time is behind the clock, where it goes with it."""
    known = [time for time in now.watermarks.values() if time is not None and abs(time) < 1 << 62]
    if now.status != "RUNNING" or not known:
        return ""
    return f"event time is {ago(now.now - min(known))} behind the clock"


def _checkpoints(now: Snapshot) -> str:
    """How many there were, and how the last one was."""
    if not now.completed and not now.failed:
        return ""
    told = f"checkpoints: {now.completed:,}" + (f", {now.failed:,} failed" if now.failed else "")
    if now.last is None:
        return told
    number, at, took = now.last
    since = f" {ago(now.now - at)} ago" if now.status == "RUNNING" else ""
    return f"{told}; the last, chk-{number},{since} in {took:,} ms"
