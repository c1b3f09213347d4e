"""What the programs that look for patterns of orders have in common: where orders come from and matches go."""

from __future__ import annotations

from typing import Any

from flott.cep import CEP, Pattern
from flott.common import Duration, Encoder, Types, WatermarkStrategy
from flott.datastream import DataStream, StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSink, FileSource, StreamFormat
from flott.datastream.formats.json import JsonRowDeserializationSchema
from flott.table.expressions import col

ORDER = Types.ROW_NAMED(
    ["user_id", "order_id", "total_amount", "order_time"],
    [Types.STRING(), Types.STRING(), Types.DOUBLE(), Types.LONG()],
)


def orders(env: StreamExecutionEnvironment, source: str) -> DataStream:
    """The orders that are in order, by user, with their event time."""
    env.set_parallelism(1)
    lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build()
    order_json = JsonRowDeserializationSchema.builder().type_info(ORDER).ignore_parse_errors().build()
    times = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_timestamp_assigner(
        col("order_time")
    )
    return (
        env.from_source(lines, WatermarkStrategy.no_watermarks(), "orders")
        .deserialize(order_json)
        .filter(col("user_id").is_not_null & (col("total_amount") >= 0))
        .assign_timestamps_and_watermarks(times)
        .key_by("user_id")
    )


def line(match: dict[str, list[Any]]) -> str:
    """``user,order,order,order``."""
    (a,), (b,), (c,) = match["a"], match["b"], match["c"]
    return f"{a.user_id},{a.order_id},{b.order_id},{c.order_id}"


def matches(stream: DataStream, pattern: Pattern, out: str) -> None:
    """Writes a line for each match below ``out/matches``."""
    found = CEP.pattern(stream, pattern).select(line, output_type=Types.STRING())
    found.sink_to(FileSink.for_row_format(f"{out}/matches", Encoder.simple_string_encoder("UTF-8")).build())
