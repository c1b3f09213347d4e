"""Joining two keyed streams by their event time (beyond PyFlink, as in Flink's Java API).

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/joining/#interval-join
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.common.time import Duration, Time
from flott.common.typeinfo import Types
from flott.datastream._late import LateRecords
from flott.datastream.connected_streams import two_inputs
from flott.datastream.functions._results import results_of
from flott.datastream.functions.join import ProcessJoinFunction
from flott.datastream.functions.process import KeyedCoProcessFunction
from flott.datastream.functions.wrapper import as_function
from flott.datastream.keyed_stream import KeyedStream
from flott.datastream.output_tag import OutputTag
from flott.datastream.state import MapStateDescriptor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flott.common.typeinfo import TypeInformation
    from flott.datastream.data_stream import DataStream
    from flott.datastream.functions.context import RuntimeContext
    from flott.datastream.state import MapState

#: What Flink shows of a record without event time.
_NO_TIMESTAMP = -(1 << 63)

__all__ = ["IntervalJoin", "IntervalJoined"]


class IntervalJoin:
    """Two keyed streams whose records of one key are to be paired by time; made by ``KeyedStream.interval_join``."""

    def __init__(self, stream_one: KeyedStream, stream_two: KeyedStream) -> None:
        """Use :meth:`KeyedStream.interval_join`."""
        if not isinstance(stream_two, KeyedStream):
            raise TypeError(f"interval_join() takes a keyed stream, stream.key_by(...), not {stream_two!r}")
        self._streams = stream_one, stream_two

    def in_event_time(self) -> IntervalJoin:
        """By event time, as always."""
        return self

    def in_processing_time(self) -> IntervalJoin:
        """:raises ValueError: an interval join goes by event time only, as in Flink"""
        raise ValueError("Time-bounded stream joins are only supported in event time")

    def between(self, lower_bound: Time | Duration, upper_bound: Time | Duration) -> IntervalJoined:
        """Pairs with ``left + lower_bound <= right <= left + upper_bound``; bounds may be negative."""
        return IntervalJoined(*self._streams, _millis(lower_bound), _millis(upper_bound))


class IntervalJoined:
    """An interval join with its bounds::

    orders.key_by(lambda o: o["id"]).interval_join(payments.key_by(lambda p: p["order"]))
        .between(Time.seconds(0), Time.minutes(10)).upper_bound_exclusive().process(Paid())
    """

    def __init__(self, left: KeyedStream, right: KeyedStream, lower: int, upper: int) -> None:
        """Use :meth:`IntervalJoin.between`."""
        self._left, self._right = left, right
        self._lower, self._upper = lower, upper
        self._lower_inclusive = self._upper_inclusive = True
        self._late: list[OutputTag | None] = [None, None]

    def lower_bound_exclusive(self) -> IntervalJoined:
        """Leaves out pairs at the lower bound."""
        self._lower_inclusive = False
        return self

    def upper_bound_exclusive(self) -> IntervalJoined:
        """Leaves out pairs at the upper bound."""
        self._upper_inclusive = False
        return self

    def side_output_left_late_data(self, output_tag: OutputTag) -> IntervalJoined:
        """Left records behind the watermark go to that side output; otherwise ``numLateRecordsDropped`` counts them."""
        self._late[0] = output_tag
        return self

    def side_output_right_late_data(self, output_tag: OutputTag) -> IntervalJoined:
        """The same for right records."""
        self._late[1] = output_tag
        return self

    def process(self, func: ProcessJoinFunction, output_type: TypeInformation | None = None) -> DataStream:
        """Runs ``func.process_element(left, right, ctx)`` for each pair; results have the later of the two times.

        Records wait in keyed state until no partner can come any more.

        :raises ValueError: if the lower bound is above the upper one
        """
        function = as_function(func, ProcessJoinFunction, "process()")
        lower = self._lower if self._lower_inclusive else self._lower + 1
        upper = self._upper if self._upper_inclusive else self._upper - 1
        if lower > upper:
            raise ValueError(f"lower_bound <= upper_bound must be fulfilled, not {lower} ms and {upper} ms")
        join = _Join(function, lower, upper, *self._late)
        methods = ["process_element1", "process_element2", "on_timer"]
        kind = "keyed_co_process_timed"
        return two_inputs(self._left, self._right, "Interval Join", kind, join, methods, output_type)


def _millis(bound: Any) -> int:
    if isinstance(bound, Time):
        return bound.to_milliseconds()
    if isinstance(bound, Duration):
        return bound._nanos // 1_000_000
    raise TypeError(f"between() takes times such as Time.seconds(-5), not {bound!r}")


class _Pair(ProcessJoinFunction.Context):
    left = right = timestamp = 0

    def get_left_timestamp(self) -> int:
        return self.left

    def get_right_timestamp(self) -> int:
        return self.right

    def get_timestamp(self) -> int:
        return self.timestamp


class _Join(KeyedCoProcessFunction):
    """Yields ``timestamp, result``. A record waits until the watermark has passed the last partner it can have."""

    def __init__(
        self,
        function: ProcessJoinFunction,
        lower: int,
        upper: int,
        left_late: OutputTag | None,
        right_late: OutputTag | None,
    ) -> None:
        self._function = function
        self._lower, self._upper = lower, upper
        self._left_late, self._right_late = left_late, right_late

    def open(self, runtime_context: RuntimeContext) -> None:
        def buffer(name: str) -> MapState[int, list[Any]]:
            # the records of each time, in the order in which they came
            return runtime_context.get_map_state(MapStateDescriptor(name, Types.LONG(), Types.PICKLED_BYTE_ARRAY()))

        self._left, self._right = buffer("left buffer"), buffer("right buffer")
        self._late_records = LateRecords(runtime_context)
        self._pair = _Pair()
        self._function.open(runtime_context)

    def close(self) -> None:
        self._function.close()

    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterator[tuple[int, Any]]:
        timestamp = self._in_time(ctx)
        if timestamp is None:
            yield from self._too_late(value, ctx, self._left_late)
            return
        _add(self._left, timestamp, value)
        for other in _times(self._right, timestamp + self._lower, timestamp + self._upper):
            for right in list(self._right.get(other)):
                yield from self._joined(value, timestamp, right, other)
        ctx.timer_service().register_event_time_timer(timestamp + max(self._upper, 0))

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> Iterator[tuple[int, Any]]:
        timestamp = self._in_time(ctx)
        if timestamp is None:
            yield from self._too_late(value, ctx, self._right_late)
            return
        _add(self._right, timestamp, value)
        for other in _times(self._left, timestamp - self._upper, timestamp - self._lower):
            for left in list(self._left.get(other)):
                yield from self._joined(left, other, value, timestamp)
        ctx.timer_service().register_event_time_timer(timestamp - min(self._lower, 0))

    def on_timer(self, timestamp: int, ctx: KeyedCoProcessFunction.OnTimerContext) -> None:
        # a timer is either side's: records at these times are never needed longer than until now
        for buffer, time in (
            (self._left, timestamp - max(self._upper, 0)),
            (self._right, timestamp + min(self._lower, 0)),
        ):
            if buffer.contains(time):
                buffer.remove(time)

    def _in_time(self, ctx: KeyedCoProcessFunction.Context) -> int | None:
        timestamp = ctx.timestamp()
        if timestamp == _NO_TIMESTAMP:
            raise ValueError(
                "Elements used in interval stream joins need to have meaningful timestamps: "
                "call assign_timestamps_and_watermarks() on both streams before key_by()"
            )
        return None if timestamp < ctx.timer_service().current_watermark() else timestamp

    def _too_late(
        self, value: Any, ctx: KeyedCoProcessFunction.Context, tag: OutputTag | None
    ) -> Iterator[tuple[int, Any]]:
        timestamp = ctx.timestamp()
        self._late_records.note(value, timestamp, ctx.timer_service().current_watermark(), dropped=tag is None)
        if tag is not None:
            yield timestamp, (tag, value)

    def _joined(self, left: Any, left_time: int, right: Any, right_time: int) -> Iterator[tuple[int, Any]]:
        pair = self._pair
        pair.left, pair.right, pair.timestamp = left_time, right_time, max(left_time, right_time)
        for result in results_of(self._function.process_element(left, right, pair), "process_element"):
            yield pair.timestamp, result


def _add(buffer: MapState[int, list[Any]], timestamp: int, value: Any) -> None:
    records = buffer.get(timestamp) or []
    records.append(value)
    buffer.put(timestamp, records)


def _times(buffer: MapState[int, list[Any]], first: int, last: int) -> list[int]:
    return sorted(time for time in buffer.keys() if first <= time <= last)  # noqa: SIM118
