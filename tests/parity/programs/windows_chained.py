"""Windows behind windows: a result has its window's last millisecond as its time, so hours are made of minutes.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.window import EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()
MINUTE = 60_000


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Start(ProcessWindowFunction):
    """The one reduced value, with the start of the window as its time."""

    def process(self, key, context, elements):
        for _, _, amount in elements:
            yield key, context.window().start, amount


class Stamp(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} at {ctx.timestamp()}"


def add(a, b):
    return a[0], a[1], a[2] + b[2]


order = Types.TUPLE([Types.STRING(), Types.LONG(), Types.LONG()])
orders = [
    ("a", 0, 1), ("a", 59_999, 2), ("b", 1, 4), ("a", 60_000, 8), ("a", 59 * MINUTE, 16), ("b", 61 * MINUTE, 32),
    ("a", 119 * MINUTE + 59_999, 64), ("a", 120 * MINUTE, 128), ("b", 10, 256),
]  # fmt: skip
# whatever the watermark did: nothing is late
minutes = (
    env.from_collection(sorted(orders, key=lambda order: order[1]), type_info=order)
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second()))
    .key_by(lambda order: order[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .reduce(add, Start(), output_type=order)
)
minutes.process(Stamp(), output_type=Types.STRING()).print("minutes")
by_user = minutes.key_by(lambda order: order[0], key_type=Types.STRING())
hours = by_user.window(TumblingEventTimeWindows.of(Time.hours(1))).reduce(add, Start(), output_type=order)
hours.process(Stamp(), output_type=Types.STRING()).print("hours")
sliding = SlidingEventTimeWindows.of(Time.hours(1), Time.minutes(30))
by_user.window(sliding).reduce(add, Start(), output_type=order).process(Stamp(), Types.STRING()).print("sliding")
sessions = by_user.window(EventTimeSessionWindows.with_gap(Time.minutes(5))).reduce(add)
sessions.process(Stamp(), output_type=Types.STRING()).print("sessions")
days = hours.window_all(TumblingEventTimeWindows.of(Time.days(1))).reduce(lambda a, b: ("all", 0, a[2] + b[2]))
days.process(Stamp(), output_type=Types.STRING()).print("days")
env.execute("minutes, hours, days")
