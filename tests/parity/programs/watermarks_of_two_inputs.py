"""The time of an operator with two inputs is that of the slower one: timers wait for both to end.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedCoProcessFunction, KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Collect(KeyedCoProcessFunction):
    def open(self, runtime_context):
        self.all = runtime_context.get_list_state(ListStateDescriptor("all", Types.LONG()))

    def process_element1(self, value, ctx):
        self.all.add(value[1])
        ctx.timer_service().register_event_time_timer(10)

    def process_element2(self, value, ctx):
        self.all.add(value[1])
        yield f"second input: {ctx.timer_service().current_watermark()}"

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} at {timestamp}: {sorted(self.all)}"


class CollectOne(KeyedProcessFunction):
    def open(self, runtime_context):
        self.all = runtime_context.get_list_state(ListStateDescriptor("all", Types.LONG()))

    def process_element(self, value, ctx):
        self.all.add(value[1])
        ctx.timer_service().register_event_time_timer(10)

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()} at {timestamp}: {sorted(self.all)}"


def stream(values, strategy):
    return env.from_collection(
        values, type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
    ).assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Second()))


# the first input's watermarks are far ahead, the second has none before its end
fast = stream([("a", 1), ("b", 2), ("a", 1000)], WatermarkStrategy.for_monotonous_timestamps())
slow = stream([("a", 7), ("b", 8), ("a", 9)], WatermarkStrategy.no_watermarks())
fast.key_by(lambda pair: pair[0]).connect(slow.key_by(lambda pair: pair[0])).process(
    Collect(), output_type=Types.STRING()
).print("connected")
fast.union(slow).key_by(lambda pair: pair[0]).process(CollectOne(), output_type=Types.STRING()).print("union")
env.execute("the slower one")
