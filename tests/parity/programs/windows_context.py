"""What the context of a ProcessWindowFunction knows: window, watermark, clock, and two kinds of state.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import ProcessWindowFunction, StreamExecutionEnvironment
from pyflink.datastream.state import (
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    ValueStateDescriptor,
)
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Facts(ProcessWindowFunction):
    def process(self, key, context, elements):
        window = context.window()
        fired = context.global_state().get_reducing_state(
            ReducingStateDescriptor("fired", lambda a, b: a + b, Types.LONG())
        )
        fired.add(1)
        ends = context.global_state().get_list_state(ListStateDescriptor("ends", Types.LONG()))
        ends.add(window.end)
        by_start = context.global_state().get_map_state(MapStateDescriptor("by start", Types.LONG(), Types.INT()))
        by_start.put(window.start, len(list(elements)))
        own = context.window_state().get_state(ValueStateDescriptor("own", Types.STRING()))
        before = own.value()
        own.update(f"{key} {window.start}")
        clock = context.current_processing_time() > 1_600_000_000_000
        # the watermark is there only when the input has ended
        yield (
            f"{key} {window}: {fired.get()}, {list(ends.get())}, {sorted(by_start.items())}, "
            f"{before} -> {own.value()}, {context.current_watermark()}, {clock}"
        )

    def clear(self, context):
        context.window_state().get_state(ValueStateDescriptor("own", Types.STRING())).clear()


(
    env.from_collection(
        [("a", 1), ("b", 2), ("a", 12), ("a", 3), ("b", 29), ("a", 35), ("a", 36)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second()))
    .key_by(lambda pair: pair[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    .process(Facts(), output_type=Types.STRING())
    .print()
)
env.execute("context")
