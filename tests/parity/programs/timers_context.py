"""What the context of a timer says: key, time, domain, watermark, and the state of its key.

compare: lines in any order, without subtasks
"""

from pyflink.common import Row, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment, TimeDomain
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Last(KeyedProcessFunction):
    def open(self, runtime_context):
        self.last = runtime_context.get_state(ValueStateDescriptor("last", Types.LONG()))

    def process_element(self, value, ctx):
        self.last.update(value[1])
        ctx.timer_service().register_event_time_timer(10)
        # far away: the input ends before
        ctx.timer_service().register_processing_time_timer(ctx.timer_service().current_processing_time() + 3_600_000)

    def on_timer(self, timestamp, ctx):
        yield Row(
            str(ctx.get_current_key()), timestamp, ctx.timestamp(), self.last.value(),
            ctx.time_domain() == TimeDomain.EVENT_TIME, ctx.timer_service().current_watermark(),
            ctx.timer_service().current_processing_time() > 1_600_000_000_000,
        )  # fmt: skip


row = Types.ROW(
    [Types.STRING(), Types.LONG(), Types.LONG(), Types.LONG(), Types.BOOLEAN(), Types.LONG(), Types.BOOLEAN()]
)
(
    env.from_collection([("a", 1), ("b", 2), ("a", 3)], type_info=Types.TUPLE([Types.STRING(), Types.LONG()]))
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: (value[0], 1), key_type=Types.TUPLE([Types.STRING(), Types.INT()]))
    .process(Last(), output_type=row)
    .print()
)
env.execute("context")
