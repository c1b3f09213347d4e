"""Solution of exercise 1.7."""

from flott.common import SimpleStringSchema
from flott.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource


def order_source(bootstrap_servers: str, topic: str) -> KafkaSource:
    return (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap_servers)
        .set_topics(topic)
        .set_group_id("exercises")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.latest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
