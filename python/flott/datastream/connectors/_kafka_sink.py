"""Writing to Kafka; see :mod:`flott.datastream.connectors.kafka`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from flott.common.serialization import SerializationSchema
from flott.datastream.connectors.base import (
    DeliveryGuarantee,
    Sink,
    SupportsPreprocessing,
    brokers,
    format_options,
    instance,
    property_text,
    shown_options,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flott.common.typeinfo import TypeInformation
    from flott.datastream.connectors.base import StreamTransformer


class KafkaTopicSelector(ABC):
    """Says which topic a record goes to."""

    @abstractmethod
    def apply(self, data: Any) -> str:
        """The topic for ``data``."""


class KafkaSink(Sink, SupportsPreprocessing):
    """Writes records to a topic of Kafka::

    sink = (
        KafkaSink.builder()
        .set_bootstrap_servers("localhost:9092")
        .set_record_serializer(
            KafkaRecordSerializationSchema.builder()
            .set_topic("order-processed")
            .set_value_serialization_schema(SimpleStringSchema())
            .build()
        )
        .set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .build()
    )
    orders.sink_to(sink)
    """

    def __init__(
        self,
        options: dict[str, str],
        type_info: TypeInformation | None,
        topic_selector: Callable[[Any], str] | None = None,
    ) -> None:
        """Use :meth:`builder`."""
        self._options = options
        self._type_info = type_info
        self._topic_selector = topic_selector

    @staticmethod
    def builder() -> KafkaSinkBuilder:
        """Starts a sink."""
        return KafkaSinkBuilder()

    def get_transformer(self) -> StreamTransformer | None:
        """None: a topic selector is run by the engine."""
        return None

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        """With a topic selector there is no ``topic`` among the options: the engine runs ``_topic_selector``."""
        return "kafka", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"KafkaSink({shown_options(self._options)})"


class KafkaSinkBuilder:
    """Makes a :class:`KafkaSink`. Needed are bootstrap servers and a record serializer."""

    def __init__(self) -> None:
        self._properties: dict[str, str] = {}
        self._delivery_guarantee = DeliveryGuarantee.NONE
        self._transactional_id_prefix: str | None = None
        self._ignores_lost_transactions = False
        self._record_serializer: KafkaRecordSerializationSchema | None = None

    def set_bootstrap_servers(self, bootstrap_servers: str) -> KafkaSinkBuilder:
        """Sets the brokers to ask first: ``"host:9092,other:9092"``."""
        return self.set_property("bootstrap.servers", brokers(bootstrap_servers, "set_bootstrap_servers"))

    def set_delivery_guarantee(self, delivery_guarantee: DeliveryGuarantee) -> KafkaSinkBuilder:
        """Sets how often a record can be written when the job fails and goes on; ``NONE`` unless set.

        ``EXACTLY_ONCE`` writes a transaction a checkpoint: enable checkpoints, and let consumers read with
        ``isolation.level`` = ``read_committed``. It needs Kafka 3.0 or newer, over PLAINTEXT or SASL_PLAINTEXT (PLAIN).
        """
        example = "a DeliveryGuarantee such as DeliveryGuarantee.AT_LEAST_ONCE"
        self._delivery_guarantee = instance(delivery_guarantee, DeliveryGuarantee, "set_delivery_guarantee", example)
        return self

    def set_transactional_id_prefix(self, transactional_id_prefix: str) -> KafkaSinkBuilder:
        """Sets what the names of transactions start with; needed for ``EXACTLY_ONCE``, another for each sink."""
        self._transactional_id_prefix = text(transactional_id_prefix, "set_transactional_id_prefix")
        return self

    def ignore_failures_after_transaction_timeout(self) -> KafkaSinkBuilder:
        """Lets a job go on without the records of a transaction that Kafka took back before it was committed.

        That happens when a job stood still for longer than ``transaction.timeout.ms``. Unless this is called the job
        then fails, as the records are lost; with it that is logged. Flott's own here: PyFlink has it on
        :class:`FlinkKafkaProducer` only.
        """
        self._ignores_lost_transactions = True
        return self

    def set_record_serializer(self, record_serializer: KafkaRecordSerializationSchema) -> KafkaSinkBuilder:
        """Sets which topic a record goes to and how it becomes bytes.

        :raises TypeError: if it is not a :class:`KafkaRecordSerializationSchema`
        """
        self._record_serializer = instance(
            record_serializer,
            KafkaRecordSerializationSchema,
            "set_record_serializer",
            "what KafkaRecordSerializationSchema.builder() builds",
        )
        return self

    def set_property(self, key: str, value: str) -> KafkaSinkBuilder:
        """Sets a property of Kafka's producer, by its Java or its librdkafka name."""
        name, content = property_text(key, value, "set_property")
        self._properties[name] = content
        return self

    def build(self) -> KafkaSink:
        """The sink.

        :raises ValueError: saying what is missing
        """
        if "bootstrap.servers" not in self._properties:
            raise ValueError("KafkaSink: no bootstrap servers; call set_bootstrap_servers('host:9092')")
        if self._record_serializer is None:
            raise ValueError(
                "KafkaSink: no record serializer; call set_record_serializer(KafkaRecordSerializationSchema.builder()"
                ".set_topic('...').set_value_serialization_schema(SimpleStringSchema()).build())"
            )
        if self._delivery_guarantee is DeliveryGuarantee.EXACTLY_ONCE and self._transactional_id_prefix is None:
            raise ValueError(
                "KafkaSink: EXACTLY_ONCE needs names for its transactions; call set_transactional_id_prefix('...')"
            )
        return self._build()

    def _build(self) -> KafkaSink:
        """Without a prefix the engine names transactions by job, operator and topic, as the old producer's are."""
        assert self._record_serializer is not None
        options = {
            **self._record_serializer._options,
            "delivery-guarantee": self._delivery_guarantee.name.lower().replace("_", "-"),
            **{f"properties.{key}": value for key, value in self._properties.items()},
        }
        if self._transactional_id_prefix is not None:
            options["transactional-id-prefix"] = self._transactional_id_prefix
        if self._ignores_lost_transactions:
            options["lost-transactions"] = "ignore"
        return KafkaSink(options, self._record_serializer._type_info, self._record_serializer._topic_selector)


