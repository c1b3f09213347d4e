"""Solution of exercise 3.3."""

from flott.common import Time
from flott.datastream import DataStream
from flott.datastream.window import TumblingEventTimeWindows


def largest_of_each_minute(orders: DataStream) -> DataStream:
    minutes = orders.window_all(TumblingEventTimeWindows.of(Time.minutes(1)))
    return minutes.reduce(lambda a, b: a if a[1] >= b[1] else b)
