"""The ETL from end to end: real brokers, real databases, the tables compared with what was sent."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from flott.common import SimpleStringSchema, Types
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.kafka import KafkaRecordSerializationSchema, KafkaSink
from stage1_basic_etl import flink_order_etl
from stage1_basic_etl.etl_summary import EtlSummary
from stage1_basic_etl.flink_order_etl import EtlOptions, run_etl
from stage1_basic_etl.order_producer import send_orders
from tests.fixtures import execute
from tests.servers import Database
from utils.config import Config, ConfigError
from utils.database import SQL_DIR, create_tables
from utils.order_generator import EXPECTED_REASON, BadKind, OrderGenerator
from utils.order_models import Order, parse_order, to_cents

ROOT = Path(__file__).resolve().parents[2]
HEADERS = "SELECT order_id, user_id, amount, status, order_time FROM order_header ORDER BY order_id"
LINES = (
    "SELECT order_id, line_no, item_id, name, price, quantity, line_amount FROM order_line ORDER BY order_id, line_no"
)


def options(bootstrap_servers: str, topic: str, url: str, folder: Path, **changes: Any) -> EtlOptions:
    values = {"offset": "earliest", "group_id": f"etl-{topic}", "bounded": True, **changes}
    return EtlOptions(
        bootstrap_servers=bootstrap_servers,
        topic=topic,
        database_url=url,
        rejects_path=folder / "rejects",
        **values,
    )


def send(bootstrap_servers: str, topic: str, messages: list[str]) -> None:
    """Puts these messages into the topic, in order."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    serializer = (
        KafkaRecordSerializationSchema.builder()
        .set_topic(topic)
        .set_value_serialization_schema(SimpleStringSchema())
        .build()
    )
    sink = KafkaSink.builder().set_bootstrap_servers(bootstrap_servers).set_record_serializer(serializer).build()
    env.from_collection(messages, Types.STRING()).sink_to(sink)
    env.execute()


def good_orders(generator: OrderGenerator, count: int) -> list[Order]:
    return [parse_order(generator.text(index)) for index in range(count) if generator.kind(index) is None]


def expected_headers(orders: list[Order]) -> list[tuple[str, str, Decimal, str, datetime]]:
    return [(o.order_id, o.user_id, to_cents(o.amount), o.status, o.order_time) for o in orders]


def expected_lines(orders: list[Order]) -> list[tuple[str, int, str, str | None, Decimal, int, Decimal]]:
    return [
        (order.order_id, number, item.id, item.name, to_cents(item.price), item.quantity, to_cents(item.line_amount))
        for order in orders
        for number, item in enumerate(order.items, start=1)
    ]


