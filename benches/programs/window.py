"""What each user ordered in each minute, a PyFlink program: on Flink with ``pyflink`` for ``flott`` in the imports.

usage: window.py IN OUT [OPTION=VALUE …]
"""

import sys

import order_functions
from order_functions import order_event, window_line
from outcome import run

from flott.common import Configuration, Duration, Encoder, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import AggregateFunction, ProcessWindowFunction, StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSink, FileSource, StreamFormat
from flott.datastream.window import TumblingEventTimeWindows


class OrderTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[2]


class CountAndSum(AggregateFunction):
    def create_accumulator(self):
        return 0, 0.0

    def add(self, value, accumulator):
        return accumulator[0] + 1, accumulator[1] + value[1]

    def get_result(self, accumulator):
        return accumulator

    def merge(self, a, b):
        return a[0] + b[0], a[1] + b[1]


class Lines(ProcessWindowFunction):
    def process(self, key, context, elements):
        for count, total in elements:
            yield window_line(key, context.window().start, count, total)


source, out, *options = sys.argv[1:]
configuration = Configuration()
for option in options:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
env.add_python_file(order_functions.__file__)

lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build()
times = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_timestamp_assigner(OrderTime())
event = Types.TUPLE([Types.STRING(), Types.DOUBLE(), Types.LONG()])
totals = (
    env.from_source(lines, WatermarkStrategy.no_watermarks(), "orders")
    .flat_map(order_event, output_type=event)
    .assign_timestamps_and_watermarks(times)
    .key_by(lambda order: order[0], key_type=Types.STRING())
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .aggregate(
        CountAndSum(),
        Lines(),
        accumulator_type=Types.TUPLE([Types.LONG(), Types.DOUBLE()]),
        output_type=Types.STRING(),
    )
)
totals.sink_to(FileSink.for_row_format(f"{out}/windows", Encoder.simple_string_encoder("UTF-8")).build())
run(env)
