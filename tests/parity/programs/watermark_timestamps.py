"""Timestamps that an assigner gives go with their records through other operators.

compare: lines in any order, without subtasks
"""

from pyflink.common import Duration, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, ProcessFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Show(ProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} {ctx.timestamp()}"


class ShowKeyed(KeyedProcessFunction):
    def process_element(self, value, ctx):
        yield f"{value} {ctx.timestamp()} {ctx.get_current_key()}"


pairs = env.from_collection([("a", 5), ("b", 7), ("c", 6)], type_info=Types.TUPLE([Types.STRING(), Types.LONG()]))
for name, strategy in (
    ("none", WatermarkStrategy.no_watermarks()),
    ("monotonous", WatermarkStrategy.for_monotonous_timestamps()),
    ("bounded", WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5))),
    ("idle", WatermarkStrategy.for_monotonous_timestamps().with_idleness(Duration.of_millis(50))),
):
    timed = pairs.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(Second()))
    timed.process(Show(), output_type=Types.STRING()).print(name)
    timed.map(lambda pair: pair[0]).flat_map(lambda letter: [letter, letter + "!"]).filter(
        lambda text: text != "b"
    ).process(Show(), output_type=Types.STRING()).print(f"{name}_chain")
    timed.key_by(lambda pair: pair[0]).process(ShowKeyed(), output_type=Types.STRING()).print(f"{name}_keyed")
shifted = timed.map(lambda pair: ("x", pair[1] + 1), output_type=Types.TUPLE([Types.STRING(), Types.LONG()]))
timed.union(shifted).process(Show(), output_type=Types.STRING()).print("union")
env.execute("timestamps")
