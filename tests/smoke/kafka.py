"""The embedded broker, and both Kafka connectors."""

import tempfile

from flott.broker import Broker
from flott.common import SimpleStringSchema, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.kafka import (
    KafkaOffsetsInitializer,
    KafkaRecordSerializationSchema,
    KafkaSink,
    KafkaSource,
)

with (
    tempfile.TemporaryDirectory() as folder,
    Broker(data_dir=folder, topics=[("words", 2)]) as broker,
):
    env = StreamExecutionEnvironment.get_execution_environment()
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic("words")
        .set_value_serialization_schema(SimpleStringSchema())
        .build()
    )
    sink = KafkaSink.builder().set_bootstrap_servers(broker.bootstrap_servers).set_record_serializer(serializer).build()
    env.from_collection(["to", "be", "or", "not"], Types.STRING()).sink_to(sink)
    env.execute("write")
    source = (
        KafkaSource.builder()
        .set_bootstrap_servers(broker.bootstrap_servers)
        .set_topics("words")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.latest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
    words = env.from_source(source, WatermarkStrategy.no_watermarks(), "words").map(str.upper)
    found = sorted(words.execute_and_collect())
    assert found == ["BE", "NOT", "OR", "TO"], found
