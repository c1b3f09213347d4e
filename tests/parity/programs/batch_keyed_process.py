"""State and timers in batch mode: each key has its own, and the timers fire when its records are over.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, OutputTag, RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.state import ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
env.set_runtime_mode(RuntimeExecutionMode.BATCH)
large = OutputTag("large", Types.LONG())


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Sum(KeyedProcessFunction):
    def open(self, runtime_context):
        self.sum = runtime_context.get_state(ValueStateDescriptor("sum", Types.LONG()))

    def process_element(self, value, ctx):
        self.sum.update((self.sum.value() or 0) + value[1])
        ctx.timer_service().register_event_time_timer(value[1] * 10)
        if value[1] > 100:
            yield large, value[1]
        yield f"{value} at {ctx.timestamp()}"

    def on_timer(self, timestamp, ctx):
        yield f"{ctx.get_current_key()}: timer {timestamp}, sum {self.sum.value()}"


summed = (
    env.from_collection(
        [("a", 5), ("b", 200), ("a", 1), ("c", 3), ("b", 2), ("a", 300)],
        type_info=Types.TUPLE([Types.STRING(), Types.LONG()]),
    )
    .assign_timestamps_and_watermarks(WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Second()))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .process(Sum(), output_type=Types.STRING())
)
summed.print("main")
summed.get_side_output(large).print("large")


class TimersAlone(Sum):
    def process_element(self, value, ctx):
        for _ in Sum.process_element(self, value, ctx):
            pass


class Itself(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value


(
    env.from_source(
        NumberSequenceSource(1, 9),
        WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Itself()),
        "numbers",
        Types.LONG(),
    )
    .map(lambda n: (str(n % 2), n), output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .process(TimersAlone(), output_type=Types.STRING())
    .print("numbers")
)
env.execute("batch")
