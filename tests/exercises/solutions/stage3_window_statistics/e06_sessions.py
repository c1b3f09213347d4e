"""Solution of exercise 3.6."""

from flott.common import Time
from flott.datastream import DataStream
from flott.datastream.window import EventTimeSessionWindows

Visit = tuple[str, int, int, int]
"""User, clicks, first, last."""


def both(a: Visit, b: Visit) -> Visit:
    return a[0], a[1] + b[1], min(a[2], b[2]), max(a[3], b[3])


def sessions(clicks: DataStream) -> DataStream:
    visits = clicks.map(lambda click: (click[0], 1, click[1], click[1])).key_by(lambda visit: visit[0])
    ended = visits.window(EventTimeSessionWindows.with_gap(Time.minutes(10))).reduce(both)
    return ended.map(lambda visit: (visit[0], visit[1], visit[3] - visit[2]))
