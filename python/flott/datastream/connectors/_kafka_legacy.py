"""Kafka as before Flink 1.14, which PyFlink 1.20 still has; see :mod:`flott.datastream.connectors.kafka`."""

from __future__ import annotations

from abc import ABC
from enum import Enum
from typing import TYPE_CHECKING, Any

from flott.common.serialization import DeserializationSchema, SerializationSchema
from flott.datastream.connectors._kafka_sink import KafkaRecordSerializationSchema, KafkaSink
from flott.datastream.connectors._kafka_source import KafkaOffsetResetStrategy, KafkaOffsetsInitializer, KafkaSource
from flott.datastream.connectors.base import DeliveryGuarantee, property_text, text, whole_number
from flott.datastream.functions.java import SinkFunction, SourceFunction

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation


class FlinkKafkaConsumerBase(SourceFunction, ABC):
    """What the old Kafka sources share."""

    def __init__(
        self, topics: list[str], deserialization_schema: DeserializationSchema, properties: dict[str, str]
    ) -> None:
        self._builder = KafkaSource.builder().set_topics(*topics)
        self._builder.set_value_only_deserializer(deserialization_schema)
        self._builder.set_properties(properties)
        self._schema = deserialization_schema
        reset = properties.get("auto.offset.reset", "latest").upper()
        known = KafkaOffsetResetStrategy.__members__
        self._reset = known.get(reset, KafkaOffsetResetStrategy.LATEST)
        self._start_from_group: bool = True
        self._commit_offsets = True

    def set_commit_offsets_on_checkpoints(self, commit_on_checkpoints: bool) -> FlinkKafkaConsumerBase:
        """Sets whether the group's offsets are committed; true unless set."""
        self._commit_offsets = commit_on_checkpoints
        return self

    def set_start_from_earliest(self) -> FlinkKafkaConsumerBase:
        """Starts at the first record there is."""
        return self._start(KafkaOffsetsInitializer.earliest())

    def set_start_from_latest(self) -> FlinkKafkaConsumerBase:
        """Starts at the end."""
        return self._start(KafkaOffsetsInitializer.latest())

    def set_start_from_timestamp(self, startup_offsets_timestamp: int) -> FlinkKafkaConsumerBase:
        """Starts at the first record of that time (milliseconds since 1970-01-01T00:00:00Z) or later."""
        return self._start(KafkaOffsetsInitializer.timestamp(startup_offsets_timestamp))

    def set_start_from_group_offsets(self) -> FlinkKafkaConsumerBase:
        """Starts at the offsets the group has committed; the default."""
        self._start_from_group = True
        return self

    def _start(self, offsets: KafkaOffsetsInitializer) -> FlinkKafkaConsumerBase:
        self._start_from_group = False
        self._builder.set_starting_offsets(offsets)
        return self

    def disable_filter_restored_partitions_with_subscribed_topics(self) -> FlinkKafkaConsumerBase:
        """Without effect: partitions that are restored are those of the topics."""
        return self

    def get_produced_type(self) -> TypeInformation | None:
        """The type of the records."""
        return self._schema._deserialization_spec()[2]

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        if self._start_from_group:
            self._builder.set_starting_offsets(KafkaOffsetsInitializer.committed_offsets(self._reset))
        if not self._commit_offsets:
            self._builder.set_property("commit.offsets.on.checkpoint", "false")
        return self._builder.build()._to_spec()


class FlinkKafkaConsumer(FlinkKafkaConsumerBase):
    """Reads topics of Kafka, for ``env.add_source``; :class:`KafkaSource` is its successor.

    It starts at the group's committed offsets unless told otherwise.
    """

    def __init__(
        self,
        topics: str | list[str],
        deserialization_schema: DeserializationSchema,
        properties: dict[str, str],
    ) -> None:
        """:param properties: of Kafka's consumer; ``bootstrap.servers`` and ``group.id`` are needed

        :raises ValueError: saying what is missing
        """
        if "bootstrap.servers" not in properties:
            raise ValueError("FlinkKafkaConsumer: no bootstrap servers; put 'bootstrap.servers' into properties")
        super().__init__([topics] if isinstance(topics, str) else list(topics), deserialization_schema, properties)


class Semantic(Enum):
    """How often the old producer writes a record when the job fails and goes on."""

    EXACTLY_ONCE = 0
    AT_LEAST_ONCE = 1
    NONE = 2


class FlinkKafkaProducerBase(SinkFunction, ABC):
    """What the old Kafka sinks share."""

    def __init__(
        self,
        topic: str,
        serialization_schema: SerializationSchema,
        producer_config: dict[str, Any],
        semantic: Semantic,
    ) -> None:
        serializer = (
            KafkaRecordSerializationSchema.builder()
            .set_topic(text(topic, "FlinkKafkaProducer: topic"))
            .set_value_serialization_schema(serialization_schema)
            .build()
        )
        self._builder = KafkaSink.builder().set_record_serializer(serializer)
        for key, value in producer_config.items():
            self._builder.set_property(*property_text(key, value, "FlinkKafkaProducer: producer_config"))
        self._semantic = semantic

    def set_log_failures_only(self, log_failures_only: bool) -> FlinkKafkaProducerBase:
        """Refuses true: a record that cannot be written fails the job here.

        :raises NotImplementedError: if it is true
        """
        if log_failures_only:
            raise NotImplementedError(
                "set_log_failures_only(True) would drop records that Kafka refuses; leave it out, the job then fails "
                "with the reason"
            )
        return self

    def set_flush_on_checkpoint(self, flush_on_checkpoint: bool) -> FlinkKafkaProducerBase:
        """Sets whether a checkpoint waits until all records are written; without, the guarantee is ``NONE``."""
        if self._semantic is not Semantic.EXACTLY_ONCE:
            self._semantic = Semantic.AT_LEAST_ONCE if flush_on_checkpoint else Semantic.NONE
        return self

    def set_write_timestamp_to_kafka(self, write_timestamp_to_kafka: bool) -> FlinkKafkaProducerBase:
        """Sets whether records carry their event time; :class:`KafkaSink` always writes it, so this has no effect."""
        return self

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return self._builder.set_delivery_guarantee(DeliveryGuarantee[self._semantic.name])._build()._to_spec()


class FlinkKafkaProducer(FlinkKafkaProducerBase):
    """Writes records to a topic of Kafka, for ``stream.add_sink``; :class:`KafkaSink` is its successor."""

    def __init__(
        self,
        topic: str,
        serialization_schema: SerializationSchema,
        producer_config: dict[str, Any],
        kafka_producer_pool_size: int = 5,
        semantic: Semantic = Semantic.AT_LEAST_ONCE,
    ) -> None:
        """:param producer_config: properties of Kafka's producer; ``bootstrap.servers`` is needed
        :param kafka_producer_pool_size: without effect

        :raises ValueError: saying what is missing
        """
        if "bootstrap.servers" not in producer_config:
            raise ValueError("FlinkKafkaProducer: no bootstrap servers; put 'bootstrap.servers' into producer_config")
        whole_number(kafka_producer_pool_size, "FlinkKafkaProducer: kafka_producer_pool_size", 1)
        super().__init__(topic, serialization_schema, producer_config, semantic)

    def ignore_failures_after_transaction_timeout(self) -> FlinkKafkaProducer:
        """See :meth:`KafkaSinkBuilder.ignore_failures_after_transaction_timeout`."""
        self._builder.ignore_failures_after_transaction_timeout()
        return self
