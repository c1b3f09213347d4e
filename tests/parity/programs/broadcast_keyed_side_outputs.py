"""Side outputs of a keyed broadcast process function: from both inputs and from timers.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedBroadcastProcessFunction, OutputTag, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, MapStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
descriptor = MapStateDescriptor("names", Types.INT(), Types.STRING())
ends = OutputTag("ends", Types.TUPLE([Types.STRING(), Types.LIST(Types.INT())]))
rules_tag = OutputTag("rules", Types.STRING())


class Zero(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return 0


class Collect(KeyedBroadcastProcessFunction):
    def open(self, runtime_context):
        self.seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.INT()))

    def process_element(self, value, ctx):
        self.seen.add(value)
        ctx.timer_service().register_event_time_timer(5)
        if value > 4:
            yield value

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(descriptor)[value[0]] = value[1]
        yield rules_tag, value[1]

    def on_timer(self, timestamp, ctx):
        yield ends, (ctx.get_broadcast_state(descriptor)[ctx.get_current_key()], list(self.seen.get()))
        yield -ctx.get_current_key()


strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Zero())
numbers = env.from_collection([1, 2, 3, 4, 5, 6], type_info=Types.INT()).assign_timestamps_and_watermarks(strategy)
names = env.from_collection(
    [(0, "zero"), (1, "one"), (2, "two")], type_info=Types.TUPLE([Types.INT(), Types.STRING()])
).assign_timestamps_and_watermarks(strategy)
collected = (
    numbers.key_by(lambda n: n % 3, key_type=Types.INT())
    .connect(names.broadcast(descriptor))
    .process(Collect(), output_type=Types.INT())
)
collected.print("main")
collected.get_side_output(ends).print("ends")
collected.get_side_output(rules_tag).print("rules")
env.execute("sides of a keyed broadcast")
