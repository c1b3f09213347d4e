"""A trigger: an hour is too long to wait for its figures."""

from __future__ import annotations

from typing import Any

from flott.datastream.window import TimeWindow, Trigger, TriggerResult

_MINUTE_MS = 60_000


class EachMinute(Trigger[Any, TimeWindow]):
    """Fires at the end of each minute (of event time) that had a record, and for each late record at once.

    The window keeps what it has, so each firing tells all there is until then, and the last one tells all. Flink's
    ``ContinuousEventTimeTrigger`` fires every minute, news or none: with a thousand users, each of whom orders once an
    hour, that is sixty rows for each in the place of one.
    """

    def on_element(
        self, element: Any, timestamp: int, window: TimeWindow, ctx: Trigger.TriggerContext
    ) -> TriggerResult:
        if window.max_timestamp() <= ctx.get_current_watermark():
            return TriggerResult.FIRE
        # Setting a timer that is set already changes nothing; one in the past fires with the next watermark.
        end_of_minute = timestamp - timestamp % _MINUTE_MS + _MINUTE_MS - 1
        ctx.register_event_time_timer(min(end_of_minute, window.max_timestamp()))
        return TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext) -> TriggerResult:
        # The timer that clears a window behind its allowed lateness comes here too.
        return TriggerResult.FIRE if time <= window.max_timestamp() else TriggerResult.CONTINUE

    def on_processing_time(self, time: int, window: TimeWindow, ctx: Trigger.TriggerContext) -> TriggerResult:
        return TriggerResult.CONTINUE

    def on_merge(self, window: TimeWindow, ctx: Trigger.OnMergeContext) -> None:
        raise NotImplementedError("EachMinute is for windows that do not merge")

    def clear(self, window: TimeWindow, ctx: Trigger.TriggerContext) -> None:
        """All timers of the window have fired when it is cleared: none is set behind its end."""
