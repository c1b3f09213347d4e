"""Why windows of a running job have not fired yet, or no match is found, in words. Beyond PyFlink."""

from __future__ import annotations

import json
from typing import Any

from flott.common._event_time import Standing, ago, event_time, moment

__all__ = ["WindowExplanation"]

#: Milliseconds that are more likely to be seconds: of the years 1990 to 2040.
_SECONDS = range(631_152_000, 2_208_988_800)


class WindowExplanation:
    """What :meth:`JobClient.explain_windows` found; ``print`` shows it.

    :ivar operators: one dict an operator with windows or a pattern, with the same facts: ``name``, ``open``,
        ``late_dropped``, ``last_late`` and ``subtasks``, each of which has ``watermark``, ``open``, ``first``,
        ``pattern``, ``causes`` and ``advice``. ``pattern`` is None for windows, and otherwise a dict: how many
        ``events`` wait for the watermark and the time of the ``first_event``, how many ``partial`` matches there are
        and the ``first_deadline``. Times are milliseconds since 1970-01-01T00:00:00Z; a watermark that is not there
        yet is None.
    """

    def __init__(self, standing: str) -> None:
        """:param standing: what the engine says of all tasks, as JSON"""
        facts = Standing(json.loads(standing))
        self.operators: list[dict[str, Any]] = [_operator(facts, own) for own in facts.waiting()]
        self._late = [own for own in facts.operators if own["late_dropped"] + own["late_to_side"] > 0]
        self._now: int = facts.now

    def __str__(self) -> str:
        blocks = [self._shown(own) for own in self.operators]
        windowed = {own["id"] for own in self.operators}
        others = [own for own in self._late if own["id"] not in windowed]
        blocks += ["\n".join([own["name"], *_late(own)]) for own in others]
        return "\n\n".join(blocks) or "This job has no windows and no patterns."

    def __repr__(self) -> str:
        return f"WindowExplanation({', '.join(own['name'] for own in self.operators) or 'no windows'})"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def _shown(self, own: dict[str, Any]) -> str:
        lines = [own["name"] + (f" ({own['place']})" if own["place"] else "")]
        # subtasks that say the same are one
        told: dict[tuple[str, ...], list[int]] = {}
        for subtask in own["subtasks"]:
            told.setdefault(tuple(self._lines(subtask)), []).append(subtask["subtask"] + 1)
        for text, numbers in told.items():
            if len(own["subtasks"]) > 1:
                lines.append(f"  subtask {_numbers(numbers)} of {len(own['subtasks'])}")
            lines += [f"    {line}" for line in text]
        return "\n".join(lines + _late(own))

    def _lines(self, own: dict[str, Any]) -> list[str]:
        if own["ended"]:
            return ["has ended"]
        if not own["answered"]:
            return ["does not answer: a function of its task has not returned for a second"]
        lines = []
        if own["event_time"]:
            lines.append(f"watermark: {event_time(own['watermark'])}")
        lines += self._windows(own) if own["pattern"] is None else self._pattern(own)
        lines += [f"why: {cause}" for cause in own["causes"]]
        advice = [*own["advice"]]
        if own["event_time"] and own["watermark"] is not None and own["watermark"] in _SECONDS:
            advice.insert(0, "event time is in January 1970: if these times are seconds, multiply them by 1000")
        return lines + [f"what to do: {each}" for each in advice]

    def _windows(self, own: dict[str, Any]) -> list[str]:
        counts = [f"{own['open']} open"]
        if own["fired"]:
            counts.append(f"{own['fired']} fired, kept for late records")
        if own["endless"]:
            counts.append(f"{own['endless']} that no time ends")
        lines = [f"windows: {', '.join(counts)}"]
        if first := own["first"]:
            clock = "the watermark" if own["event_time"] else "the clock"
            lines.append(f"next: {first['window']} of the key {first['key']}")
            lines.append(f"  fires when {clock} reaches {moment(first['until'])}{self._distance(own, first['until'])}")
        return lines

    def _pattern(self, own: dict[str, Any]) -> list[str]:
        pattern = own["pattern"]
        lines = []
        if own["event_time"]:
            lines.append(f"events: {pattern['events']} wait for their time")
            if (first := pattern["first_event"]) is not None:
                lines.append(f"  matched when the watermark reaches {moment(first)}{self._distance(own, first)}")
        lines.append(f"partial matches: {pattern['partial']}")
        if (first := pattern["first_deadline"]) is not None:
            lines.append(f"  the first is given up at {moment(first)}{self._distance(own, first)}")
        return lines

    def _distance(self, own: dict[str, Any], until: int) -> str:
        now = own["watermark"] if own["event_time"] else self._now
        return "" if now is None else f", {ago(until - now)} ahead"


def _operator(facts: Standing, own: dict[str, Any]) -> dict[str, Any]:
    subtasks = [facts.explain(task, at) for task, at in facts.places_of(own["id"])]
    tasks = facts.places_of(own["id"])
    place = tasks[0][0]["places"][tasks[0][1]] if tasks else None
    return {**own, "place": place, "open": sum(subtask["open"] for subtask in subtasks), "subtasks": subtasks}


def _late(own: dict[str, Any]) -> list[str]:
    lines = []
    if own["late_dropped"]:
        lines.append(f"  late records: {own['late_dropped']} dropped (numLateRecordsDropped)")
    if own["late_to_side"]:
        lines.append(f"  late records: {own['late_to_side']} sent to the side output")
    if lines and (last := own["last_late"]):
        lines.append(f"    the last one: {last['record']}")
        lines.append(
            f"      its time {moment(last['timestamp'])}, when the watermark was {event_time(last['watermark'])}"
        )
        if own["late_dropped"]:
            lines.append(
                "      what to do: let for_bounded_out_of_orderness() or allowed_lateness() wait "
                f"{ago(last['watermark'] - last['timestamp'])} longer, or keep them with side_output_late_data()"
            )
    return lines


def _numbers(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
