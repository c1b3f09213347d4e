"""Solution of exercise 3.5."""

from flott.common import Time
from flott.datastream import DataStream
from flott.datastream.window import SlidingEventTimeWindows


def orders_of_last_five_minutes(orders: DataStream) -> DataStream:
    ones = orders.map(lambda user: (user, 1)).key_by(lambda one: one[0])
    windows = ones.window(SlidingEventTimeWindows.of(Time.minutes(5), Time.minutes(1)))
    return windows.reduce(lambda a, b: (a[0], a[1] + b[1]))
