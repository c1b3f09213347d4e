"""Results of windows meet another stream: limits for each key, and a timer that compares when both have come.

compare: lines in any order
"""

from pyflink.common import Row, Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedCoProcessFunction, ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Rows(ProcessWindowFunction):
    def process(self, key, context, elements):
        (total,) = elements
        yield Row(user=key, until=context.window().end, total=total[2])


class Compare(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.limit = runtime_context.get_state(ValueStateDescriptor("limit", Types.INT()))
        self.results = runtime_context.get_list_state(ListStateDescriptor("results", Types.PICKLED_BYTE_ARRAY()))

    def process_element1(self, value, ctx):
        self.results.add((value.until, value.total, ctx.timestamp()))
        ctx.timer_service().register_event_time_timer(1_000)

    def process_element2(self, value, ctx):
        self.limit.update(value[2])

    def on_timer(self, timestamp, ctx):
        for until, total, time in sorted(self.results.get()):
            verdict = "without a limit" if self.limit.value() is None else f"over: {total > self.limit.value()}"
            yield f"{ctx.get_current_key()} until {until}: {total} at {time}, {verdict}"


def stream(records):
    return env.from_collection(
        records, type_info=Types.TUPLE([Types.STRING(), Types.LONG(), Types.INT()])
    ).assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))


orders = stream([("a", 1, 5), ("b", 2, 7), ("a", 12, 9), ("a", 3, 1), ("c", 14, 2), ("a", 4, 8), ("b", 16, 3)])
totals = (
    orders.key_by(lambda order: order[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .reduce(
        lambda a, b: (a[0], a[1], a[2] + b[2]),
        Rows(),
        output_type=Types.ROW_NAMED(["user", "until", "total"], [Types.STRING(), Types.LONG(), Types.INT()]),
    )
)
limits = stream([("a", 0, 10), ("b", 0, 3), ("a", 1, 12)])
(
    totals.key_by(lambda row: row.user, key_type=Types.STRING())
    .connect(limits.key_by(lambda limit: limit[0], key_type=Types.STRING()))
    .process(Compare(), output_type=Types.STRING())
    .print()
)
env.execute("limits of windows")
