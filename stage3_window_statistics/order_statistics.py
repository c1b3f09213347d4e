"""Statistics over windows of event time: orders from a Kafka topic into tables, and into another topic.

    python stage3_window_statistics/order_statistics.py --bounded     # read what is in the topic, then end
    python stage3_window_statistics/order_statistics.py               # go on until Ctrl-C

    order-raw ─> read, clean, validate ─> event time ─> windows ─┬─> order_statistics_minute, _hour, _user, …
                           │                              │      └─> order-statistics  (all of them, as JSON)
                           └ rejected ─> rejected-*.jsonl └ late ─> late-*.jsonl

Each result replaces the one that the same window had before, so a window may fire as often as it likes, and the topic
may be read again. Week 2's functions read the orders; order_windows.py says what is counted.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import Configuration, SimpleStringSchema, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, StreamExecutionEnvironment
from flott.datastream.connectors import DeliveryGuarantee
from flott.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink
from stage1_basic_etl.flink_order_etl import EtlOptions, kafka_source, lines_sink, table_sink
from stage2_data_transformation.dead_letters import REJECTED, log_line
from stage2_data_transformation.order_cleaner import CleanOrder
from stage2_data_transformation.order_validator import READ, VALIDATE, ReadOrder, ValidateOrder
from stage3_window_statistics.order_windows import (
    ALLOWED_LATENESS_MS,
    OUT_OF_ORDER_MS,
    OrderWindows,
    order_times,
    order_windows,
)
from stage3_window_statistics.statistic import Statistic, ToJson
from stage3_window_statistics.statistics_summary import StatisticsSummary, summarize_statistics
from utils.config import Config, ConfigError, load_config
from utils.database import create_tables, how_to_create_tables, sqlite_file, without_secrets
from utils.order_models import Order

IDLE_MS = 10_000
"""In a job that goes on for ever, a partition without orders holds the watermark back for this long."""


@dataclass(frozen=True, repr=False)
class StatisticsOptions(EtlOptions):
    """What a run reads and writes: as in week 1, and a topic for the statistics. ``rejects_path`` is for the logs."""

    statistics_topic: str = "order-statistics"
    out_of_order_ms: int = OUT_OF_ORDER_MS
    allowed_lateness_ms: int = ALLOWED_LATENESS_MS
    idle_ms: int = IDLE_MS

    @classmethod
    def from_config(cls, config: Config, bounded: bool = False, parallelism: int = 1) -> StatisticsOptions:
        """The options of config/config.yml.

        :raises ConfigError: if one is missing or makes no sense.
        """
        options = vars(EtlOptions.from_config(config, bounded, parallelism))
        times = {name: config.integer(f"statistics.{name}") for name in ("out_of_order_ms", "allowed_lateness_ms")}
        for name, millis in times.items():
            if millis < 0:
                raise ConfigError(f"'statistics.{name}' is {millis}; it has to be 0 or more")
        own = {
            "group_id": config.text("statistics.group_id"),
            "rejects_path": Path(config.text("statistics.log_path")),
            "statistics_topic": config.text("statistics.topic"),
            **times,
        }
        return cls(**{**options, **own})


def read_orders(messages: DataStream) -> tuple[DataStream, DataStream]:
    """The orders that these messages are, by the rules of week 2, and the dead letters of the others."""
    read = messages.process(ReadOrder()).name(READ)
    orders = read.map(CleanOrder()).name("clean orders").process(ValidateOrder()).name(VALIDATE)
    return orders, read.get_side_output(REJECTED).union(orders.get_side_output(REJECTED))


class TimeOfWriting(TimestampAssigner):
    """No time of its own: a message is given the time at which it is written."""

    def extract_timestamp(self, value: str, record_timestamp: int) -> int:
        return -1


def as_json(rows: dict[Statistic, DataStream]) -> DataStream:
    """The rows of all statistics as one stream of JSON, each statistic in its order."""
    lines = [
        stream.map(ToJson(statistic), output_type=Types.STRING()).name(f"{statistic.name} as JSON").set_parallelism(1)
        for statistic, stream in rows.items()
    ]
    # A result has the last millisecond of its window, and one of a counted window the largest time there is. Kafka
    # would take that for the time of the message, and refuses what is in the future.
    untimed = WatermarkStrategy.no_watermarks().with_timestamp_assigner(TimeOfWriting())
    return lines[0].union(*lines[1:]).assign_timestamps_and_watermarks(untimed).set_parallelism(1)


def late_line(what: str, order: Order) -> str:
    """A message that came too late as a line of the log.

    :param what: what it was too late for: as an ``order``, or as a ``status change`` of one that is known.
    """
    line = {
        "late": what,
        "order_id": order.order_id,
        "user_id": order.user_id,
        "amount": str(order.amount),
        "status": order.status,
        "timestamp": order.order_time.isoformat(" "),
    }
    return json.dumps(line, ensure_ascii=False)


def statistics_sink(options: StatisticsOptions) -> KafkaSink:
    """The topic for the statistics. After a crash some may come twice: the later one of a window is the right one."""
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(options.statistics_topic)
        .set_value_serialization_schema(SimpleStringSchema())
        .build()
    )
    return (
        KafkaSink.builder()
        .set_bootstrap_servers(options.bootstrap_servers)
        .set_delivery_guarantee(DeliveryGuarantee.AT_LEAST_ONCE)
        .set_record_serializer(serializer)
        .build()
    )


@dataclass(frozen=True)
class BuiltStatistics:
    """The streams of the job, for whoever wants to see more of it.

    :param orders: the orders with their event time, and every message about them.
    :param windows: what comes of them.
    :param rejected: the dead letters of the messages that are no orders.
    """

    orders: DataStream
    windows: OrderWindows
    rejected: DataStream


def build_statistics(env: StreamExecutionEnvironment, options: StatisticsOptions, run: str) -> BuiltStatistics:
    """Adds the whole job to the environment, from the topic to the tables.

    :param run: what the names of this run's logs begin with, behind their kind.
    """
    messages = env.from_source(kafka_source(options), WatermarkStrategy.no_watermarks(), options.topic)
    orders, rejected = read_orders(messages)
    # A topic that ends waits for all of its partitions. One that goes on does not wait for those that sleep.
    times = order_times(options.out_of_order_ms, None if options.bounded else options.idle_ms)
    timed = orders.assign_timestamps_and_watermarks(times).name("event time")
    windows = order_windows(timed, options.allowed_lateness_ms)

    # One subtask each: of two, one could overtake the other, and an earlier result replace a later one.
    for statistic, rows in windows.rows.items():
        if statistic.table is not None:
            sink = table_sink(options, statistic.table, statistic.fields, list(statistic.keys), statistic.row_type)
            rows.add_sink(sink).name(statistic.table).set_parallelism(1)
    topic_sink = as_json(windows.rows).sink_to(statistics_sink(options))
    topic_sink.name(options.statistics_topic).set_parallelism(1)

    log = rejected.map(log_line, output_type=Types.STRING()).name("log lines")
    log.sink_to(lines_sink(options.rejects_path, f"rejected-{run}")).name("rejected")
    late = [
        windows.late_orders.map(lambda order: late_line("order", order), output_type=Types.STRING()),
        windows.late_changes.map(lambda order: late_line("status change", order), output_type=Types.STRING()),
    ]
    late[0].union(late[1]).sink_to(lines_sink(options.rejects_path, f"late-{run}")).name("late")
    return BuiltStatistics(timed, windows, rejected)


def statistics_environment(
    options: StatisticsOptions, configuration: Configuration | None = None
) -> StreamExecutionEnvironment:
    """An environment for this job; tables and folders that it writes to are there."""
    create_tables(options.database_url)
    options.rejects_path.mkdir(parents=True, exist_ok=True)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.set_parallelism(options.parallelism)
    # Every ten seconds the sinks make safe what they hold; then Kafka is told how far this group has read.
    env.enable_checkpointing(10_000)
    if options.jars:
        env.add_jars(*options.jars)
    return env


def run_name() -> str:
    """What this run's logs are called: each run writes, and counts, files of its own."""
    return f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}"


