"""The producer: what it sends is what its generator makes, to the embedded broker and to Apache Kafka."""

from __future__ import annotations

import time

import pytest

from flott.common import SimpleStringSchema, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource
from stage1_basic_etl import order_producer
from stage1_basic_etl.order_producer import MakeOrder, send_orders
from utils.order_generator import OrderGenerator


def read_topic(bootstrap_servers: str, topic: str) -> list[str]:
    """Every message that is in the topic now."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    source = (
        KafkaSource.builder()
        .set_bootstrap_servers(bootstrap_servers)
        .set_topics(topic)
        .set_group_id("test")
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_bounded(KafkaOffsetsInitializer.latest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
    stream = env.from_source(source, WatermarkStrategy.no_watermarks(), "topic")
    with stream.execute_and_collect() as messages:
        return list(messages)


def test_sends_every_order_once(bootstrap_servers: str, topic: str) -> None:
    generator = OrderGenerator(seed=3, bad_share=0.2)
    sent = send_orders(bootstrap_servers, topic, 300, generator)
    assert sorted(read_topic(bootstrap_servers, topic)) == sorted(generator.text(index) for index in range(300))
    assert sent.count == 300
    assert sent.broken == generator.count_kinds(300)


def test_says_what_it_sent(
    embedded_broker: str, topic: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", embedded_broker)
    monkeypatch.setenv("ORDER_TOPIC", topic)
    assert order_producer.main(["--count", "1000", "--seed", "1", "--bad-share", "0.05"]) == 0
    printed = capsys.readouterr().out
    counts = OrderGenerator(1, 0.05).count_kinds(1000)
    assert printed.startswith("Sent 1,000 orders")
    assert f"{counts.total()} of them broken" in printed
    for kind, number in counts.items():
        assert f"{number}  {kind.value}" in printed
    assert len(read_topic(embedded_broker, topic)) == 1000


def test_a_rate_is_kept(embedded_broker: str, topic: str) -> None:
    """21 orders at 50 a second: the last is due 20 / 50 = 0.4 s after the first."""
    sent = send_orders(embedded_broker, topic, 21, OrderGenerator(), rate=50)
    assert sent.seconds >= 0.4


def test_subtasks_share_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two subtasks at 10 a second make one every 2 / 10 s each: five take 0.8 s from the first to the last."""

    class Context:
        def get_number_of_parallel_subtasks(self) -> int:
            return 2

    slept: list[float] = []
    now = 100.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        slept.append(seconds)

    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(time, "sleep", sleep)
    function = MakeOrder(OrderGenerator(), rate=10)
    function.open(Context())  # type: ignore[arg-type]
    for number in range(5):
        function.map(number)
    assert sum(slept) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--count", "0"], "at least one order"),
        (["--rate", "-1"], "has to be positive"),
        (["--bad-share", "2"], "between 0 and 1"),
        (["--untidy-share", "-1"], "--untidy-share is -1.0"),
    ],
)
def test_arguments_that_make_no_sense(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        order_producer.main(arguments)
    assert exit.value.code == 2
    assert message in capsys.readouterr().err
