"""Messages into Kafka. What varies comes as JSON in the first argument."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import leftovers  # noqa: F401  first: it reports at exit

from flott.common import SimpleStringSchema, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors import DeliveryGuarantee
from flott.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink
from flott.datastream.connectors.number_seq import NumberSequenceSource

options: dict[str, Any] = json.loads(sys.argv[1])


def message(number: int) -> str:
    time.sleep(options.get("pause", 0))
    return f"{number}".ljust(options.get("size", 0), "x")


serializer = (
    KafkaRecordSerializationSchema.builder()
    .set_topic(options["topic"])
    .set_value_serialization_schema(SimpleStringSchema())
    .build()
)
builder = KafkaSink.builder().set_bootstrap_servers(options["bootstrap"]).set_record_serializer(serializer)
builder = builder.set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE)
for name, value in options.get("properties", {}).items():
    builder = builder.set_property(name, value)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.enable_checkpointing(200)
numbers = NumberSequenceSource(0, options["count"] - 1)
stream = env.from_source(numbers, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
stream.map(message, Types.STRING()).sink_to(builder.build()).name("messages")
env.execute("messages")
