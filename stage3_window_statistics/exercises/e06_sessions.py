"""Exercise 3.6: a window that is as long as somebody stays."""

from __future__ import annotations

from flott.datastream import DataStream


def sessions(clicks: DataStream) -> DataStream:
    """For each visit of a user: (user, clicks, milliseconds from the first click to the last).

    A click is a tuple (user, time in ms), and its timestamp is that time. A visit ends when the user has clicked
    nothing for 10 minutes: ``EventTimeSessionWindows.with_gap``. When a click falls between two visits, they become
    one.

    in:  ("ada", 0), ("ada", 60000), ("ada", 900000)
    out: ("ada", 2, 60000), ("ada", 1, 0)

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#session-windows
    """
    raise NotImplementedError("exercise 3.6")