class KafkaRecordSerializationSchema(SerializationSchema):
    """Which topic a record goes to, and how it becomes a key and a value."""

    def __init__(
        self,
        options: dict[str, str],
        type_info: TypeInformation | None,
        topic_selector: Callable[[Any], str] | None = None,
    ) -> None:
        """Use :meth:`builder`."""
        super().__init__()
        self._options = options
        self._type_info = type_info
        self._topic_selector = topic_selector

    @staticmethod
    def builder() -> KafkaRecordSerializationSchemaBuilder:
        """Starts a schema."""
        return KafkaRecordSerializationSchemaBuilder()

    def __repr__(self) -> str:
        return f"KafkaRecordSerializationSchema({shown_options(self._options)})"


class KafkaRecordSerializationSchemaBuilder:
    """Makes a :class:`KafkaRecordSerializationSchema`. Needed are a topic (or a selector) and a value schema."""

    def __init__(self) -> None:
        self._topic: str | None = None
        self._topic_selector: Callable[[Any], str] | None = None
        self._key_schema: SerializationSchema | None = None
        self._value_schema: SerializationSchema | None = None

    def set_topic(self, topic: str) -> KafkaRecordSerializationSchemaBuilder:
        """Writes every record to ``topic``.

        :raises ValueError: if a topic selector was set
        """
        if self._topic_selector is not None:
            raise ValueError("set_topic: the topic was already set with set_topic_selector; use one of them")
        self._topic = text(topic, "set_topic")
        return self

    def set_topic_selector(
        self, topic_selector: Callable[[Any], str] | KafkaTopicSelector
    ) -> KafkaRecordSerializationSchemaBuilder:
        """Writes each record to the topic that ``topic_selector`` returns for it.

        :raises TypeError: if it is neither a function of one argument nor a :class:`KafkaTopicSelector`
        :raises ValueError: if a topic was set
        """
        if self._topic is not None:
            raise ValueError("set_topic_selector: the topic was already set with set_topic; use one of them")
        if isinstance(topic_selector, KafkaTopicSelector):
            self._topic_selector = topic_selector.apply
        elif callable(topic_selector) and not isinstance(topic_selector, type):
            from flott.datastream.functions.wrapper import check_call

            check_call(topic_selector, ("data",), "set_topic_selector: the function")
            self._topic_selector = topic_selector
        else:
            raise TypeError(
                "set_topic_selector takes a function of the record, or an object of a class that extends "
                f"KafkaTopicSelector, not {topic_selector!r}"
            )
        return self

    def set_key_serialization_schema(
        self, key_serialization_schema: SerializationSchema
    ) -> KafkaRecordSerializationSchemaBuilder:
        """Sets how a record becomes its key; without it there are no keys."""
        self._key_schema = _schema(key_serialization_schema, "set_key_serialization_schema")
        return self

    def set_value_serialization_schema(
        self, value_serialization_schema: SerializationSchema
    ) -> KafkaRecordSerializationSchemaBuilder:
        """Sets how a record becomes its value."""
        self._value_schema = _schema(value_serialization_schema, "set_value_serialization_schema")
        return self

    def build(self) -> KafkaRecordSerializationSchema:
        """The schema.

        :raises ValueError: saying what is missing
        """
        if self._topic is None and self._topic_selector is None:
            raise ValueError(
                "KafkaRecordSerializationSchema: no topic; call set_topic('...') or set_topic_selector(...)"
            )
        if self._value_schema is None:
            raise ValueError(
                "KafkaRecordSerializationSchema: no value schema; call "
                "set_value_serialization_schema(SimpleStringSchema())"
            )
        format_name, settings, type_info = self._value_schema._serialization_spec()
        options = {"topic": self._topic} if self._topic is not None else {}
        options.update(format_options(format_name, settings))
        if self._key_schema is not None:
            key_name, key_settings, key_type = self._key_schema._serialization_spec()
            options.update(format_options(key_name, key_settings, "key.format"))
            fields = _key_fields(key_type, type_info)
            if fields is not None:
                options["key.fields"] = ",".join(fields)
        return KafkaRecordSerializationSchema(options, type_info, self._topic_selector)


def _key_fields(key_type: TypeInformation | None, value_type: TypeInformation | None) -> list[str] | None:
    """The fields of the record that make its key, if the key's type has only some of them."""
    from flott.common.typeinfo import RowTypeInfo

    if not isinstance(key_type, RowTypeInfo) or not isinstance(value_type, RowTypeInfo):
        return None
    key_names, value_names = key_type.get_field_names(), value_type.get_field_names()
    if key_names == value_names:
        return None
    unknown = [name for name in key_names if name not in value_names]
    if unknown:
        raise ValueError(
            f"KafkaRecordSerializationSchema: the key has the field '{unknown[0]}', which the value has not; "
            f"its fields are {', '.join(value_names)}"
        )
    return key_names


def _schema(given: Any, method: str) -> SerializationSchema:
    return instance(given, SerializationSchema, method, "a schema such as SimpleStringSchema()")
