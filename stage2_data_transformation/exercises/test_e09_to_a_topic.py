"""Judges exercise 2.9, with a broker in this process."""

from __future__ import annotations

from flott.common import Types
from flott.datastream import StreamExecutionEnvironment
from flott.testing import EmbeddedBroker
from stage2_data_transformation.exercises.e09_to_a_topic import letter_sink
from utils.exercise import expect

LETTERS = ["one", "zwei 🍵", "三"]


def test_texts_arrive_in_the_topic(flott_env: StreamExecutionEnvironment, flott_broker: EmbeddedBroker) -> None:
    flott_broker.create_topic("order-dead-letter")
    sink = letter_sink(flott_broker.bootstrap_servers, "order-dead-letter")
    flott_env.from_collection(LETTERS, Types.STRING()).sink_to(sink)
    flott_env.execute()
    idea = (
        "KafkaRecordSerializationSchema.builder().set_topic(...).set_value_serialization_schema(SimpleStringSchema())"
    )
    expect(flott_broker.consume("order-dead-letter"), LETTERS, LETTERS, idea)


def test_none_may_be_lost() -> None:
    _, options, _ = letter_sink("localhost:9092", "order-dead-letter")._to_spec()
    idea = (
        "set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE); unless told otherwise Flink's sink promises nothing"
    )
    expect(options.get("delivery-guarantee"), "at-least-once", "the sink's options", idea)
