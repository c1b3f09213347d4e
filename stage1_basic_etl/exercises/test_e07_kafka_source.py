"""Judges exercise 1.7, with a broker in this process."""

from __future__ import annotations

from flott.common import WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.testing import EmbeddedBroker, collect
from stage1_basic_etl.exercises.e07_kafka_source import order_source
from utils.exercise import expect


def read(env: StreamExecutionEnvironment, broker: EmbeddedBroker) -> list[str]:
    source = order_source(broker.bootstrap_servers, "orders")
    return collect(env.from_source(source, WatermarkStrategy.no_watermarks(), "orders"))


def test_all_messages_that_are_there(flott_env: StreamExecutionEnvironment, flott_broker: EmbeddedBroker) -> None:
    flott_broker.produce("orders", "one", "zwei", "三")
    idea = (
        "set_starting_offsets(KafkaOffsetsInitializer.earliest()) begins at the first message, "
        "set_bounded(KafkaOffsetsInitializer.latest()) ends at the last one"
    )
    expect(read(flott_env, flott_broker), ["one", "zwei", "三"], "a topic with three messages", idea)
    idea = "earliest() is the beginning of the topic; committed_offsets() goes on where the group stopped"
    expect(read(flott_env, flott_broker), ["one", "zwei", "三"], "the same topic, read once more", idea)
