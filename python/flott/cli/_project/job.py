"""NAME: what each user spends, minute by minute.

    python job.py

Orders come from the file or the topic that config.ini names. Everything between source and sink is in ``spent``, so
that test_job.py can feed it by hand.
"""

from __future__ import annotations

import configparser
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from flott.common import Duration, SimpleStringSchema, Time, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import AggregateFunction, DataStream, ProcessWindowFunction, StreamExecutionEnvironment
from flott.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource
from flott.datastream.window import TimeWindow, TumblingEventTimeWindows

HERE = Path(__file__).parent


class OrderTime(TimestampAssigner):
    """An order's time is the one it says, in UTC."""

    def extract_timestamp(self, value: dict[str, Any], record_timestamp: int) -> int:
        time = datetime.fromisoformat(value["time"]).replace(tzinfo=timezone.utc)
        return round(time.timestamp() * 1000)


class Cents(AggregateFunction):
    """The sum of the orders' cents."""

    def create_accumulator(self) -> int:
        return 0

    def add(self, value: dict[str, Any], accumulator: int) -> int:
        return accumulator + int(value["cents"])

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


class WithMinute(ProcessWindowFunction[int, Any, str, TimeWindow]):
    """(minute, user, cents): what only the window knows is put beside the sum."""

    def process(
        self, key: str, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[int]
    ) -> Iterator[Any]:
        minute = datetime.fromtimestamp(context.window().start / 1000, timezone.utc)
        for cents in elements:
            yield f"{minute:%H:%M}", key, cents


def spent(messages: DataStream) -> DataStream:
    """The job without its source and its sink: (minute, user, cents), when a minute is over.

    :param messages: orders as JSON: {"user": "ada", "cents": 1250, "time": "2024-01-01 10:00:00"}
    """
    times = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_seconds(5)).with_timestamp_assigner(OrderTime())
    orders = messages.map(json.loads).assign_timestamps_and_watermarks(times).name("orders")
    minutes = orders.key_by(lambda order: order["user"]).window(TumblingEventTimeWindows.of(Time.minutes(1)))
    return minutes.aggregate(Cents(), WithMinute()).name("spent")


def messages(env: StreamExecutionEnvironment, config: configparser.ConfigParser) -> DataStream:
    """Orders from the topic, if config.ini names brokers; otherwise from the file."""
    kafka = config["kafka"]
    if not kafka["bootstrap_servers"]:
        return env.read_text_file(str(HERE / config["input"]["file"]))
    source = (
        KafkaSource.builder()
        .set_bootstrap_servers(kafka["bootstrap_servers"])
        .set_topics(kafka["topic"])
        .set_group_id(kafka["group_id"])
        .set_starting_offsets(KafkaOffsetsInitializer.earliest())
        .set_value_only_deserializer(SimpleStringSchema())
        .build()
    )
    return env.from_source(source, WatermarkStrategy.no_watermarks(), kafka["topic"])


def main() -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read(HERE / "config.ini", encoding="utf-8")
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(config.getint("job", "parallelism"))
    spent(messages(env, config)).print()
    env.execute("NAME")


if __name__ == "__main__":
    main()
