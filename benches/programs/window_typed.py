"""What each user ordered in each minute without a Python function. Beyond PyFlink's DataStream.

usage: window_typed.py IN OUT PARALLELISM
"""

import sys

from outcome import run

from flott.common import Duration, Encoder, Time, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSink, FileSource, StreamFormat
from flott.datastream.formats.csv import CsvRowSerializationSchema
from flott.datastream.formats.json import JsonRowDeserializationSchema
from flott.datastream.window import TumblingEventTimeWindows
from flott.table.expressions import col, lit

ORDER = Types.ROW_NAMED(["user_id", "total_amount", "order_time"], [Types.STRING(), Types.DOUBLE(), Types.LONG()])

source, out, parallelism = sys.argv[1:]
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(int(parallelism))

lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build()
order_json = JsonRowDeserializationSchema.builder().type_info(ORDER).ignore_parse_errors().build()
times = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_timestamp_assigner(
    col("order_time")
)
totals = (
    env.from_source(lines, WatermarkStrategy.no_watermarks(), "orders")
    .deserialize(order_json)
    .filter(col("user_id").is_not_null & (col("total_amount") >= 0))
    .assign_timestamps_and_watermarks(times)
    .key_by("user_id")
    .window(TumblingEventTimeWindows.of(Time.minutes(1)))
    .aggregate(lit(1).count.alias("orders"), col("total_amount").sum.alias("total"))
    .select("user_id", "window_start", "orders", "total")
)
texts = totals.serialize(CsvRowSerializationSchema.Builder(totals.get_type()).build())
texts.sink_to(FileSink.for_row_format(f"{out}/windows", Encoder.simple_string_encoder("UTF-8")).build())
run(env)
