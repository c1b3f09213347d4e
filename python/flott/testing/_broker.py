"""A broker for one test, and what is in its topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott.broker import Broker
from flott.datastream.stream_execution_environment import StreamExecutionEnvironment

if TYPE_CHECKING:
    from flott.datastream import DataStream

__all__ = ["EmbeddedBroker"]


class EmbeddedBroker(Broker):
    """A :class:`flott.broker.Broker` that a test puts records into and looks at; the fixture ``flott_broker``."""

    def produce(self, topic: str, *values: str) -> None:
        """Puts texts into a topic, in order; into its first partition. The topic is created if there is none.

        :raises ConnectorError: if the broker refuses one
        """
        from flott.common import SimpleStringSchema, Types
        from flott.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink

        if topic not in self.topics():
            self.create_topic(topic)
        builder = KafkaRecordSerializationSchema.builder().set_topic(topic)
        serializer = builder.set_value_serialization_schema(SimpleStringSchema()).build()
        sink = KafkaSink.builder().set_bootstrap_servers(self.bootstrap_servers).set_record_serializer(serializer)
        env = StreamExecutionEnvironment.get_execution_environment()
        env.from_collection(values, Types.STRING()).sink_to(sink.build())
        env.execute(f"produce to {topic}")

    def consume(self, topic: str) -> list[str]:
        """All texts that are in a topic now; those of a partition are in order. None are taken out.

        :raises ConnectorError: if there is no such topic
        """
        from flott.testing._collect import collect

        return collect(self._stream(topic))

    def _stream(self, topic: str) -> DataStream:
        from flott.common import SimpleStringSchema, WatermarkStrategy
        from flott.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource

        source = (
            KafkaSource.builder()
            .set_bootstrap_servers(self.bootstrap_servers)
            .set_topics(topic)
            .set_starting_offsets(KafkaOffsetsInitializer.earliest())
            .set_bounded(KafkaOffsetsInitializer.latest())
            .set_value_only_deserializer(SimpleStringSchema())
            .build()
        )
        env = StreamExecutionEnvironment.get_execution_environment()
        return env.from_source(source, WatermarkStrategy.no_watermarks(), f"read {topic}")
