"""Simulates the shop's order API: makes orders and sends them to a Kafka topic.

    python stage1_basic_etl/order_producer.py --count 10000
    python stage1_basic_etl/order_producer.py --count 600 --rate 10 --bad-share 0.05

It is a Flink job itself: a number sequence, a map function that makes order n, a Kafka sink. About one order in a
hundred is broken in one of the ways of :class:`utils.order_generator.BadKind`. Two of those ways cannot be written as
a string, so this job never sends them: bytes that are not UTF-8, and messages without a value.

Messages have no key and spread over the partitions: in PyFlink a key serializer is given the whole record, so the
only key it could make here is the message itself.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from flott.datastream import MapFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors import DeliveryGuarantee
from flott.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink
from flott.datastream.connectors.number_seq import NumberSequenceSource
from utils.changing_orders import ChangingOrderGenerator
from utils.config import ConfigError, load_config
from utils.order_generator import BadKind, OrderGenerator


class Texts(Protocol):
    """What makes message n."""

    def text(self, index: int) -> str: ...


class MakeOrder(MapFunction):
    """Order n as the text of a Kafka message, at most ``rate`` of them a second (0: as fast as it goes)."""

    def __init__(self, generator: Texts, rate: float = 0) -> None:
        self._generator = generator
        self._rate = rate
        self._interval = 0.0
        self._due = 0.0

    def open(self, runtime_context: RuntimeContext) -> None:
        if self._rate > 0:
            self._interval = runtime_context.get_number_of_parallel_subtasks() / self._rate
        self._due = time.monotonic()

    def map(self, value: int) -> str:
        if self._interval:
            wait = self._due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._due += self._interval
        return self._generator.text(value)


@dataclass(frozen=True)
class Sent:
    """What a run of the producer sent."""

    count: int
    broken: Counter[BadKind]
    seconds: float

    def describe(self) -> str:
        """One line for a person, and one a kind of broken orders."""
        broken = sum(self.broken.values())
        share = f" ({broken / self.count:.1%})" if self.count else ""
        lines = [f"Sent {self.count:,} orders in {self.seconds:.1f} s, {broken:,} of them broken{share}"]
        lines += [f"  {number:>6,}  {kind.value}" for kind, number in self.broken.most_common()]
        return "\n".join(lines)


def send_orders(
    bootstrap_servers: str,
    topic: str,
    count: int,
    generator: OrderGenerator,
    rate: float = 0,
    jars: tuple[str, ...] = (),
) -> Sent:
    """Sends orders 0 to ``count - 1`` of the generator; the parameters are those of :func:`send_texts`."""
    seconds = send_texts(bootstrap_servers, topic, count, generator, rate, jars)
    return Sent(count, generator.count_kinds(count), seconds)


def send_texts(
    bootstrap_servers: str, topic: str, count: int, generator: Texts, rate: float = 0, jars: tuple[str, ...] = ()
) -> float:
    """Sends messages 0 to ``count - 1`` and returns when Kafka has acknowledged them all: how long it took, in seconds.

    :param count: how many messages; at least one.
    :param rate: messages a second; 0 sends as fast as it goes.
    :param jars: what Flink needs for Kafka; Flott needs none.
    """
    configuration = Configuration()
    if rate > 0:
        # Records are handed on in batches (Flott) or bundles (PyFlink): small ones, so that a slow producer sends
        # all the time and not once a minute.
        for option in ("flott.batch-size", "python.fn-execution.bundle.size"):
            configuration.set_integer(option, max(1, int(rate / 10)))
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(1)
    if jars:
        env.add_jars(*jars)

    numbers = env.from_source(
        NumberSequenceSource(0, count - 1), WatermarkStrategy.no_watermarks(), "order numbers", Types.LONG()
    )
    sink = (
        KafkaSink.builder()
        .set_bootstrap_servers(bootstrap_servers)
        .set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .set_record_serializer(
            KafkaRecordSerializationSchema.builder()
            .set_topic(topic)
            .set_value_serialization_schema(SimpleStringSchema())
            .build()
        )
        .build()
    )
    numbers.map(MakeOrder(generator, rate), output_type=Types.STRING()).name("make orders").sink_to(sink).name(topic)

    started = time.monotonic()
    env.execute("order producer")
    return time.monotonic() - started


def main(arguments: list[str] | None = None) -> int:
    try:
        config = load_config()
        bootstrap_servers, topic = config.text("kafka.bootstrap_servers"), config.text("kafka.topic")
        jars = config.words("flink.jars")
    except ConfigError as error:
        print(f"order_producer: {error}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(description="Simulates the order API: sends orders to a Kafka topic.")
    parser.add_argument("--count", type=int, default=1000, help="how many orders (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0, help="orders a second; 0 for as fast as it goes (default)")
    parser.add_argument("--seed", type=int, default=42, help="the same seed sends the same orders (default: 42)")
    parser.add_argument("--bad-share", type=float, default=0.01, help="share of broken orders (default: %(default)s)")
    parser.add_argument("--untidy-share", type=float, default=0, help="share of badly written ones (default: 0)")
    parser.add_argument("--update-share", type=float, default=0, help="share of status changes (default: 0)")
    parser.add_argument("--late-share", type=float, default=0, help="share of orders that come late (default: 0)")
    parser.add_argument("--topic", default=topic, help="default: %(default)s")
    parser.add_argument("--bootstrap-servers", default=bootstrap_servers, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error(f"--count is {options.count}; there has to be at least one order to send")
    if options.rate < 0:
        parser.error(f"--rate is {options.rate}; it has to be positive, or 0 for as fast as it goes")
    shares = {name: getattr(options, f"{name}_share") for name in ("bad", "untidy", "update", "late")}
    for name, share in shares.items():
        if not 0 <= share <= 1:
            parser.error(f"--{name}-share is {share}; it has to be between 0 and 1")
    try:
        generator = ChangingOrderGenerator(options.seed, *shares.values())
        sent = send_orders(options.bootstrap_servers, options.topic, options.count, generator, options.rate, jars)
    except KeyboardInterrupt:
        print("\norder_producer: stopped by Ctrl-C; what was sent until now stays in the topic", file=sys.stderr)
        return 130
    print(sent.describe())
    print(f"They are in the topic {options.topic} at {options.bootstrap_servers}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
