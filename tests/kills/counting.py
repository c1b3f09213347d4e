"""The job that is killed: counts records by user, and writes each count to Kafka and to two tables.

What varies comes as JSON in the first argument.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from flott.common import Configuration, RestartStrategies, Row, Types, WatermarkStrategy
from flott.datastream import (
    ExternalizedCheckpointRetention,
    KeyedProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors.base import DeliveryGuarantee
from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcExecutionOptions, JdbcSink
from flott.datastream.connectors.kafka import (
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
)
from flott.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from flott.datastream.state import ValueStateDescriptor

options: dict[str, Any] = json.loads(sys.argv[1])
ORDER = Types.ROW_NAMED(["id", "user_id"], [Types.LONG(), Types.LONG()])
COUNTED = Types.ROW_NAMED(["user_id", "nth", "id"], [Types.LONG(), Types.LONG(), Types.LONG()])
TOTAL = Types.ROW_NAMED(["user_id", "total"], [Types.LONG(), Types.LONG()])


class Count(KeyedProcessFunction):
    """Numbers each user's orders from 1."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.LONG()))

    def process_element(self, value: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        nth = (self.seen.value() or 0) + 1
        self.seen.update(nth)
        yield Row(user_id=value.user_id, nth=nth, id=value.id)


def source() -> KafkaSource:
    schema = JsonRowDeserializationSchema.builder().type_info(ORDER).build()
    builder = KafkaSource.builder().set_bootstrap_servers(options["bootstrap"]).set_topics(options["input"])
    return (
        builder.set_group_id(options["input"])
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_property("default.api.timeout.ms", "60000")
        .set_value_only_deserializer(schema)
        .build()
    )


def topic() -> KafkaSink:
    schema = JsonRowSerializationSchema.builder().with_type_info(COUNTED).build()
    serializer = KafkaRecordSerializationSchema.builder().set_topic(options["output"])
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(options["bootstrap"])
        .set_record_serializer(serializer.set_value_serialization_schema(schema).build())
        .set_delivery_guarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .set_transactional_id_prefix(options["output"])
        .set_property("default.api.timeout.ms", "60000")
        .build()
    )


connection = JdbcConnectionOptions.JdbcConnectionOptionsBuilder().with_url(options["url"]).build()
patient = JdbcExecutionOptions.builder().with_batch_interval_ms(50).with_max_retries(20).build()

configuration = Configuration()
if "from" in options:
    configuration.set_string("execution.state-recovery.path", options["from"])
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.set_parallelism(options["parallelism"])
env.enable_checkpointing(options["checkpoint_ms"])
checkpoints = env.get_checkpoint_config().set_checkpoint_storage_dir(options["checkpoints"])
checkpoints.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
env.set_restart_strategy(RestartStrategies.fixed_delay_restart(1000, 200))

orders = env.from_source(source(), WatermarkStrategy.no_watermarks(), "orders").uid("orders")
counted = orders.key_by(lambda order: order.user_id, Types.LONG()).process(Count(), COUNTED).uid("count")
counted.sink_to(topic()).uid("topic")
counted.add_sink(
    JdbcSink.exactly_once_sink("INSERT INTO counted (user_id, nth, id) VALUES (?, ?, ?)", COUNTED, connection, patient)
).uid("counted")
totals = counted.map(lambda row: Row(user_id=row.user_id, total=row.nth), TOTAL).uid("to totals")
totals.add_sink(JdbcSink.sink("REPLACE INTO totals (user_id, total) VALUES (?, ?)", TOTAL, connection, patient)).uid(
    "totals"
)
env.execute("counting")
