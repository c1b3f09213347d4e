"""What the dashboard shows: the job's results as they arrive, gathered into one state of a few kilobytes.

Sinks of the job write into a :class:`LiveState`; the page's connections and the terminal wait for its next version and
take it whole. So nobody queues: who is slow skips states, and who comes late or again has it all with the first one.
"""

from __future__ import annotations

import heapq
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flott.common import Row
from flott.datastream import RuntimeContext
from flott.datastream.connectors.python import PythonSink, SinkContext, SinkWriter
from stage3_window_statistics.window_aggregators import time_of

MINUTES, TOP = 60, 8
"""How many minutes and how many users and products are shown."""

NO_WATERMARK, END = -(2**63), 2**63 - 1
_RATE_OVER_SECONDS = 2.0

Message = Mapping[str, Any]


class LiveState:
    """The figures of one run, for any number of readers.

    :param source: where the orders come from, for people.
    :param pause: at most one version each so many seconds.
    """

    def __init__(self, source: str = "", pause: float = 0.2, run: str = "") -> None:
        self._source = source
        self._pause = pause
        self._run = run
        self._changed = threading.Condition()
        self._version = 0
        self._shown = ("", -1, 0.0)
        self._job = ("running", "")
        self._minutes: dict[str, Message] = {}
        self._hours: dict[str, dict[str, dict[str, Message]]] = {}
        self._changes: dict[tuple[str, str, str], int] = {}
        self._five: Message | None = None
        self._names: dict[str, str] = {}
        self._counts = {"messages": 0, "late": 0, "rejected": 0, "sessions": 0}
        self._pulse: Row | None = None
        self._pulses: deque[tuple[float, int]] = deque()
        self._take: dict[str, Callable[[Message], None]] = {
            "minute": self._minute,
            "status_change": self._status_change,
            "last_five_minutes": self._last_five_minutes,
            **dict.fromkeys(("hour", "user", "product", "status"), self._of_hour),
            "user_session": lambda message: self._count("sessions"),
            "ten_orders": lambda message: None,
        }

    # --- what comes in

    def result(self, message: Message) -> None:
        """A result of a window, as it goes to the topic."""
        with self._changed:
            self._take[message["statistic"]](message)
            self._touch()

    def pulse(self, pulse: Row) -> None:
        """How far the job is: see :class:`~stage3_window_statistics.dashboard.pulse.Pulse`."""
        with self._changed:
            self._pulse = pulse
            now = time.monotonic()
            self._counts["messages"] = pulse[0]
            self._pulses.append((now, pulse[0]))
            while len(self._pulses) > 2 and now - self._pulses[0][0] > _RATE_OVER_SECONDS:
                self._pulses.popleft()
            self._touch()

    def name(self, item: tuple[str, str]) -> None:
        """What an item is called."""
        with self._changed:
            self._names[item[0]] = item[1]
            self._touch()

    def count(self, what: str) -> None:
        """One more ``late`` or ``rejected`` message."""
        with self._changed:
            self._count(what)
            self._touch()

    def job(self, state: str, message: str = "") -> None:
        """What has become of the job: ``finished``, ``failed`` (and why), ``stopped``."""
        with self._changed:
            self._job = (state, message)
            self._touch()

    # --- what goes out

    def wait(self, seen: int, timeout: float) -> tuple[int, str] | None:
        """The newest version above ``seen`` and its JSON; None if none came within ``timeout`` seconds.

        Versions come no faster than the pause allows; in between, changes gather.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                text, version, made = self._shown
                now = time.monotonic()
                if self._version > version and now - made >= self._pause:
                    text, version, made = json.dumps(self._snapshot(), ensure_ascii=False), self._version, now
                    self._shown = text, version, made
                if version > seen:
                    return version, text
                if now >= deadline:
                    return None
                until = min(deadline, made + self._pause) if self._version > version else deadline
                self._changed.wait(until - now)

    def snapshot(self) -> dict[str, Any]:
        """All that is shown, as it is now."""
        with self._changed:
            return self._snapshot()

    # --- how it is done

    def _touch(self) -> None:
        self._version += 1
        self._changed.notify_all()

    def _count(self, what: str) -> None:
        self._counts[what] += 1

    def _minute(self, message: Message) -> None:
        self._minutes[message["window_start"]] = message
        if len(self._minutes) > 2 * MINUTES:
            for start in sorted(self._minutes)[:-MINUTES]:
                del self._minutes[start]

    def _of_hour(self, message: Message) -> None:
        kind = message["statistic"]
        key = message.get({"user": "user_id", "product": "item_id"}.get(kind, "status"), "")
        hour = self._hours.setdefault(message["window_start"], {})
        hour.setdefault(kind, {})[key] = message
        # The hour before may still be corrected; older ones are over.
        for start in sorted(self._hours)[:-2]:
            del self._hours[start]

    def _status_change(self, message: Message) -> None:
        key = (message["window_start"], message["from_status"], message["to_status"])
        self._changes[key] = message["change_count"]
        if len(self._changes) > 1000:
            for old in sorted(self._changes)[:-500]:
                del self._changes[old]

    def _last_five_minutes(self, message: Message) -> None:
        if self._five is None or message["window_end"] >= self._five["window_end"]:
            self._five = message

    def _snapshot(self) -> dict[str, Any]:
        state, why = self._job
        start = max(self._hours, default=None)
        hour = self._hours[start] if start is not None else {}
        totals = hour.get("hour", {}).get("")
        statuses = sorted(hour.get("status", {}).values(), key=lambda m: (-m["order_count"], m["status"]))
        return {
            "run": self._run,
            "source": self._source,
            "job": {"state": state, "message": why},
            "time": self._times(),
            "minutes": _without_gaps(self._minutes),
            "hour": None if totals is None else _figures(totals),
            "last_five_minutes": None if self._five is None else _figures(self._five),
            "users": [
                {"id": m["user_id"], "orders": m["order_count"], "amount": m["total_amount"]}
                for m in _largest(hour.get("user", {}), "total_amount", "user_id")
            ],
            "products": [
                {
                    "id": m["item_id"],
                    "name": self._names.get(m["item_id"], ""),
                    "quantity": m["quantity"],
                    "sales": m["sales"],
                }
                for m in _largest(hour.get("product", {}), "sales", "item_id")
            ],
            "statuses": [
                {"status": m["status"], "orders": m["order_count"], "amount": m["total_amount"]} for m in statuses
            ],
            "changes": self._changes_of(start),
        }

    def _times(self) -> dict[str, Any]:
        rate = 0.0
        if len(self._pulses) > 1:
            (first, before), (last, messages) = self._pulses[0], self._pulses[-1]
            rate = (messages - before) / max(last - first, 1e-9)
        times: dict[str, Any] = {**self._counts, "per_second": round(rate, 1), "newest": None, "watermark": None}
        times |= {"lag_ms": None, "closes": None, "closes_in_ms": None}
        if self._pulse is None:
            return times
        _, newest, watermark = self._pulse
        times["newest"] = _text(time_of(newest))
        if NO_WATERMARK < watermark < END:
            closes = watermark + 1 - (watermark + 1) % 60_000 + 60_000
            times |= {
                "watermark": time_of(watermark).isoformat(" ", "milliseconds"),
                "lag_ms": newest - watermark,
                "closes": _text(time_of(closes)),
                "closes_in_ms": closes - 1 - watermark,
            }
        return times

    def _changes_of(self, hour: str | None) -> list[dict[str, Any]]:
        """The changes of the hour that is shown."""
        sums: dict[tuple[str, str], int] = {}
        for (start, before, after), count in self._changes.items():
            if hour is not None and start >= hour:
                sums[before, after] = sums.get((before, after), 0) + count
        ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
        return [{"from": before, "to": after, "count": count} for (before, after), count in ordered]


class LiveSink(PythonSink):
    """Hands records to a function of a :class:`LiveState`, in this process. It keeps nothing and never waits.

    >>> state = LiveState()
    >>> sink = LiveSink(state.pulse)
    """

    def __init__(self, take: Callable[[Any], None]) -> None:
        self._take = take

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        return _LiveWriter(self._take)


class _LiveWriter(SinkWriter):
    def __init__(self, take: Callable[[Any], None]) -> None:
        self._take = take

    def write(self, value: Any, context: SinkContext) -> None:
        self._take(value)


def _figures(message: Message) -> dict[str, Any]:
    fields = ("window_start", "window_end", "order_count", "total_amount")
    return dict(zip(("start", "end", "orders", "amount"), (message[field] for field in fields), strict=True))


def _largest(messages: Mapping[str, Message], figure: str, key: str) -> list[Message]:
    return heapq.nsmallest(TOP, messages.values(), key=lambda m: (-Decimal(m[figure]), m[key]))


def _without_gaps(minutes: Mapping[str, Message]) -> list[dict[str, Any]]:
    """The last minutes; one without orders has no window, and is shown as nothing sold."""
    if not minutes:
        return []
    last = datetime.fromisoformat(max(minutes))
    first = max(datetime.fromisoformat(min(minutes)), last - timedelta(minutes=MINUTES - 1))
    shown = []
    for step in range((last - first) // timedelta(minutes=1) + 1):
        start = _text(first + timedelta(minutes=step))
        message = minutes.get(start)
        orders, amount = (0, "0.00") if message is None else (message["order_count"], message["total_amount"])
        shown.append({"start": start, "orders": orders, "amount": amount})
    return shown


def _text(moment: datetime) -> str:
    return moment.isoformat(" ", "seconds")
