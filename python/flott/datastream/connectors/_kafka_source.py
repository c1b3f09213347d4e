"""Reading from Kafka; see :mod:`flott.datastream.connectors.kafka`."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from flott.common.serialization import DeserializationSchema
from flott.common.typeinfo import RowTypeInfo, TypeInformation, Types
from flott.datastream.connectors.base import (
    Source,
    brokers,
    format_options,
    instance,
    one_by_one,
    property_text,
    shown_options,
    text,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class KafkaTopicPartition:
    """One partition of a topic."""

    __slots__ = ("_partition", "_topic")

    def __init__(self, topic: str, partition: int) -> None:
        """:raises ValueError: if the topic is empty or the number negative"""
        self._topic = text(topic, "KafkaTopicPartition: topic")
        self._partition = whole_number(partition, "KafkaTopicPartition: partition", 0)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, KafkaTopicPartition)
            and self._topic == other._topic
            and self._partition == other._partition
        )

    def __hash__(self) -> int:
        return hash((self._topic, self._partition))

    def __repr__(self) -> str:
        return f"KafkaTopicPartition({self._topic!r}, {self._partition})"


class KafkaOffsetResetStrategy(Enum):
    """Where to start in a partition for which there is no offset."""

    LATEST = 0
    EARLIEST = 1
    NONE = 2


class KafkaOffsetsInitializer:
    """Where reading starts or ends in each partition."""

    def __init__(self, mode: str, options: dict[str, str], reset: KafkaOffsetResetStrategy) -> None:
        """Use the static methods.

        :param mode: ``scan.startup.mode`` or ``scan.bounded.mode``
        :param options: further options, without their ``scan.startup.`` or ``scan.bounded.``
        """
        self._mode = mode
        self._options = options
        self._reset = reset

    @staticmethod
    def committed_offsets(
        offset_reset_strategy: KafkaOffsetResetStrategy = KafkaOffsetResetStrategy.NONE,
    ) -> KafkaOffsetsInitializer:
        """The offsets the group has committed.

        :param offset_reset_strategy: where to start without one; ``NONE`` is an error
        """
        return KafkaOffsetsInitializer("group-offsets", {}, _strategy(offset_reset_strategy))

    @staticmethod
    def timestamp(timestamp: int) -> KafkaOffsetsInitializer:
        """The first record of that time or later.

        :param timestamp: milliseconds since 1970-01-01T00:00:00Z
        :raises ValueError: if it is negative
        """
        millis = whole_number(timestamp, "KafkaOffsetsInitializer.timestamp", 0)
        return KafkaOffsetsInitializer("timestamp", {"timestamp-millis": str(millis)}, KafkaOffsetResetStrategy.LATEST)

    @staticmethod
    def earliest() -> KafkaOffsetsInitializer:
        """The first record there is."""
        return KafkaOffsetsInitializer("earliest-offset", {}, KafkaOffsetResetStrategy.EARLIEST)

    @staticmethod
    def latest() -> KafkaOffsetsInitializer:
        """The end, as it is when the source starts."""
        return KafkaOffsetsInitializer("latest-offset", {}, KafkaOffsetResetStrategy.LATEST)

    @staticmethod
    def offsets(
        offsets: dict[KafkaTopicPartition, int],
        offset_reset_strategy: KafkaOffsetResetStrategy = KafkaOffsetResetStrategy.EARLIEST,
    ) -> KafkaOffsetsInitializer:
        """An offset for each partition.

        :param offset_reset_strategy: where to start in a partition that is not listed
        :raises TypeError: if a key is not a :class:`KafkaTopicPartition`
        :raises ValueError: if an offset is negative, or there is none
        """
        if not isinstance(offsets, dict) or not all(isinstance(key, KafkaTopicPartition) for key in offsets):
            raise TypeError(
                "KafkaOffsetsInitializer.offsets takes a dict like {KafkaTopicPartition('orders', 0): 42}, "
                f"not {offsets!r}"
            )
        if not offsets:
            raise ValueError(
                "KafkaOffsetsInitializer.offsets: no offset; use earliest(), latest() or committed_offsets()"
            )
        listed = [
            [key._topic, key._partition, whole_number(offset, f"the offset of {key!r}", 0)]
            for key, offset in offsets.items()
        ]
        options = {"specific-offsets": _json(listed)}
        return KafkaOffsetsInitializer("specific-offsets", options, _strategy(offset_reset_strategy))

    def _to_options(self, prefix: str) -> dict[str, str]:
        """The options under ``scan.startup`` or ``scan.bounded``."""
        return {f"{prefix}.mode": self._mode, **{f"{prefix}.{key}": value for key, value in self._options.items()}}

    def __repr__(self) -> str:
        details = [self._mode, *self._options.values(), f"reset={self._reset.name}"]
        return f"KafkaOffsetsInitializer({', '.join(details)})"


class KafkaSource(Source):
    """Reads topics of Kafka::

    source = (
        KafkaSource.builder()
        .set_bootstrap_servers("localhost:9092")
        .set_topics("orders")
        .set_group_id("etl")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
    env.from_source(source, WatermarkStrategy.no_watermarks(), "orders")
    """

    def __init__(self, options: dict[str, str], type_info: TypeInformation | None) -> None:
        """Use :meth:`builder`."""
        self._options = options
        self._type_info = type_info

    @staticmethod
    def builder() -> KafkaSourceBuilder:
        """Starts a source."""
        return KafkaSourceBuilder()

    def _to_spec(self) -> tuple[str, dict[str, str], TypeInformation | None]:
        return "kafka", dict(self._options), self._type_info

    def __repr__(self) -> str:
        return f"KafkaSource({shown_options(self._options)})"


class KafkaSourceBuilder:
    """Makes a :class:`KafkaSource`. Needed are bootstrap servers, topics and a deserializer."""

    def __init__(self) -> None:
        self._properties: dict[str, str] = {}
        self._subscription: tuple[str, str, str] | None = None
        self._starting = KafkaOffsetsInitializer.earliest()
        self._stopping: KafkaOffsetsInitializer | None = None
        self._bounded = False
        self._schema: DeserializationSchema | None = None
        self._metadata: tuple[str, ...] = ()

    def set_bootstrap_servers(self, bootstrap_servers: str) -> KafkaSourceBuilder:
        """Sets the brokers to ask first: ``"host:9092,other:9092"``."""
        return self.set_property("bootstrap.servers", brokers(bootstrap_servers, "set_bootstrap_servers"))

    def set_group_id(self, group_id: str) -> KafkaSourceBuilder:
        """Sets the consumer group whose offsets are committed."""
        return self.set_property("group.id", text(group_id, "set_group_id"))

    def set_topics(self, *topics: str) -> KafkaSourceBuilder:
        """Reads these topics: ``set_topics("orders", "returns")``.

        :raises ValueError: if there are none, or others were set by pattern or partitions
        """
        one_by_one(topics, "set_topics takes the topics one by one: set_topics('a', 'b') or set_topics(*names)")
        if not topics:
            raise ValueError("set_topics: name at least one topic")
        for topic in topics:
            if "," in text(topic, "set_topics"):
                raise ValueError(f"set_topics: '{topic}' is not a topic; give several as several arguments")
        return self._subscribe("set_topics", "topics", ",".join(topics))

    def set_topic_pattern(self, topic_pattern: str) -> KafkaSourceBuilder:
        """Reads all topics whose whole name the regular expression matches.

        :raises ValueError: if topics or partitions were set
        """
        return self._subscribe("set_topic_pattern", "topic-pattern", text(topic_pattern, "set_topic_pattern"))

    def set_partitions(self, partitions: set[KafkaTopicPartition]) -> KafkaSourceBuilder:
        """Reads these partitions.

        :raises ValueError: if there are none, or topics were set
        """
        listed = list(partitions)
        if not all(isinstance(partition, KafkaTopicPartition) for partition in listed):
            raise TypeError("set_partitions takes a set like {KafkaTopicPartition('orders', 0)}")
        if not listed:
            raise ValueError("set_partitions: name at least one partition")
        pairs = sorted((partition._topic, partition._partition) for partition in listed)
        return self._subscribe("set_partitions", "partitions", _json([list(pair) for pair in pairs]))

    def _subscribe(self, method: str, option: str, value: str) -> KafkaSourceBuilder:
        if self._subscription is not None and self._subscription[0] != method:
            raise ValueError(f"{method}: what to read was already set with {self._subscription[0]}; use one of them")
        self._subscription = (method, option, value)
        return self

    def set_starting_offsets(self, starting_offsets_initializer: KafkaOffsetsInitializer) -> KafkaSourceBuilder:
        """Sets where to start; ``earliest()`` unless set."""
        self._starting = _initializer(starting_offsets_initializer, "set_starting_offsets")
        return self

    def set_unbounded(self, stopping_offsets_initializer: KafkaOffsetsInitializer) -> KafkaSourceBuilder:
        """Stops at those offsets, and still is a source for streaming, whose results come while it runs."""
        self._stopping = _initializer(stopping_offsets_initializer, "set_unbounded")
        self._bounded = False
        return self

    def set_bounded(self, stopping_offsets_initializer: KafkaOffsetsInitializer) -> KafkaSourceBuilder:
        """Stops at those offsets: ``set_bounded(KafkaOffsetsInitializer.latest())`` reads what is there now."""
        self._stopping = _initializer(stopping_offsets_initializer, "set_bounded")
        self._bounded = True
        return self

    def set_value_only_deserializer(self, deserialization_schema: DeserializationSchema) -> KafkaSourceBuilder:
        """Sets how a record's value is read; its key is not.

        :raises TypeError: if it is not a schema such as ``SimpleStringSchema()``
        """
        self._schema = instance(
            deserialization_schema,
            DeserializationSchema,
            "set_value_only_deserializer",
            "a schema such as SimpleStringSchema()",
        )
        return self

    def set_metadata(self, *columns: str) -> KafkaSourceBuilder:
        """Appends what Kafka knows of a record to its fields, which makes the stream one of rows (beyond PyFlink)::

            builder.set_value_only_deserializer(SimpleStringSchema()).set_metadata("key", "timestamp")
            # rows of value (STRING), key (bytes) and timestamp (INSTANT)

        :param columns: some of ``key`` (bytes), ``topic``, ``partition``, ``offset``, ``timestamp`` (Instant) and
            ``headers`` (a list of rows of ``key`` and ``value``, a string and bytes)
        :raises ValueError: if one is something else
        """
        unknown = [column for column in columns if column not in _METADATA]
        if unknown:
            raise ValueError(f"set_metadata: {unknown} is not among {', '.join(_METADATA)}")
        self._metadata = columns
        return self

    def set_client_id_prefix(self, prefix: str) -> KafkaSourceBuilder:
        """Sets what the names of the source's clients start with."""
        return self.set_property("client.id.prefix", text(prefix, "set_client_id_prefix"))

    def set_property(self, key: str, value: str) -> KafkaSourceBuilder:
        """Sets a property of Kafka's consumer, by its Java or its librdkafka name."""
        name, content = property_text(key, value, "set_property")
        self._properties[name] = content
        return self

    def set_properties(self, props: dict[str, str]) -> KafkaSourceBuilder:
        """Sets several properties of Kafka's consumer."""
        for key, value in props.items():
            self.set_property(key, value)
        return self

    def build(self) -> KafkaSource:
        """The source.

        :raises ValueError: saying what is missing
        """
        if "bootstrap.servers" not in self._properties:
            raise ValueError("KafkaSource: no bootstrap servers; call set_bootstrap_servers('host:9092')")
        if self._subscription is None:
            raise ValueError(
                "KafkaSource: nothing to read; call set_topics('...'), set_topic_pattern('...') or "
                "set_partitions({...})"
            )
        if self._schema is None:
            raise ValueError("KafkaSource: no deserializer; call set_value_only_deserializer(SimpleStringSchema())")
        if self._starting._mode == "group-offsets" and "group.id" not in self._properties:
            raise ValueError("KafkaSource: committed offsets belong to a group; call set_group_id('...')")
        format_name, format_settings, type_info = self._schema._deserialization_spec()
        properties = dict(self._properties)
        discovery = properties.pop("partition.discovery.interval.ms", None)
        options = {
            self._subscription[1]: self._subscription[2],
            **{f"properties.{key}": value for key, value in properties.items()},
            **self._starting._to_options("scan.startup"),
            "scan.startup.reset": self._starting._reset.name.lower(),
            **format_options(format_name, format_settings),
        }
        if discovery is not None:
            options["scan.topic-partition-discovery.interval"] = discovery
        if self._stopping is not None:
            options.update(self._stopping._to_options("scan.bounded"))
            if not self._bounded:
                options["scan.boundedness"] = "unbounded"
        if self._metadata:
            options["metadata"] = ",".join(self._metadata)
            type_info = _with_metadata(type_info or Types.STRING(), self._metadata)
        return KafkaSource(options, type_info)


#: What a record has beside its value.
_METADATA: dict[str, Callable[[], TypeInformation]] = {
    "key": lambda: Types.PRIMITIVE_ARRAY(Types.BYTE()),
    "topic": Types.STRING,
    "partition": Types.INT,
    "offset": Types.LONG,
    "timestamp": Types.INSTANT,
    "headers": lambda: Types.LIST(
        Types.ROW_NAMED(["key", "value"], [Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
    ),
}


def _with_metadata(value: TypeInformation, columns: tuple[str, ...]) -> TypeInformation:
    """The row of the value's fields (a bare value is the field ``value``) and the metadata."""
    names, types = ["value"], [value]
    if isinstance(value, RowTypeInfo):
        names, types = list(value.get_field_names()), list(value.get_field_types())
    return Types.ROW_NAMED([*names, *columns], [*types, *[_METADATA[column]() for column in columns]])


def _strategy(given: Any) -> KafkaOffsetResetStrategy:
    example = "a KafkaOffsetResetStrategy such as KafkaOffsetResetStrategy.EARLIEST"
    return instance(given, KafkaOffsetResetStrategy, "KafkaOffsetsInitializer", example)


def _initializer(given: Any, method: str) -> KafkaOffsetsInitializer:
    example = "a KafkaOffsetsInitializer such as KafkaOffsetsInitializer.latest()"
    return instance(given, KafkaOffsetsInitializer, method, example)


def _json(value: Any) -> str:
    from json import dumps

    return dumps(value)
