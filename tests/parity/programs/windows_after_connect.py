"""Windows behind connected streams: records keep the time of the input they came from.

compare: lines in any order
"""

from pyflink.common import Time, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import (
    CoFlatMapFunction,
    CoMapFunction,
    CoProcessFunction,
    ProcessWindowFunction,
    StreamExecutionEnvironment,
)
from pyflink.datastream.window import TumblingEventTimeWindows

env = StreamExecutionEnvironment.get_execution_environment()


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Name(CoMapFunction):
    def map1(self, value):
        return value[0], f"left {value[1]}"

    def map2(self, value):
        return value[0], f"right {value[1]}"


class Twice(CoFlatMapFunction):
    def flat_map1(self, value):
        return [(value[0], f"left {value[1]}")] * 2

    def flat_map2(self, value):
        if value[1] > 5:
            yield value[0], f"right {value[1]}"


class Process(CoProcessFunction):
    def process_element1(self, value, ctx):
        yield value[0], f"left at {ctx.timestamp()}"

    def process_element2(self, value, ctx):
        yield value[0], f"right at {ctx.timestamp()}"


class Show(ProcessWindowFunction):
    def process(self, key, context, elements):
        yield f"{key} {context.window()} {sorted(text for _, text in elements)}"


def stream(records):
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second())
    return env.from_collection(
        records, type_info=Types.TUPLE([Types.STRING(), Types.LONG()])
    ).assign_timestamps_and_watermarks(strategy)


connected = stream([("a", 1), ("b", 12), ("a", 23)]).connect(stream([("a", 2), ("a", 15), ("b", 19), ("b", 29)]))
pair = Types.TUPLE([Types.STRING(), Types.STRING()])
for name, merged in (
    ("map", connected.map(Name(), output_type=pair)),
    ("flat_map", connected.flat_map(Twice(), output_type=pair)),
    ("process", connected.process(Process(), output_type=pair)),
):
    merged.key_by(lambda value: value[0], key_type=Types.STRING()).window(
        TumblingEventTimeWindows.of(Time.milliseconds(10))
    ).process(Show(), output_type=Types.STRING()).print(name)
env.execute("windows behind connected streams")
