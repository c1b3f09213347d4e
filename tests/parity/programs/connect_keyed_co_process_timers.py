"""Timers that each input of a keyed co-process function sets: one fires once, whichever input set it.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedCoProcessFunction, OutputTag, StreamExecutionEnvironment, TimeDomain

env = StreamExecutionEnvironment.get_execution_environment()
fired = OutputTag("fired", Types.STRING())


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Alarm(KeyedCoProcessFunction):
    def process_element1(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] + 10)
        yield f"left {value} key {ctx.get_current_key()} at {ctx.timestamp()}"

    def process_element2(self, value, ctx):
        ctx.timer_service().register_event_time_timer(value[1] + 10)
        ctx.timer_service().register_event_time_timer(value[1] + 100)
        ctx.timer_service().delete_event_time_timer(value[1] + 100)
        yield f"right {value} key {ctx.get_current_key()} at {ctx.timestamp()}"

    def on_timer(self, timestamp, ctx):
        domain = ctx.time_domain() == TimeDomain.EVENT_TIME
        yield fired, f"{ctx.get_current_key()} {timestamp} {ctx.timestamp() == timestamp} {domain}"


def stream(values):
    return (
        env.from_collection(values, type_info=Types.TUPLE([Types.STRING(), Types.LONG()]))
        .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
        .key_by(lambda value: value[0], key_type=Types.STRING())
    )


alarms = (
    stream([("a", 1), ("b", 2), ("a", 3)])
    .connect(stream([("a", 1), ("c", 5)]))
    .process(Alarm(), output_type=Types.STRING())
)
alarms.print()
alarms.get_side_output(fired).print("fired")
env.execute("alarms")
