"""Streams cut into windows: what can be wrong is found where it is said."""

from __future__ import annotations

from typing import Any

import pytest

from flott.common import Time, Types
from flott.datastream import OutputTag, StreamExecutionEnvironment
from flott.datastream.window import (
    CountTrigger,
    EventTimeSessionWindows,
    GlobalWindows,
    NeverTrigger,
    TumblingEventTimeWindows,
)

Env = StreamExecutionEnvironment


@pytest.fixture(params=["keyed", "all", "count"])
def windowed(request: pytest.FixtureRequest) -> Any:
    stream = Env.get_execution_environment().from_collection([1, 2], Types.INT())
    if request.param == "all":
        return stream.window_all(TumblingEventTimeWindows.of(Time.seconds(5)))
    keyed = stream.key_by(lambda n: n)
    return keyed.count_window(3) if request.param == "count" else keyed.window(GlobalWindows.create())


def test_settings_can_be_chained(windowed: Any) -> None:
    tag = OutputTag("late", Types.INT())
    assert windowed.trigger(CountTrigger.of(1)).allowed_lateness(5).side_output_late_data(tag) is windowed
    assert windowed.get_input_type() == Types.INT()
    assert isinstance(windowed.get_execution_environment(), Env)


def test_wrong_arguments(windowed: Any) -> None:
    with pytest.raises(TypeError, match="takes a Trigger"):
        windowed.trigger(5)
    with pytest.raises(ValueError, match="at least 0 ms, not -1"):
        windowed.allowed_lateness(-1)
    with pytest.raises(TypeError, match="takes an OutputTag"):
        windowed.side_output_late_data("late")


def test_windows_come_from_an_assigner() -> None:
    stream: Any = Env.get_execution_environment().from_collection([1]).key_by(lambda n: n)
    with pytest.raises(TypeError, match="windows come from a WindowAssigner"):
        stream.window(Time.seconds(5))


def test_sessions_need_a_trigger_that_merges() -> None:
    stream = Env.get_execution_environment().from_collection([1]).key_by(lambda n: n)
    with pytest.raises(TypeError, match="NeverTrigger can't"):
        stream.window(EventTimeSessionWindows.with_gap(Time.seconds(5))).trigger(NeverTrigger())


@pytest.mark.parametrize(("size", "slide"), [(0, 0), (3, -1)])
def test_windows_of_no_records(size: int, slide: int) -> None:
    stream = Env.get_execution_environment().from_collection([1]).key_by(lambda n: n)
    with pytest.raises(ValueError, match="at least 1 record"):
        stream.count_window(size, slide)
