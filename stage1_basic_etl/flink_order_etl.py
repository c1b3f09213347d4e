"""The first ETL: raw orders from a Kafka topic into the tables order_header and order_line.

    python stage1_basic_etl/flink_order_etl.py --bounded     # read what is in the topic, then end
    python stage1_basic_etl/flink_order_etl.py               # go on until Ctrl-C

    order-raw ──> read orders ──> header rows ──> order_header
                      │     └───> line rows   ──> order_line
                      └ rejected (side output) ──> rejects/*.jsonl

No order is lost on the way: one that cannot be loaded goes to the side output with the reason, and each reason has a
counter. Loading one again replaces it, so reading the topic twice leaves the same tables.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import Encoder, Row, SimpleStringSchema, Types, WatermarkStrategy
from flott.common.typeinfo import RowTypeInfo
from flott.datastream import OutputTag, ProcessFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors.file_system import BucketAssigner, FileSink, OutputFileConfig
from flott.datastream.connectors.jdbc import JdbcConnectionOptions, JdbcExecutionOptions, JdbcSink
from flott.datastream.connectors.kafka import KafkaOffsetResetStrategy, KafkaOffsetsInitializer, KafkaSource
from stage1_basic_etl.etl_summary import EtlSummary, summarize
from utils.config import Config, ConfigError, load_config
from utils.database import create_tables, driver_of, how_to_create_tables, sqlite_file, upsert_sql, without_secrets
from utils.order_models import InvalidOrder, Order, Reason, parse_order, to_cents, validate_order

HEADER_FIELDS = ["order_id", "user_id", "amount", "status", "order_time", "load_time"]
HEADER_TYPE = Types.ROW_NAMED(
    HEADER_FIELDS,
    [Types.STRING(), Types.STRING(), Types.BIG_DEC(), Types.STRING(), Types.SQL_TIMESTAMP(), Types.SQL_TIMESTAMP()],
)
LINE_FIELDS = ["order_id", "line_no", "item_id", "name", "price", "quantity", "line_amount"]
LINE_TYPE = Types.ROW_NAMED(
    LINE_FIELDS,
    [
        *(Types.STRING(), Types.INT(), Types.STRING(), Types.STRING()),
        *(Types.BIG_DEC(), Types.INT(), Types.BIG_DEC()),
    ],
)
REJECT_FIELDS = ["reason", "detail", "raw", "ts"]
REJECT_TYPE = Types.ROW_NAMED(REJECT_FIELDS, [Types.STRING(), Types.STRING(), Types.STRING(), Types.LONG()])
REJECTED = OutputTag("rejected", REJECT_TYPE)


class ReadOrder(ProcessFunction):
    """A message becomes an order, or a row of the side output that says why it did not."""

    def open(self, runtime_context: RuntimeContext) -> None:
        metrics = runtime_context.get_metrics_group()
        self._rejected = {reason: metrics.counter(f"rejected.{reason.value}") for reason in Reason}

    def process_element(self, value: str, ctx: ProcessFunction.Context) -> Iterator[Order | tuple[OutputTag, Row]]:
        try:
            order = parse_order(value)
            validate_order(order)
        except InvalidOrder as error:
            self._rejected[error.reason].inc()
            yield REJECTED, Row(error.reason.value, error.detail, value, ctx.timestamp())
        else:
            yield order


def header_row(order: Order, load_time: datetime) -> Row:
    """The order as a row of order_header."""
    return Row(order.order_id, order.user_id, to_cents(order.amount), order.status, order.order_time, load_time)


def line_rows(order: Order) -> Iterator[Row]:
    """The items of the order as rows of order_line, numbered from 1."""
    for number, item in enumerate(order.items, start=1):
        price, amount = to_cents(item.price), to_cents(item.line_amount)
        yield Row(order.order_id, number, item.id, item.name, price, item.quantity, amount)


def reject_line(reject: Row) -> str:
    """A row of the side output as one line of JSON."""
    return json.dumps(dict(zip(REJECT_FIELDS, reject, strict=True)), ensure_ascii=False)


@dataclass(frozen=True)
class EtlOptions:
    """What a run reads and writes; see config/README.md."""

    bootstrap_servers: str
    topic: str
    group_id: str
    offset: str
    database_url: str
    rejects_path: Path
    database_user: str = ""
    database_password: str = ""
    batch_size: int = 1000
    batch_interval_ms: int = 1000
    bounded: bool = False
    parallelism: int = 1
    jars: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(topic={self.topic!r}, database={without_secrets(self.database_url)!r})"

    @classmethod
    def from_config(cls, config: Config, bounded: bool = False, parallelism: int = 1) -> EtlOptions:
        """The options of config/config.yml.

        :raises ConfigError: if one is missing or makes no sense.
        """
        offset = config.text("kafka.offset")
        if offset not in OFFSETS:
            raise ConfigError(f"'kafka.offset' is '{offset}'; it has to be one of: {', '.join(OFFSETS)}")
        url = config.text("database.url")
        try:
            driver_of(url)
        except ValueError as error:
            raise ConfigError(f"'database.url': {error}") from None
        return cls(
            bootstrap_servers=config.text("kafka.bootstrap_servers"),
            topic=config.text("kafka.topic"),
            group_id=config.text("kafka.group_id"),
            offset=offset,
            database_url=url,
            rejects_path=Path(config.text("rejects.path")),
            database_user=config.text("database.user"),
            database_password=config.text("database.password"),
            batch_size=config.integer("database.batch_size"),
            batch_interval_ms=config.integer("database.batch_interval_ms"),
            bounded=bounded,
            parallelism=parallelism,
            jars=config.words("flink.jars"),
        )


OFFSETS: dict[str, Callable[[], KafkaOffsetsInitializer]] = {
    "earliest": KafkaOffsetsInitializer.earliest,
    "latest": KafkaOffsetsInitializer.latest,
    "committed": lambda: KafkaOffsetsInitializer.committed_offsets(KafkaOffsetResetStrategy.EARLIEST),
}
"""Where a run can start in the topic."""


def kafka_source(options: EtlOptions, isolation: str = "read_uncommitted") -> KafkaSource:
    """The topic as a stream of strings; with ``bounded`` it ends where the topic ends when the job starts.

    :param isolation: ``read_committed`` leaves out what a transaction has written that was not committed.
    """
    builder = (
        KafkaSource.builder()
        .set_bootstrap_servers(options.bootstrap_servers)
        .set_topics(options.topic)
        .set_group_id(options.group_id)
        .set_starting_offsets(OFFSETS[options.offset]())
        .set_value_only_deserializer(SimpleStringSchema())
        .set_property("isolation.level", isolation)
    )
    if options.bounded:
        builder = builder.set_bounded(KafkaOffsetsInitializer.latest())
    return builder.build()


def table_sink(options: EtlOptions, table: str, fields: list[str], key: list[str], row_type: RowTypeInfo) -> JdbcSink:
    """Writes rows to a table, replacing those that have the same key."""
    connection = (
        JdbcConnectionOptions.JdbcConnectionOptionsBuilder()
        .with_url(options.database_url)
        .with_driver_name(driver_of(options.database_url))
    )
    if options.database_user:
        connection = connection.with_user_name(options.database_user).with_password(options.database_password)
    execution = (
        JdbcExecutionOptions.builder()
        .with_batch_size(options.batch_size)
        .with_batch_interval_ms(options.batch_interval_ms)
        .with_max_retries(5)
        .build()
    )
    sql = upsert_sql(options.database_url, table, fields, key)
    return JdbcSink.sink(sql, row_type, connection.build(), execution)


def lines_sink(folder: Path, part_prefix: str) -> FileSink:
    """Writes each text as a line of ``folder/PREFIX….jsonl``."""
    files = OutputFileConfig.builder().with_part_prefix(part_prefix).with_part_suffix(".jsonl").build()
    sink: FileSink = (
        FileSink.for_row_format(str(folder), Encoder.simple_string_encoder())
        .with_bucket_assigner(BucketAssigner.base_path_bucket_assigner())
        .with_output_file_config(files)
        .build()
    )
    return sink


def run_etl(options: EtlOptions) -> EtlSummary:
    """Builds the job, runs it to its end, and tells what it did."""
    started = datetime.now(timezone.utc).replace(tzinfo=None)
    load_time = started.replace(microsecond=0)
    # Each run writes, and counts, files of its own.
    part_prefix = f"rejects-{started:%Y%m%dT%H%M%S%f}"
    create_tables(options.database_url)
    options.rejects_path.mkdir(parents=True, exist_ok=True)

    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(options.parallelism)
    # Every ten seconds the sinks make safe what they hold; then Kafka is told how far this group has read.
    env.enable_checkpointing(10_000)
    if options.jars:
        env.add_jars(*options.jars)

    messages = env.from_source(kafka_source(options), WatermarkStrategy.no_watermarks(), options.topic)
    orders = messages.process(ReadOrder()).name("read orders")

    headers = orders.map(lambda order: header_row(order, load_time), output_type=HEADER_TYPE).name("header rows")
    headers.add_sink(table_sink(options, "order_header", HEADER_FIELDS, ["order_id"], HEADER_TYPE)).name("order_header")

    lines = orders.flat_map(line_rows, output_type=LINE_TYPE).name("line rows")
    line_key = ["order_id", "line_no"]
    lines.add_sink(table_sink(options, "order_line", LINE_FIELDS, line_key, LINE_TYPE)).name("order_line")

    rejects = orders.get_side_output(REJECTED).map(reject_line, output_type=Types.STRING()).name("reject lines")
    rejects.sink_to(lines_sink(options.rejects_path, part_prefix)).name("rejects")

    result = env.execute("order ETL")
    return summarize(
        result,
        source=options.topic,
        database=sqlite_file(options.database_url) or without_secrets(options.database_url),
        rejects=sorted(options.rejects_path.glob(f"{part_prefix}*.jsonl")),
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Loads raw orders from Kafka into a database.")
    parser.add_argument("--bounded", action="store_true", help="end at the current end of the topic")
    parser.add_argument("--parallelism", type=int, default=1, help="subtasks of each operator (default: 1)")
    chosen = parser.parse_args(arguments)
    if chosen.parallelism < 1:
        parser.error(f"--parallelism is {chosen.parallelism}; it has to be at least 1")
    try:
        options = EtlOptions.from_config(load_config(), chosen.bounded, chosen.parallelism)
    except ConfigError as error:
        print(f"flink_order_etl: {error}", file=sys.stderr)
        return 2
    target = without_secrets(options.database_url)
    print(f"Orders from {options.topic} at {options.bootstrap_servers} into {target}")
    if sqlite_file(options.database_url) is None:
        print(f"The tables have to exist there; to create them: {how_to_create_tables(options.database_url)}")
    if not options.bounded:
        print("Press Ctrl-C to stop.")
    try:
        summary = run_etl(options)
    except KeyboardInterrupt:
        print("\nflink_order_etl: stopped by Ctrl-C; what was written stays, and can be read again", file=sys.stderr)
        return 130
    print(summary.describe())
    return 0


if __name__ == "__main__":
    sys.exit(main())