def in_sqlite(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the SQLite file with decimals and times as Python's own types, which SQLite has not."""

    def convert(name: str, value: Any) -> Any:
        if name in ("amount", "price", "line_amount"):
            return Decimal(str(value)).quantize(Decimal("0.01"))
        return datetime.fromisoformat(value) if name == "order_time" else value

    with closing(sqlite3.connect(folder / "orders.db")) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [tuple(convert(*pair) for pair in zip(names, row, strict=True)) for row in cursor]


def rejects(summary: EtlSummary) -> list[dict[str, Any]]:
    return [json.loads(line) for path in summary.rejects for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("parallelism", [1, 2])
def test_every_message_is_loaded_or_rejected(
    bootstrap_servers: str, topic: str, sqlite_url: str, tmp_path: Path, parallelism: int
) -> None:
    generator = OrderGenerator(seed=11, bad_share=0.1)
    send_orders(bootstrap_servers, topic, 1000, generator)
    summary = run_etl(options(bootstrap_servers, topic, sqlite_url, tmp_path, parallelism=parallelism))

    orders = good_orders(generator, 1000)
    assert in_sqlite(tmp_path, HEADERS) == expected_headers(orders)
    assert in_sqlite(tmp_path, LINES) == expected_lines(orders)

    broken = {generator.text(index): generator.kind(index) for index in range(1000) if generator.kind(index)}
    found = rejects(summary)
    assert sorted(reject["raw"] for reject in found) == sorted(
        generator.text(index) for index in range(1000) if generator.kind(index)
    )
    for reject in found:
        kind = broken[reject["raw"]]
        assert kind is not None
        assert reject["reason"] == EXPECTED_REASON[kind].value
        assert reject["detail"]

    reasons = Counter(EXPECTED_REASON[kind].value for kind in broken.values() if kind)
    assert set(summary.rejected) == set(reasons)
    assert (summary.read, summary.orders, summary.lines) == (1000, len(orders), len(expected_lines(orders)))
    assert summary.rejected.total() == 1000 - len(orders)


def test_the_five_orders_of_the_course(embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    """By hand: 1003 says 75.25 and its items 3 x 25 = 75, so four headers with five lines are left."""
    rows = [
        ("1001", 99.99, [("I001", 49.99, 1), ("I002", 25, 2)]),
        ("1002", 149.50, [("I003", 149.50, 1)]),
        ("1003", 75.25, [("I004", 25, 3)]),
        ("1004", 200, [("I005", 100, 2)]),
        ("1005", 299.99, [("I006", 299.99, 1)]),
    ]
    messages = [
        json.dumps(
            {
                "order_id": order_id,
                "user_id": "U1",
                "amount": amount,
                "status": "completed",
                "timestamp": "2024-01-01 10:00:00",
                "items": [{"id": id, "name": id, "price": price, "quantity": number} for id, price, number in items],
            }
        )
        for order_id, amount, items in rows
    ]
    send(embedded_broker, topic, messages)
    summary = run_etl(options(embedded_broker, topic, sqlite_url, tmp_path))
    assert [row[0] for row in in_sqlite(tmp_path, HEADERS)] == ["1001", "1002", "1004", "1005"]
    assert [(row[0], row[1], row[6]) for row in in_sqlite(tmp_path, LINES)] == [
        ("1001", 1, Decimal("49.99")),
        ("1001", 2, Decimal("50.00")),
        ("1002", 1, Decimal("149.50")),
        ("1004", 1, Decimal("200.00")),
        ("1005", 1, Decimal("299.99")),
    ]
    assert [(r["reason"], r["detail"]) for r in rejects(summary)] == [
        ("amount_mismatch", "amount is 75.25, the items sum to 75")
    ]


def test_reading_the_topic_again_leaves_the_same_tables(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    send_orders(embedded_broker, topic, 200, OrderGenerator(seed=2))
    tables = []
    for _ in range(2):
        summary = run_etl(options(embedded_broker, topic, sqlite_url, tmp_path))
        assert summary.read == 200
        tables.append((in_sqlite(tmp_path, HEADERS), in_sqlite(tmp_path, LINES)))
    assert tables[0] == tables[1]
    assert tables[0][0]


def test_a_later_version_of_an_order_wins(embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    order = OrderGenerator(bad_share=0).order(0)
    versions = [json.dumps({**order, "status": status}) for status in ("pending", "failed", "completed")]
    send(embedded_broker, topic, versions)
    run_etl(options(embedded_broker, topic, sqlite_url, tmp_path))
    assert [row[3] for row in in_sqlite(tmp_path, HEADERS)] == ["completed"]


def test_committed_offsets_are_where_the_next_run_starts(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    generator = OrderGenerator(bad_share=0)
    first = [generator.text(index) for index in range(30)]
    send(embedded_broker, topic, first)
    start = options(embedded_broker, topic, sqlite_url, tmp_path, offset="committed")
    assert run_etl(start).read == 30
    send(embedded_broker, topic, [generator.text(index) for index in range(30, 50)])
    assert run_etl(start).read == 20
    assert len(in_sqlite(tmp_path, HEADERS)) == 50


def test_bytes_that_no_string_can_hold(bootstrap_servers: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    """As in Flink, bytes that are not UTF-8 arrive as U+FFFD, and messages without a value are skipped."""
    generator = OrderGenerator(seed=9, bad_share=0.5, kinds=(BadKind.INVALID_UTF8, BadKind.NULL_PAYLOAD))
    producer = Producer({"bootstrap.servers": bootstrap_servers})
    for index in range(40):
        producer.produce(topic, generator.payload(index))
    assert producer.flush(30) == 0
    summary = run_etl(options(bootstrap_servers, topic, sqlite_url, tmp_path))
    kinds = generator.count_kinds(40)
    assert kinds[BadKind.INVALID_UTF8] and kinds[BadKind.NULL_PAYLOAD]
    assert summary.rejected == {"invalid_utf8": kinds[BadKind.INVALID_UTF8]}
    assert in_sqlite(tmp_path, HEADERS) == expected_headers(good_orders(generator, 40))
    assert summary.read == 40 - kinds[BadKind.NULL_PAYLOAD]


@pytest.mark.parametrize("bootstrap_servers", ["kafka"], indirect=True)
def test_kafka_to_a_database_server(bootstrap_servers: str, topic: str, database: Database, tmp_path: Path) -> None:
    """Apache Kafka to MariaDB and PostgreSQL: money, times, Chinese and emoji arrive as they were."""
    script = "create_tables.postgres.sql" if database.kind == "postgresql" else "create_tables.sql"
    text = re.sub(r"--.*", "", (SQL_DIR / script).read_text(encoding="utf-8"))
    for statement in filter(str.strip, text.split(";")):
        execute(database, statement)
    generator = OrderGenerator(seed=5, bad_share=0.02)
    send_orders(bootstrap_servers, topic, 2000, generator)
    summary = run_etl(
        options(
            bootstrap_servers,
            topic,
            database.plain_url,
            tmp_path,
            database_user=database.user,
            database_password=database.password,
        )
    )
    orders = good_orders(generator, 2000)
    assert execute(database, HEADERS) == expected_headers(orders)
    assert execute(database, LINES) == expected_lines(orders)
    assert (summary.read, summary.orders) == (2000, len(orders))


def test_ctrl_c_stops_an_endless_run_and_leaves_what_was_written(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    send_orders(embedded_broker, topic, 50, OrderGenerator(bad_share=0))
    create_tables(sqlite_url)
    names = {"KAFKA_BOOTSTRAP_SERVERS": embedded_broker, "ORDER_TOPIC": topic, "DATABASE_URL": sqlite_url}
    job = subprocess.Popen(
        [sys.executable, ROOT / "stage1_basic_etl" / "flink_order_etl.py"],
        env={**os.environ, **names, "REJECTS_PATH": str(tmp_path / "rejects"), "DATABASE_BATCH_INTERVAL_MS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while len(in_sqlite(tmp_path, HEADERS)) < 50:
            assert job.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        job.send_signal(signal.SIGINT)
        _, errors = job.communicate(timeout=30)
    finally:
        job.kill()
    assert job.returncode == 130, errors
    assert "stopped by Ctrl-C" in errors
    assert "Traceback" not in errors
    assert len(in_sqlite(tmp_path, HEADERS)) == 50


def test_a_broker_that_is_absent_is_named(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"127\.0\.0\.1:1\b"):
        run_etl(options("127.0.0.1:1", "order-raw", sqlite_url, tmp_path))


def test_the_demo_runs_and_its_counts_agree(tmp_path: Path) -> None:
    demo = subprocess.run(
        [sys.executable, ROOT / "stage1_basic_etl" / "run.py", "--count", "2000", "--output", tmp_path / "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    broken = OrderGenerator(42, 0.01).count_kinds(2000)
    good = 2000 - broken.total()
    assert f"2,000 read = {good:,} written + {broken.total()} rejected" in demo.stdout
    assert f"{tmp_path}/out/orders.db" in demo.stdout
    assert "records/s" in demo.stdout


def test_options_come_from_the_configuration_and_hide_the_password() -> None:
    values = {
        "kafka": {"bootstrap_servers": "k:9092", "topic": "t", "group_id": "g", "offset": "latest"},
        "database": {
            "url": "jdbc:mysql://me:hush@db/shop",
            "user": "u",
            "password": "${PASSWORD}",
            "batch_size": 7,
            "batch_interval_ms": 8,
        },
        "rejects": {"path": "r"},
        "flink": {"jars": ""},
    }
    found = EtlOptions.from_config(Config(values, environ={"PASSWORD": "secret"}))
    assert (found.database_password, found.batch_size, found.jars) == ("secret", 7, ())
    assert "secret" not in repr(found) and "hush" not in repr(found)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("ORDER_OFFSET", "middle", "'kafka.offset' is 'middle'; it has to be one of: earliest, latest, committed"),
        ("DATABASE_URL", "mysql://me:hush@db/shop", "the database URL has to start with one of"),
        ("DATABASE_BATCH_SIZE", "many", "'database.batch_size'"),
    ],
)
def test_configuration_that_makes_no_sense(
    variable: str,
    value: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)
    assert flink_order_etl.main(["--bounded"]) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert "hush" not in printed


def test_create_tables_needs_no_job(sqlite_url: str, tmp_path: Path) -> None:
    create_tables(sqlite_url)
    assert in_sqlite(tmp_path, HEADERS) == []
    assert in_sqlite(tmp_path, LINES) == []


def test_a_missing_section_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="kafka.offset"):
        EtlOptions.from_config(Config({}))
