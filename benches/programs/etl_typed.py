"""Orders to order lines without a Python function: the engine reads JSON into columns. Beyond PyFlink's DataStream.

usage: etl_typed.py IN OUT
"""

import sys

from outcome import run

from flott.common import Encoder, Types, WatermarkStrategy
from flott.datastream import OutputTag, StreamExecutionEnvironment
from flott.datastream.connectors.file_system import FileSink, FileSource, StreamFormat
from flott.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from flott.table.expressions import col

ITEM = Types.ROW_NAMED(["product_id", "quantity", "unit_price"], [Types.STRING(), Types.LONG(), Types.DOUBLE()])
ORDER = Types.ROW_NAMED(
    [
        "order_id",
        "user_id",
        "product_id",
        "quantity",
        "unit_price",
        "total_amount",
        "order_status",
        "order_time",
        "items",
    ],
    [
        Types.STRING(),
        Types.STRING(),
        Types.STRING(),
        Types.LONG(),
        Types.DOUBLE(),
        Types.DOUBLE(),
        Types.STRING(),
        Types.LONG(),
        Types.LIST(ITEM),
    ],
)
UNREADABLE = OutputTag("unreadable", Types.STRING())
REJECTED = OutputTag("rejected", ORDER)


def as_json(stream):
    return stream.serialize(JsonRowSerializationSchema.builder().with_type_info(stream.get_type()).build())


def sink(path):
    return FileSink.for_row_format(path, Encoder.simple_string_encoder("UTF-8")).build()


source, out = sys.argv[1:]
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)

lines = FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build()
order_json = JsonRowDeserializationSchema.builder().type_info(ORDER).fail_on_missing_field().build()
orders = env.from_source(lines, WatermarkStrategy.no_watermarks(), "orders").deserialize(
    order_json, rejected=UNREADABLE
)
usable = orders.filter(col("user_id").is_not_null & (col("total_amount") >= 0), rejected=REJECTED)
order_lines = (
    usable.select("order_id", "user_id", "order_time", "items")
    .explode("items")
    .select(
        "order_id",
        "user_id",
        "product_id",
        "quantity",
        (col("quantity") * col("unit_price")).round(2).alias("amount"),
        "order_time",
    )
)
as_json(order_lines).sink_to(sink(f"{out}/lines"))
orders.get_side_output(UNREADABLE).sink_to(sink(f"{out}/rejects/unreadable"))
as_json(usable.get_side_output(REJECTED)).sink_to(sink(f"{out}/rejects/refused"))
run(env)
