"""librdkafka clients with the settings that tests want, and the waiting that goes with them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

#: Longer than anything takes that works.
PATIENCE = 30.0


def unique(name: str) -> str:
    """A name that no other test uses."""
    return f"{name}-{uuid.uuid4().hex[:8]}"


class Clients:
    """Makes clients of one broker and closes them."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers
        self._consumers: list[Consumer] = []
        self._admin: AdminClient | None = None

    def _config(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {"bootstrap.servers": self.bootstrap_servers, "log_level": 2} | settings

    def admin(self) -> AdminClient:
        # One, and kept: what it was asked fails when it is collected.
        self._admin = self._admin or AdminClient(self._config({}))
        return self._admin

    def topic(self, name: str = "topic", partitions: int = 1, **config: str) -> str:
        """Creates a topic of its own for the test and waits until it is there."""
        topic = unique(name)
        settings = {key.replace("_", "."): value for key, value in config.items()}
        self.admin().create_topics([NewTopic(topic, partitions, 1, config=settings)])[topic].result(PATIENCE)
        self.wait_for_topic(topic, partitions)
        return topic

    def wait_for_topic(self, topic: str, partitions: int) -> None:
        """Waits until the topic has that many partitions (0: until it is gone)."""
        admin = self.admin()

        def there() -> bool:
            found = admin.list_topics(timeout=PATIENCE).topics.get(topic)
            return len(found.partitions) == partitions if found is not None else partitions == 0

        eventually(there)

    def producer(self, **settings: Any) -> Producer:
        return Producer(self._config({"linger.ms": 0} | _dotted(settings)))

    def consumer(self, group: str | None = None, **settings: Any) -> Consumer:
        defaults = {
            "group.id": group or unique("group"),
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 200,
        }
        consumer = Consumer(self._config(defaults | _dotted(settings)))
        self._consumers.append(consumer)
        return consumer

    def send(self, topic: str, values: Iterable[bytes], partition: int = 0, **settings: Any) -> None:
        """Writes values to one partition and waits until the broker has them."""
        producer = self.producer(**settings)
        for value in values:
            produce(producer, topic, value=value, partition=partition)
        flush(producer)

    def read(self, topic: str, count: int, partition: int = 0, offset: int = 0, **settings: Any) -> list[Message]:
        """The first ``count`` records of a partition from an offset on."""
        consumer = self.consumer(**settings)
        consumer.assign([TopicPartition(topic, partition, offset)])
        try:
            return take(consumer, count)
        finally:
            self.close(consumer)

    def end_offset(self, topic: str, partition: int = 0) -> int:
        consumer = self.consumer()
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=PATIENCE)
        self.close(consumer)
        return int(high)

    def close(self, consumer: Consumer) -> None:
        self._consumers.remove(consumer)
        consumer.close()

    def __enter__(self) -> Clients:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for consumer in self._consumers:
            consumer.close()


def _dotted(settings: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("_", "."): value for key, value in settings.items()}


def produce(producer: Producer, topic: str, **record: Any) -> None:
    """Hands a record over, waiting where the producer's queue is full; a refusal fails the test at the flush."""

    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            raise KafkaException(error)

    while True:
        try:
            producer.produce(topic, on_delivery=delivered, **record)
            return
        except BufferError:
            producer.poll(0.1)


def flush(producer: Producer) -> None:
    """Waits until everything is delivered."""
    assert producer.flush(PATIENCE) == 0, "records are still on their way"


def take(consumer: Consumer, count: int) -> list[Message]:
    """Exactly the next ``count`` records; an error when they do not come."""
    records: list[Message] = []
    deadline = time.monotonic() + PATIENCE
    while len(records) < count:
        assert time.monotonic() < deadline, f"{len(records)} of {count} records came: {values(records)[-5:]}"
        for message in consumer.consume(count - len(records), timeout=0.2):
            if message.error() is not None:
                raise KafkaException(message.error())
            records.append(message)
    return records


def values(messages: Iterable[Message]) -> list[bytes | None]:
    return [message.value() for message in messages]


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until the condition holds; fails when it does not in time."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def poll_until(consumers: Iterable[Consumer], condition: Callable[[], bool]) -> list[Message]:
    """Keeps consumers polling until the condition holds; what they received meanwhile."""
    consumers = list(consumers)
    received: list[Message] = []

    def polled() -> bool:
        for consumer in consumers:
            message = consumer.poll(0.05)
            if message is not None and message.error() is None:
                received.append(message)
        return condition()

    eventually(polled)
    return received
