"""Lengths of time and points in time."""

from __future__ import annotations

import pytest

from flott.common import Duration, Instant, Time
from flott.common._units import format_memory, parse_duration_ms, parse_memory_bytes


def test_durations_of_different_units_are_equal() -> None:
    assert Duration.of_seconds(5) == Duration.of_millis(5000) == Duration.of_nanos(5_000_000_000)
    assert Duration.of_days(1) == Duration.of_hours(24) == Duration.of_minutes(1440)
    assert hash(Duration.of_hours(1)) == hash(Duration.of_minutes(60))
    assert Duration.of_seconds(1) != Time.seconds(1)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (Duration.of_seconds(5), "PT5S"),
        (Duration.of_millis(90_500), "PT1M30.5S"),
        (Duration.of_days(1), "PT24H"),
        (Duration.of_millis(0), "PT0S"),
    ],
)
def test_durations_print_as_in_java(duration: Duration, text: str) -> None:
    assert str(duration) == text


def test_a_fraction_is_refused_with_advice() -> None:
    with pytest.raises(TypeError, match="smaller unit"):
        Duration.of_seconds(0.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="minutes"):
        Time.minutes("5")  # type: ignore[arg-type]


def test_time() -> None:
    assert str(Time.seconds(5)) == "5000 ms"
    assert Time.days(1).to_milliseconds() == 86_400_000
    assert Time.seconds(5) == Time.milliseconds(5000) and Time(5) != 5


def test_instant() -> None:
    assert Instant.of_epoch_milli(1500) == Instant(1, 500_000_000)
    assert repr(Instant.of_epoch_milli(-1)) == "Instant<-1, 999000000>"
    assert Instant(1, 2_000_000).to_epoch_milli() == 1002


@pytest.mark.parametrize(
    ("text", "millis"),
    [("10 s", 10_000), ("250", 250), ("5min", 300_000), ("1 d", 86_400_000), ("PT1M0.5S", 60_500), ("7 ms", 7)],
)
def test_durations_of_a_configuration(text: str, millis: int) -> None:
    assert parse_duration_ms(text, "key") == millis


def test_what_is_no_duration_or_size_names_the_setting() -> None:
    with pytest.raises(ValueError, match="key: '10 parsecs'"):
        parse_duration_ms("10 parsecs", "key")
    with pytest.raises(ValueError, match="key: 'much'"):
        parse_memory_bytes("much", "key")


def test_sizes() -> None:
    assert parse_memory_bytes("20 kb", "key") == 20_480
    assert (format_memory(10 << 20), format_memory(1025)) == ("10 mb", "1025 bytes")
