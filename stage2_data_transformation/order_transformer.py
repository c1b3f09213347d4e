"""The second ETL: raw orders are cleaned, validated, and split into order_header and order_line.

    python stage2_data_transformation/order_transformer.py --bounded     # read what is in the topic, then end
    python stage2_data_transformation/order_transformer.py               # go on until Ctrl-C

    order-raw ─> read orders ─> clean orders ─> validate orders ─> split orders ─┬─> order_header
                      │              │                │                          └─> order_line  (side output)
                      │              └ changed        │
                      │                └─> changes-*.jsonl
                      └──────── rejected (side outputs) ──────┬─> order-dead-letter
                                                              └─> rejected-*.jsonl

Every message ends in the tables or as a dead letter, and what cleaning changed in it is logged. :func:`transform` is
the job without its sources and sinks: tests give it a collection.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import SimpleStringSchema, Types, WatermarkStrategy
from flott.datastream import DataStream, StreamExecutionEnvironment
from flott.datastream.connectors import DeliveryGuarantee
from flott.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink
from stage1_basic_etl.etl_summary import summarize
from stage1_basic_etl.flink_order_etl import (
    HEADER_FIELDS,
    HEADER_TYPE,
    LINE_FIELDS,
    LINE_TYPE,
    EtlOptions,
    kafka_source,
    lines_sink,
    table_sink,
)
from stage2_data_transformation.dead_letters import REJECTED, dead_letter_json, log_line
from stage2_data_transformation.order_cleaner import ChangeLines, CleanOrder, WasChanged
from stage2_data_transformation.order_splitter import LINES, SplitOrder
from stage2_data_transformation.order_validator import READ, VALIDATE, ReadOrder, ValidateOrder
from stage2_data_transformation.transform_summary import TransformSummary, count_changes
from utils.config import Config, ConfigError, load_config
from utils.database import create_tables, how_to_create_tables, sqlite_file, without_secrets


@dataclass(frozen=True)
class Transformed:
    """What becomes of the messages, each as a stream."""

    headers: DataStream
    lines: DataStream
    rejected: DataStream
    changes: DataStream


def transform(messages: DataStream, load_time: datetime) -> Transformed:
    """Reads, cleans, validates and splits.

    :param messages: the orders as strings.
    :param load_time: what the headers are given for it.
    """
    read = messages.process(ReadOrder()).name(READ)
    cleaned = read.map(CleanOrder()).name("clean orders")
    orders = cleaned.process(ValidateOrder()).name(VALIDATE)
    headers = orders.process(SplitOrder(load_time), output_type=HEADER_TYPE).name("split orders")
    return Transformed(
        headers=headers,
        lines=headers.get_side_output(LINES),
        rejected=read.get_side_output(REJECTED).union(orders.get_side_output(REJECTED)),
        changes=cleaned.filter(WasChanged())
        .name("changed")
        .flat_map(ChangeLines(), output_type=Types.STRING())
        .name("change lines"),
    )


@dataclass(frozen=True, repr=False)
class TransformOptions(EtlOptions):
    """What a run reads and writes: as in week 1, and a topic for dead letters. ``rejects_path`` is for the logs."""

    dead_letter_topic: str = "order-dead-letter"

    @classmethod
    def from_config(cls, config: Config, bounded: bool = False, parallelism: int = 1) -> TransformOptions:
        """The options of config/config.yml.

        :raises ConfigError: if one is missing or makes no sense.
        """
        options = vars(EtlOptions.from_config(config, bounded, parallelism))
        own = {
            "group_id": config.text("transform.group_id"),
            "rejects_path": Path(config.text("transform.log_path")),
            "dead_letter_topic": config.text("transform.dead_letter_topic"),
        }
        return cls(**{**options, **own})


def dead_letter_sink(options: TransformOptions) -> KafkaSink:
    """The topic for dead letters; none is lost, but after a crash some may come twice."""
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(options.dead_letter_topic)
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


def run_transform(options: TransformOptions) -> TransformSummary:
    """Builds the job, runs it to its end, and tells what it did."""
    started = datetime.now(timezone.utc).replace(tzinfo=None)
    # Each run writes, and counts, files of its own.
    run = f"{started:%Y%m%dT%H%M%S%f}"
    create_tables(options.database_url)
    options.rejects_path.mkdir(parents=True, exist_ok=True)

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(options.parallelism)
    # Every ten seconds the sinks make safe what they hold; then Kafka is told how far this group has read.
    env.enable_checkpointing(10_000)
    if options.jars:
        env.add_jars(*options.jars)

    messages = env.from_source(kafka_source(options), WatermarkStrategy.no_watermarks(), options.topic)
    orders = transform(messages, started.replace(microsecond=0))

    header_sink = table_sink(options, "order_header", HEADER_FIELDS, ["order_id"], HEADER_TYPE)
    orders.headers.add_sink(header_sink).name("order_header")
    line_sink = table_sink(options, "order_line", LINE_FIELDS, ["order_id", "line_no"], LINE_TYPE)
    orders.lines.add_sink(line_sink).name("order_line")

    letters = orders.rejected.map(dead_letter_json, output_type=Types.STRING()).name("dead letters")
    letters.sink_to(dead_letter_sink(options)).name(options.dead_letter_topic)
    log = orders.rejected.map(log_line, output_type=Types.STRING()).name("log lines")
    log.sink_to(lines_sink(options.rejects_path, f"rejected-{run}")).name("rejected")
    orders.changes.sink_to(lines_sink(options.rejects_path, f"changes-{run}")).name("changes")

    result = env.execute("order transformation")
    etl = summarize(
        result,
        source=options.topic,
        database=sqlite_file(options.database_url) or without_secrets(options.database_url),
        rejects=sorted(options.rejects_path.glob(f"rejected-{run}*.jsonl")),
    )
    changes = sorted(options.rejects_path.glob(f"changes-{run}*.jsonl"))
    return TransformSummary(etl, count_changes(changes), tuple(changes))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Cleans, validates and splits raw orders from Kafka into a database.")
    parser.add_argument("--bounded", action="store_true", help="end at the current end of the topic")
    parser.add_argument("--parallelism", type=int, default=1, help="subtasks of each operator (default: 1)")
    chosen = parser.parse_args(arguments)
    if chosen.parallelism < 1:
        parser.error(f"--parallelism is {chosen.parallelism}; it has to be at least 1")
    try:
        options = TransformOptions.from_config(load_config(), chosen.bounded, chosen.parallelism)
    except ConfigError as error:
        print(f"order_transformer: {error}", file=sys.stderr)
        return 2
    target = without_secrets(options.database_url)
    print(f"Orders from {options.topic} at {options.bootstrap_servers} into {target}")
    print(f"Dead letters to {options.dead_letter_topic}, logs below {options.rejects_path}")
    if sqlite_file(options.database_url) is None:
        print(f"The tables have to exist there; to create them: {how_to_create_tables(options.database_url)}")
    if not options.bounded:
        print("Press Ctrl-C to stop.")
    try:
        summary = run_transform(options)
    except KeyboardInterrupt:
        print("\norder_transformer: stopped by Ctrl-C; what was written stays, and can be read again", file=sys.stderr)
        return 130
    print(summary.describe())
    return 0


if __name__ == "__main__":
    sys.exit(main())