def run_statistics(options: StatisticsOptions, configuration: Configuration | None = None) -> StatisticsSummary:
    """Builds the job, runs it to its end, and tells what it did."""
    run = run_name()
    env = statistics_environment(options, configuration)
    build_statistics(env, options, run)
    result = env.execute("order statistics")
    return summarize_statistics(
        result,
        source=options.topic,
        database=sqlite_file(options.database_url) or without_secrets(options.database_url),
        rejects=sorted(options.rejects_path.glob(f"rejected-{run}*.jsonl")),
        late=sorted(options.rejects_path.glob(f"late-{run}*.jsonl")),
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Counts orders from Kafka over windows of event time.")
    parser.add_argument("--bounded", action="store_true", help="end at the current end of the topic")
    parser.add_argument("--parallelism", type=int, default=1, help="subtasks; one a partition, at least (default: 1)")
    chosen = parser.parse_args(arguments)
    if chosen.parallelism < 1:
        parser.error(f"--parallelism is {chosen.parallelism}; it has to be at least 1")
    try:
        options = StatisticsOptions.from_config(load_config(), chosen.bounded, chosen.parallelism)
    except ConfigError as error:
        print(f"order_statistics: {error}", file=sys.stderr)
        return 2
    target = without_secrets(options.database_url)
    print(f"Orders from {options.topic} at {options.bootstrap_servers}")
    print(f"Statistics to {options.statistics_topic} and {target}, logs below {options.rejects_path}")
    if sqlite_file(options.database_url) is None:
        print(f"The tables have to exist there; to create them: {how_to_create_tables(options.database_url)}")
    if not options.bounded:
        print("Press Ctrl-C to stop.")
    try:
        summary = run_statistics(options)
    except KeyboardInterrupt:
        print(
            "\norder_statistics: stopped by Ctrl-C; windows that were open start again with the topic", file=sys.stderr
        )
        return 130
    print(summary.describe())
    return 0


if __name__ == "__main__":
    sys.exit(main())
