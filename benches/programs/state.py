"""Users who order too often, and orders that are not paid in time: a keyed process function with value and map state
and event-time timers. A PyFlink program: on Flink with ``pyflink`` for ``flott`` in the imports.

usage: state.py IN OUT [OPTION=VALUE …]
"""

import sys

import order_functions
import state_functions
from order_functions import order_step
from outcome import run
from state_functions import Watch

from flott.common import Configuration, Duration, Encoder, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSink, FileSource, StreamFormat


class StepTime(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[3]


source, out, *options = sys.argv[1:]
configuration = Configuration()
for option in options:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)
for module in (order_functions, state_functions):
    env.add_python_file(module.__file__)

lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build()
times = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_timestamp_assigner(StepTime())
step = Types.TUPLE([Types.STRING(), Types.STRING(), Types.STRING(), Types.LONG()])
events = (
    env.from_source(lines, WatermarkStrategy.no_watermarks(), "orders")
    .flat_map(order_step, output_type=step)
    .assign_timestamps_and_watermarks(times)
    .key_by(lambda value: value[0], key_type=Types.STRING())
    .process(Watch(), output_type=Types.STRING())
)
events.sink_to(FileSink.for_row_format(f"{out}/events", Encoder.simple_string_encoder("UTF-8")).build())
run(env)
