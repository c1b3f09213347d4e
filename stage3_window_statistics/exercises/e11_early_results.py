"""Exercise 3.11: a trigger that does not want to wait."""

from __future__ import annotations

from typing import Any

from flott.datastream.window import TimeWindow, Trigger, TriggerResult


class EveryHundredth(Trigger[Any, TimeWindow]):
    """Fires with each order of 100 or more, and at the window's end as any window does. An order is a number.

    A trigger says what happens: ``TriggerResult.CONTINUE`` nothing, ``FIRE`` a result and the window stays as it is,
    ``PURGE`` what it has is thrown away, ``FIRE_AND_PURGE`` both. It has to set the timer for the window's end itself:
    ``ctx.register_event_time_timer(window.max_timestamp())``.

    in:  5, 100, 7 in an hour, which ends; the window sums
    out: 105 (at once), 112 (at the end)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#triggers
    """

    def on_element(
        self, element: int, timestamp: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        """Called with each record."""
        raise NotImplementedError("exercise 3.11")

    def on_event_time(self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Called when event time reaches a timer."""
        raise NotImplementedError("exercise 3.11")

    def on_processing_time(self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext) -> TriggerResult:
        """Called when the clock reaches a timer; this trigger sets none."""
        return TriggerResult.CONTINUE

    def on_merge(self, window: TimeWindow, ctx: Trigger.OnMergeContext) -> None:
        """Called where windows become one; these don't."""

    def clear(self, window: TimeWindow, ctx: Trigger.TriggerContext) -> None:
        """Called when the window goes: what was set for it is taken away."""
        ctx.delete_event_time_timer(window.max_timestamp())
