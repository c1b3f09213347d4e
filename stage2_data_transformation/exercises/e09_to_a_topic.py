"""Exercise 2.9: dead letters go to a topic."""

from __future__ import annotations

from flott.datastream.connectors.kafka import KafkaSink


def letter_sink(bootstrap_servers: str, topic: str) -> KafkaSink:
    """Return a sink that writes texts to a topic, and loses none: AT_LEAST_ONCE.

    ``KafkaSink.builder()`` takes the brokers, the guarantee (``set_delivery_guarantee(DeliveryGuarantee....)``) and a
    ``KafkaRecordSerializationSchema``, which has a builder as well: the topic, and how a value becomes bytes.

    in:  the stream "one", "two"
    out: the topic has the messages "one", "two"

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/kafka/#kafka-sink
    """
    raise NotImplementedError("exercise 2.9")
