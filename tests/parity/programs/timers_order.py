"""Event-time timers fire by their time, whatever the order they were set in; at the end of the input all of them do."""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Alarm(KeyedProcessFunction):
    def process_element(self, value, ctx):
        timers = ctx.timer_service()
        timers.register_event_time_timer(value[1] * 10)
        timers.register_event_time_timer(value[1] + 1000)
        yield f"{value} at {ctx.timestamp()}, watermark {timers.current_watermark()}"

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} {timestamp}, watermark {ctx.timer_service().current_watermark()}"


(
    env.from_collection(
        [("a", 30), ("b", 10), ("a", 5), ("c", 2000), ("b", 1)], type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .process(Alarm(), output_type=Types.STRING())
    .print()
)
env.execute("alarms")
