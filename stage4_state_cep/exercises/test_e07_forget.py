"""Judges exercise 4.7."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flott.datastream import KeyedProcessFunction, RuntimeContext
from flott.testing import one_input_harness
from stage4_state_cep.exercises.e07_forget import coupon_used
from utils.exercise import expect

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


class Coupon(KeyedProcessFunction):
    """ "use" writes; everything yields what was there before."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.used = runtime_context.get_state(coupon_used())

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
        yield self.used.value()
        if value == "use":
            self.used.update(True)


def seen(*events: tuple[int, str]) -> list[Any]:
    with one_input_harness(Coupon(), key_selector=lambda event: "ada") as h:
        for millis, event in events:
            h.set_processing_time(millis)
            h.process_element(event)
        return h.extract_output_values()


def test_a_day_later_it_is_gone() -> None:
    events = [(0, "use"), (DAY - MINUTE, "look"), (DAY + MINUTE, "look")]
    idea = "set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite): looking at it does not prolong its life"
    expect(seen(*events), [None, True, None], events, idea)


def test_writing_makes_it_younger() -> None:
    events = [(0, "use"), (DAY - MINUTE, "use"), (DAY + MINUTE, "look")]
    expect(seen(*events), [None, True, True], events, "OnCreateAndWrite: from the last writing on")
