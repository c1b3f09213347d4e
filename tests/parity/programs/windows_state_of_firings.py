"""A window that fires several times finds its own state again; another window of the key has its own.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.datastream.window import CountTrigger, TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Firings(ProcessWindowFunction):
    def process(self, key, context, elements):
        sizes = context.window_state().get_list_state(ListStateDescriptor("sizes", Types.INT()))
        sizes.add(len(list(elements)))
        last = context.window_state().get_state(ValueStateDescriptor("last", Types.LONG()))
        before = last.value()
        last.update(max(time for _, time in elements))
        everything = context.global_state().get_state(ValueStateDescriptor("all", Types.INT()))
        everything.update((everything.value() or 0) + 1)
        yield f"{key} {context.window()} {list(sizes.get())} {before} {everything.value()}"

    def clear(self, context):
        context.window_state().get_list_state(ListStateDescriptor("sizes", Types.INT())).clear()
        context.window_state().get_state(ValueStateDescriptor("last", Types.LONG())).clear()


(
    env.from_collection(
        [("a", 1), ("a", 2), ("b", 3), ("a", 13), ("a", 4), ("a", 15), ("a", 3), ("b", 5), ("a", 16), ("a", 17)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .trigger(CountTrigger.of(2))
    .process(Firings(), output_type=Types.STRING())
    .print()
)
env.execute("state of a window")
