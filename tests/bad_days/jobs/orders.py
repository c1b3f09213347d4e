"""Orders from Kafka into a table. What varies comes as JSON in the first argument."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import leftovers  # noqa: F401  first: it reports at exit

from flott.common import Configuration, Row, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcExecutionOptions, JdbcSink
from flott.datastream.connectors.kafka import (
    KafkaOffsetResetStrategy,
    KafkaOffsetsInitializer,
    KafkaSource,
)
from flott.datastream.formats.json import JsonRowDeserializationSchema

options: dict[str, Any] = json.loads(sys.argv[1])
ORDER = Types.ROW_NAMED(["id", "name"], [Types.LONG(), Types.STRING()])


def source() -> KafkaSource:
    schema = JsonRowDeserializationSchema.builder().type_info(ORDER)
    if options.get("ignore_parse_errors"):
        schema = schema.ignore_parse_errors()
    builder = (
        KafkaSource.builder()
        .set_bootstrap_servers(options["bootstrap"])
        .set_topics(options["topic"])
        .set_group_id(options["group"])
        .set_starting_offsets(KafkaOffsetsInitializer.committed_offsets(KafkaOffsetResetStrategy.EARLIEST))
        .set_properties(options.get("properties", {}))
        .set_value_only_deserializer(schema.build())
    )
    if options.get("bounded", True):
        builder = builder.set_bounded(KafkaOffsetsInitializer.latest())
    return builder.build()


def sink() -> JdbcSink:
    builder = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(options["url"])
    if "user" in options:
        builder = builder.with_user_name(options["user"]).with_password(options["password"])
    execution = JdbcExecutionOptions.builder().with_batch_size(options.get("batch", 500)).with_batch_interval_ms(100)
    execution = execution.with_max_retries(options.get("retries", 3))
    return JdbcSink.sink(options["sql"], ORDER, builder.build(), execution.build())


def slowly(order: Row) -> Row:
    time.sleep(options["pause"])
    return order


configuration = Configuration()
configuration.set_integer("flott.batch-size", options.get("records", 1024))
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(options.get("parallelism", 1))
env.enable_checkpointing(options.get("checkpoint_ms", 200))
orders = env.from_source(source(), WatermarkStrategy.no_watermarks(), "orders")
if "pause" in options:
    orders = orders.map(slowly, ORDER)
orders.add_sink(sink()).name("table")
result = env.execute("orders")
print(json.dumps(result.get_metrics()))
