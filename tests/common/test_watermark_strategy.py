"""Watermark strategies compile to what the engine reads."""

from __future__ import annotations

from typing import Any

import pytest

from flott.common import Duration, Time, WatermarkStrategy
from flott.common.watermark_strategy import AssignerWithPeriodicWatermarksWrapper, TimestampAssigner


class Second(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


def test_specs() -> None:
    assert WatermarkStrategy.no_watermarks()._to_spec() == {"kind": "none"}
    assert WatermarkStrategy.for_monotonous_timestamps()._to_spec() == {"kind": "monotonous"}
    bounded = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))
    assert bounded._to_spec() == {"kind": "bounded", "out-of-orderness-ms": 5000}
    full = bounded.with_idleness(Duration.of_minutes(1)).with_watermark_alignment("g", Duration.of_seconds(2))
    assert full._to_spec() == {
        "kind": "bounded",
        "out-of-orderness-ms": 5000,
        "idle-timeout-ms": 60_000,
        "alignment": {"group": "g", "max-drift-ms": 2000, "update-interval-ms": 1000},
    }


def test_the_assigner_stays_whatever_is_called_after_it() -> None:
    assigner = Second()
    strategy = WatermarkStrategy.for_monotonous_timestamps()
    assert strategy.with_timestamp_assigner(assigner) is strategy  # PyFlink changes it in place too
    assert strategy.with_idleness(Duration.of_seconds(1))._timestamp_assigner is assigner


@pytest.mark.parametrize("given", [lambda value, timestamp: 0, Second, None])
def test_only_an_assigner_will_do(given: Any) -> None:
    with pytest.raises(TypeError, match="takes a TimestampAssigner"):
        WatermarkStrategy.no_watermarks().with_timestamp_assigner(given)


def test_only_a_duration_will_do() -> None:
    with pytest.raises(TypeError, match=r"Duration\.of_seconds"):
        WatermarkStrategy.for_bounded_out_of_orderness(Time.seconds(5))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="longer than 0"):
        WatermarkStrategy.no_watermarks().with_idleness(Duration.of_millis(0))
    with pytest.raises(NotImplementedError, match="use a WatermarkStrategy"):
        AssignerWithPeriodicWatermarksWrapper(None)
