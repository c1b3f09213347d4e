"""The same matcher inside a keyed process function of PyFlink, with Flink's state and timers.

What waits for its time is in a MapState by timestamp, partial matches are in a ValueState; both are in Flink's
checkpoints. Conditions run in PyFlink's Python workers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.cep._operator import callables, has_expressions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flott.cep._matches import Matches
    from flott.cep.pattern_stream import PatternStream

__all__ = ["hosted"]


def hosted(of: PatternStream, matches: Matches, output_type: Any) -> Any:
    """The stream of the results, on PyFlink.

    :raises NotImplementedError: if a condition is an expression: PyFlink has no columns
    """
    if has_expressions(of._pattern):
        raise NotImplementedError(
            "a condition that is an expression runs on Flott's columns, which PyFlink has not: write it as a Python "
            "function for --target flink"
        )
    from pyflink.common import Types  # type: ignore[import-not-found]
    from pyflink.datastream import KeyedProcessFunction, KeyedStream  # type: ignore[import-not-found]
    from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor  # type: ignore[import-not-found]

    class Hosted(KeyedProcessFunction):  # type: ignore[misc]
        """One subtask's matcher: what it has of a key is loaded before each call and stored behind it."""

        def __init__(self, pattern: Any, matches: Matches, comparator: Any, event_time: bool, late_tag: Any) -> None:
            # it travels to the workers by pickle: nothing here may hold the stream
            self.pattern, self.matches, self.comparator = pattern, matches, comparator
            self.event_time, self.late_tag = event_time, late_tag

        def open(self, runtime_context: Any) -> None:
            from flott._flott import CepPlan, HostedMatcher

            pickled = Types.PICKLED_BYTE_ARRAY()
            self.partial = runtime_context.get_state(ValueStateDescriptor("cep partial matches", pickled))
            self.waiting = runtime_context.get_map_state(MapStateDescriptor("cep events", Types.LONG(), pickled))
            plan = CepPlan(self.pattern._native, None)
            called, self.opened = callables(plan.conditions, runtime_context, lambda own: own)
            self.process, self.timed_out = self.matches.calls(lambda own: own)
            for function in self.matches.functions():
                if function not in self.opened:
                    function.open(runtime_context)
                    self.opened.append(function)
            self.matcher = HostedMatcher(plan, called, self.timed_out is not None)
            self.context = _Context()

        def close(self) -> None:
            for function in self.opened:
                function.close()

        def process_element(self, value: Any, ctx: Any) -> Iterable[Any]:
            service = ctx.timer_service()
            if not self.event_time and self.comparator is None:
                now = service.current_processing_time()
                yield from self.matched([(now, [value])], now, service)
                return
            time = ctx.timestamp() if self.event_time else service.current_processing_time()
            if self.event_time and time <= service.current_watermark():
                if self.late_tag is not None:
                    yield self.late_tag, value
                return
            before = self.waiting.get(time) or []
            self.waiting.put(time, [*before, value])
            if self.event_time:
                service.register_event_time_timer(time)
            else:
                service.register_processing_time_timer(time + 1)

        def on_timer(self, timestamp: int, ctx: Any) -> Iterable[Any]:
            service = ctx.timer_service()
            # a timer may be told when event time is further already: what came meanwhile has its own timer
            due = sorted(filter(lambda time: time <= timestamp, self.waiting.keys()))
            events = []
            for time in due:
                events.append((time, self.sorted(self.waiting.get(time))))
                self.waiting.remove(time)
            yield from self.matched(events, timestamp, service)

        def sorted(self, events: list[Any]) -> list[Any]:
            from functools import cmp_to_key

            return events if self.comparator is None else sorted(events, key=cmp_to_key(self.comparator))

        def matched(self, events: list[tuple[int, list[Any]]], until: int, service: Any) -> Iterable[Any]:
            """Matches events of one key, and gives up what has run out of time by then."""
            matcher = self.matcher
            matcher.load(self.partial.value())
            found = []
            for time, of_time in events:
                for event in of_time:
                    found += matcher.process(event, time)
            found += matcher.advance(until)
            stored, deadline = matcher.store(), matcher.deadline
            if stored is None:
                self.partial.clear()
            else:
                self.partial.update(stored)
            if deadline is not None and self.event_time:
                service.register_event_time_timer(deadline)
            elif deadline is not None:
                service.register_processing_time_timer(deadline)
            context = self.context
            for timed_out, match, time in found:
                context.time, context.service = time, service
                call: Any = self.timed_out if timed_out else self.process
                yield from call(match, context) or ()
                yield from context.outputs
                context.outputs.clear()

    stream = of._input
    keyed = isinstance(stream, KeyedStream)
    if not keyed:
        stream = stream.key_by(lambda _: 0, Types.INT())
    function = Hosted(of._pattern, matches, of._comparator, of._event_time, of._late_data_output_tag)
    made = stream.process(function, output_type)
    return made if keyed else made.force_non_parallel()


class _Context:
    """The ``ctx`` of the functions of matches."""

    def __init__(self) -> None:
        self.time = 0
        self.service: Any = None
        self.outputs: list[tuple[Any, Any]] = []

    def timestamp(self) -> int:
        return self.time

    def current_processing_time(self) -> int:
        return int(self.service.current_processing_time())

    def output(self, output_tag: Any, value: Any) -> None:
        self.outputs.append((output_tag, value))
