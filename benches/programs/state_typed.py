"""The work of state.py, but the engine reads JSON into columns, filters and keys them. Beyond PyFlink's DataStream.

usage: state_typed.py IN OUT [OPTION=VALUE …]
"""

import sys

from outcome import run
from state_functions import Watch

from flott.common import Configuration, Duration, Encoder, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSink, FileSource, StreamFormat
from flott.datastream.formats.json import JsonRowDeserializationSchema
from flott.table.expressions import col

ORDER = Types.ROW_NAMED(
    ["user_id", "order_id", "order_status", "order_time", "total_amount"],
    [Types.STRING(), Types.STRING(), Types.STRING(), Types.LONG(), Types.DOUBLE()],
)

source, out, *options = sys.argv[1:]
configuration = Configuration()
for option in options:
    configuration.set_string(*option.split("=", 1))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(1)

lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build()
order_json = JsonRowDeserializationSchema.builder().type_info(ORDER).ignore_parse_errors().build()
times = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_timestamp_assigner(
    col("order_time")
)
events = (
    env.from_source(lines, WatermarkStrategy.no_watermarks(), "orders")
    .deserialize(order_json)
    .filter(col("user_id").is_not_null & (col("total_amount") >= 0))
    .assign_timestamps_and_watermarks(times)
    .select("user_id", "order_id", "order_status", "order_time")
    .key_by("user_id")
    .process(Watch(), output_type=Types.STRING())
)
events.sink_to(FileSink.for_row_format(f"{out}/events", Encoder.simple_string_encoder("UTF-8")).build())
run(env)
