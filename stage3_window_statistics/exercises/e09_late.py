"""Exercise 3.9: who comes too late."""

from __future__ import annotations

from flott.common import Types
from flott.datastream import DataStream, OutputTag

LATE = OutputTag("late", Types.PICKLED_BYTE_ARRAY())


def counted_minutes(orders: DataStream) -> tuple[DataStream, DataStream]:
    """Count the orders of each minute of event time; return the counts, and the orders that were too late.

    - A minute can be corrected for 30 seconds behind its end: an order that comes then is counted, and the new count
      follows.
    - An order that comes later than that is not counted; it goes to the side output ``LATE``.

    ``window_all(...)``, ``allowed_lateness(...)`` (in ms), ``side_output_late_data(...)``, then an aggregate or a
    reduce; the side output is taken from the stream that comes out of it.

    in:  "a" at 10 s; the watermark reaches 60 s; "b" at 20 s; the watermark reaches 90 s; "c" at 30 s
    out: 1, 2, and at LATE "c"

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/windows/#allowed-lateness
    """
    raise NotImplementedError("exercise 3.9")
