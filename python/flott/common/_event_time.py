"""Who holds event time back: the facts that all tasks of a job told, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

__all__ = ["Standing", "ago", "event_time", "iso", "moment"]

_NONE, _END = -(1 << 63), (1 << 63) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_NO_STRATEGY = (
    "call assign_timestamps_and_watermarks(WatermarkStrategy.for_bounded_out_of_orderness(...)"
    ".with_timestamp_assigner(...)) before the window"
)
#: What operators that wait for event time say of themselves.
_WAITING = ("windows", "patterns")


def moment(millis: int) -> str:
    """A time as milliseconds and in ISO 8601, UTC."""
    text = iso(millis)
    return text if text == str(millis) else f"{millis} ({text})"


def iso(millis: int) -> str:
    """A time in ISO 8601, UTC; the number where no calendar reaches so far."""
    try:
        return (_EPOCH + timedelta(milliseconds=millis)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return str(millis)


def event_time(watermark: int | None, form: Callable[[int], str] = moment) -> str:
    """A watermark in words.

    :param form: writes a time
    """
    if watermark is None or watermark == _NONE:
        return "none yet"
    return "the end of the input" if watermark == _END else form(watermark)


def ago(millis: int) -> str:
    """A length of time in the largest unit that suits it."""
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if abs(millis) >= length:
            return f"{millis / length:.3g} {unit}"
    return f"{millis} ms"


class Standing:
    """What all tasks of a job say of event time."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.now: int = facts["now"]
        self.operators: list[dict[str, Any]] = facts["operators"]
        self._tasks: list[dict[str, Any]] = facts["tasks"]
        self._names = {own["id"]: own["name"] for own in self.operators}

    def waiting(self) -> list[dict[str, Any]]:
        """The operators that have windows or look for patterns."""
        waiting_for_time = {
            task["operators"][at]
            for task in self._tasks
            for at, waiting in (task["answer"] or {"waiting": []})["waiting"]
            if waiting["kind"] in _WAITING
        }
        return [own for own in self.operators if own["id"] in waiting_for_time]

    def places_of(self, operator: int) -> list[tuple[dict[str, Any], int]]:
        """The tasks an operator is in, and its place in them."""
        return [(task, task["operators"].index(operator)) for task in self._tasks if operator in task["operators"]]

    def explain(self, task: dict[str, Any], at: int) -> dict[str, Any]:
        """What the windows or events at that place of a task wait for."""
        told: dict[str, Any] = {
            "subtask": task["subtask"], "ended": task["ended"], "answered": task["answer"] is not None,
            "event_time": True, "watermark": None, "open": 0, "fired": 0, "endless": 0, "first": None, "pattern": None,
            "causes": [], "advice": [],
        }  # fmt: skip
        windows, pattern = self._told(task, at, "windows"), self._told(task, at, "patterns")
        waiting = windows or pattern
        if waiting is None:
            return told
        told["event_time"] = waiting["event_time"]
        told["watermark"] = None if waiting["watermark"] == _NONE else waiting["watermark"]
        if windows is None:
            told["pattern"] = {key: waiting[key] for key in ("events", "first_event", "partial", "first_deadline")}
            first = waiting["first_event"] if waiting["events"] else waiting["first_deadline"]
            windows = {**told, "first": first, "watermark": waiting["watermark"]}
        else:
            told.update({key: windows[key] for key in ("open", "fired", "endless", "first")})
        causes: list[tuple[str, str | None]] = []
        if not self._received(task, at):
            causes.append(("no record has come to this operator yet", self._why_nothing(task, at)))
        if windows["endless"] and not windows["open"]:
            causes.append(
                ("these windows fire by their trigger, such as a number of records, and not when time passes", None)
            )
        waits = windows["event_time"] and (windows["first"] is not None or windows["watermark"] == _NONE)
        if waits and not (windows["endless"] and not windows["open"]):
            causes += self._holding(task, at, set())
        advice: dict[str, list[str]] = {}
        for cause, what in dict.fromkeys(causes):
            told["causes"].append(cause)
            # what helps several splits is said once
            text, _, split = (what or "").partition("\0")
            advice.setdefault(text, []).append(split)
        told["advice"] = [
            " ".join(filter(None, (text, ", ".join(filter(None, of))))) for text, of in advice.items() if text
        ]
        return told

    def _told(self, task: dict[str, Any], at: int, kind: str) -> dict[str, Any] | None:
        for place, waiting in (task["answer"] or {"waiting": []})["waiting"]:
            if place == at and waiting["kind"] == kind:
                found: dict[str, Any] = waiting
                return found
        return None

    def _received(self, task: dict[str, Any], at: int) -> bool:
        own = next(own for own in self.operators if own["id"] == task["operators"][at])
        return bool(own["records_in"])

    def _why_nothing(self, task: dict[str, Any], at: int) -> str | None:
        sources = [own for own in self.operators if own["kind"] == "source"]
        if sources and not any(own["records_out"] for own in sources):
            return "see that the source gets records: no source of this job has read any"
        return "see whether a filter before the window takes all records away: the sources have read some"

    def _holding(self, task: dict[str, Any], before: int, seen: set[int]) -> Iterator[tuple[str, str | None]]:
        """Why event time in front of that place of a task is not further, and what to do."""
        name = _short(task["name"])
        if task["ended"]:
            return
        answer = task["answer"]
        if answer is None:
            yield f"the task '{name}' does not answer: its function has not returned for a second", None
            return
        if not answer["held_back"]:
            yield from self._waiting_for(task, before, seen)
            return
        slow = [other for other in self._tasks if task["id"] in other["producers"] and not other["ended"]]
        silent = ", ".join(f"'{_short(other['name'])}'" for other in slow if other["answer"] is None)
        yield (
            f"the task '{name}' waits until the next task has room (back-pressure)",
            f"see what {silent} waits for: it has not answered for a second"
            if silent
            else "see what is slow behind it: event time goes on with the records",
        )
        # records that wait may bring event time on
        yield from ((cause, what) for cause, what in self._waiting_for(task, before, seen) if what != _LATER)

    def _waiting_for(self, task: dict[str, Any], before: int, seen: set[int]) -> Iterator[tuple[str, str | None]]:
        answer = task["answer"]
        for at in range(before - 1, -1, -1):
            if generated := self._told(task, at, "watermarks"):
                yield from self._generated(task, at, generated)
                return
        if task["is_source"]:
            yield from self._source(task, answer)
            return
        if task["id"] in seen:
            return
        seen.add(task["id"])
        channels = list(zip(answer["channels"], task["producers"], strict=True))
        active = [(channel, producer) for channel, producer in channels if not channel["idle"] and not channel["ended"]]
        if not active:
            yield (
                "all inputs are idle: event time stands still until one of them sends a record",
                ("send a record behind the end of the window, or end the input"),
            )
            return
        least = min(channel["watermark"] for channel, _ in active)
        for channel, producer in active:
            if channel["watermark"] == least:
                other = self._tasks[producer]
                yield from self._holding(other, len(other["operators"]), seen)

    def _generated(self, task: dict[str, Any], at: int, own: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
        name = self._names[task["operators"][at]]
        where = f"'{name}' (subtask {task['subtask'] + 1})"
        if not own["emits"]:
            yield f"{where} has the strategy no_watermarks()", _NO_STRATEGY
        elif own["idle"]:
            yield f"{where} is idle: nobody waits for it", None
        elif not own["seen"]:
            yield (
                f"{where} has seen no record",
                f"add with_idleness(...) to the strategy of '{name}', or send it records",
            )
        elif own["watermark"] == _NONE:
            yield (
                f"{where} has seen records, but its generator has emitted no watermark yet",
                ("if it stays so, let the generator call output.emit_watermark(...)"),
            )
        else:
            yield f"the newest records of {where} put event time at {moment(own['watermark'])}", _LATER

    def _source(self, task: dict[str, Any], answer: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
        name = self._names[task["operators"][0]]
        where = f"source '{name}' (subtask {task['subtask'] + 1})"
        if not answer["emits"]:
            yield f"no watermark strategy is assigned: {where} sends no watermarks", _NO_STRATEGY
            return
        if not answer["splits"]:
            yield f"{where} has no split to read yet", None
            return
        active = [split for split in answer["splits"] if split["idle_since"] is None]
        idle = [split for split in answer["splits"] if split["idle_since"] is not None]
        if idle and len(answer["splits"]) > 1:
            names = ", ".join(split["id"] for split in idle)
            yield f"idle, so that nobody waits for it: {names} of {where}", None
        if not active:
            yield f"all of {where} is idle: event time stands still until it sends a record", _LATER
            return
        least = min(split["watermark"] for split in active)
        holding = [split for split in active if split["watermark"] == least]
        # those that have sent something will have a watermark in a moment
        for split in [split for split in holding if not split["seen"]] or holding:
            if split["paused"]:
                yield f"{split['id']} of {where} is not read: it waits for others of its alignment group", None
            elif not split["seen"]:
                yield (
                    f"{split['id']} of {where} has sent no record",
                    f"add with_idleness(...) to the watermark strategy of '{name}', or send records to\0{split['id']}",
                )
            elif split["watermark"] == _NONE:
                yield f"{split['id']} of {where} has sent records, but no watermark came of them yet", None
            else:
                yield (
                    f"the newest records of {split['id']} of {where} put event time at {moment(split['watermark'])}",
                    _LATER,
                )


_LATER = (
    "event time goes on with records only: send later ones, or use with_idleness(...) where some inputs stay silent"
)


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:57] + "..."
