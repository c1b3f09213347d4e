"""Exercise 1.7: a topic as a stream."""

from __future__ import annotations

from flott.datastream.connectors.kafka import KafkaSource


def order_source(bootstrap_servers: str, topic: str) -> KafkaSource:
    """Return a source that reads the topic as texts, from its beginning to where it ends when the job starts.

    ``KafkaSource.builder()`` wants: the brokers, the topic, a group id ("exercises"), the starting offsets, an end
    (``set_bounded``), and what makes a text of a message's bytes (``SimpleStringSchema``).

    in:  a topic with the messages "one", "two"
    out: "one", "two", and then the stream ends

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/datastream/kafka/
    """
    raise NotImplementedError("exercise 1.7")
