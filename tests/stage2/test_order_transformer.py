"""Week 2's job from end to end: real brokers, real databases, tables and dead letters compared with what was sent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from stage1_basic_etl.order_producer import send_orders
from stage2_data_transformation import order_transformer
from stage2_data_transformation.order_transformer import TransformOptions, run_transform
from stage2_data_transformation.run import read_dead_letters
from tests.broker.clients import Clients
from tests.fixtures import execute
from tests.servers import Database
from tests.stage1.test_flink_order_etl import (
    HEADERS,
    LINES,
    expected_headers,
    expected_lines,
    in_sqlite,
    send,
)
from utils.config import Config, load_config
from utils.database import SQL_DIR, create_tables
from utils.order_generator import EXPECTED_REASON, BadKind, OrderGenerator
from utils.order_models import Order, parse_order
from utils.untidy_orders import UntidyOrderGenerator

ROOT = Path(__file__).resolve().parents[2]


def options(bootstrap_servers: str, topic: str, url: str, folder: Path, **changes: Any) -> TransformOptions:
    values = {"offset": "earliest", "group_id": f"transform-{topic}", "bounded": True, **changes}
    return TransformOptions(
        bootstrap_servers=bootstrap_servers,
        topic=topic,
        dead_letter_topic=f"{topic}-dead",
        database_url=url,
        rejects_path=folder / "log",
        **values,
    )


def meant(generator: UntidyOrderGenerator, count: int) -> list[Order]:
    """What the first orders say to a person; not by cleaning, but by the generator's word."""
    orders = [generator.meant(index) for index in range(count)]
    return [parse_order(json.dumps(order)) for order in orders if order is not None]


def log_of(files: tuple[Path, ...]) -> list[dict[str, Any]]:
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def topic_with_partitions(bootstrap_servers: str) -> str:
    with Clients(bootstrap_servers) as clients:
        return clients.topic("orders", partitions=3)


@pytest.mark.parametrize("parallelism", [1, 2])
def test_every_message_is_in_the_tables_or_a_dead_letter(
    bootstrap_servers: str, sqlite_url: str, tmp_path: Path, parallelism: int
) -> None:
    generator = UntidyOrderGenerator(seed=11, bad_share=0.2, untidy_share=0.3)
    topic = topic_with_partitions(bootstrap_servers)
    send_orders(bootstrap_servers, topic, 1000, generator)
    given = options(bootstrap_servers, topic, sqlite_url, tmp_path, parallelism=parallelism)
    summary = run_transform(given)

    orders = meant(generator, 1000)
    assert in_sqlite(tmp_path, HEADERS) == expected_headers(orders)
    assert in_sqlite(tmp_path, LINES) == expected_lines(orders)

    refused = {index for index in range(1000) if generator.meant(index) is None}
    letters = read_dead_letters(given)
    assert sorted(letter["raw"] for letter in letters) == sorted(generator.text(index) for index in refused)
    kinds = {generator.text(index): generator.kind(index) for index in refused}
    assert set(kinds.values()) == set(generator.kinds)
    for letter in letters:
        kind = kinds[letter["raw"]]
        assert kind is not None
        assert letter["reason"] == EXPECTED_REASON[kind].value
        unreadable = kind in (BadKind.MALFORMED_JSON, BadKind.EMPTY_PAYLOAD, BadKind.NOT_AN_OBJECT)
        assert letter["operator"] == ("read orders" if unreadable else "validate orders")
        assert letter["detail"]
        # Kafka's time of the message, and the time at which it was refused
        assert 1_700_000_000_000 < letter["ts"] <= letter["rejected_at"]

    etl = summary.etl
    assert (etl.read, etl.orders, etl.lines) == (1000, len(orders), len(expected_lines(orders)))
    assert etl.rejected == Counter(letter["reason"] for letter in letters)
    assert Counter((line["reason"], line["detail"]) for line in log_of(etl.rejects)) == Counter(
        (letter["reason"], letter["detail"]) for letter in letters
    )


def test_the_five_orders_of_the_course(embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    """By hand: 1003 says 75.25, its items 3 x 25.00 = 75.00; four headers with five lines are left.

    I001 49.99 x 1, I002 25 x 2 = 50.00, I003 149.50, I005 100 x 2 = 200.00, I006 299.99.
    """
    rows = [
        ("1001", 99.99, [("I001", 49.99, 1), ("I002", 25, 2)]),
        ("1002", 149.50, [("I003", 149.50, 1)]),
        ("1003", 75.25, [("I004", 25.00, 3)]),
        ("1004", 200, [("I005", 100, 2)]),
        ("1005", 299.99, [("I006", 299.99, 1)]),
    ]
    messages = [
        json.dumps(
            {
                "order_id": order_id,
                "user_id": 1,
                "amount": amount,
                "items": [{"id": id, "name": id, "price": price, "quantity": number} for id, price, number in items],
                "timestamp": "2024-01-01 10:00:00",
            }
        )
        for order_id, amount, items in rows
    ]
    send(embedded_broker, topic, messages)
    given = options(embedded_broker, topic, sqlite_url, tmp_path)
    summary = run_transform(given)
    assert [(row[0], str(row[2]), row[3]) for row in in_sqlite(tmp_path, HEADERS)] == [
        ("1001", "99.99", "pending"),
        ("1002", "149.50", "pending"),
        ("1004", "200.00", "pending"),
        ("1005", "299.99", "pending"),
    ]
    sales = (
        "SELECT item_id, sum(quantity), round(sum(line_amount), 2) FROM order_line GROUP BY item_id ORDER BY item_id"
    )
    assert in_sqlite(tmp_path, sales) == [
        ("I001", 1, 49.99),
        ("I002", 2, 50.0),
        ("I003", 1, 149.5),
        ("I005", 2, 200.0),
        ("I006", 1, 299.99),
    ]
    (letter,) = read_dead_letters(given)
    assert (letter["reason"], letter["detail"]) == ("amount_mismatch", "amount is 75.25, the items sum to 75.0")
    assert letter["raw"] == messages[2]
    assert summary.changes == {"status": 5}


def test_changes_are_logged_and_counted(embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    order = OrderGenerator(bad_share=0).order(0)
    untidy = {**order, "amount": f"{order['amount']:,.2f}", "status": order["status"].upper()}
    send(embedded_broker, topic, [json.dumps(order), json.dumps(untidy)])
    summary = run_transform(options(embedded_broker, topic, sqlite_url, tmp_path))
    assert summary.changes == {"amount": 1, "status": 1}
    assert log_of(summary.change_logs) == [
        {
            "order_id": order["order_id"],
            "field": "amount",
            "before": untidy["amount"],
            "after": f"{order['amount']:.2f}",
        },
        {
            "order_id": order["order_id"],
            "field": "status",
            "before": untidy["status"],
            "after": order["status"],
        },
    ]
    text = summary.describe()
    assert "cleaned   2 values" in text
    assert str(summary.change_logs[0]) in text


def test_bytes_that_no_string_can_hold(bootstrap_servers: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    """As in Flink, bytes that are not UTF-8 arrive as U+FFFD, and messages without a value are skipped."""
    order = json.dumps(OrderGenerator(bad_share=0).order(0), ensure_ascii=False)
    surrogate = json.dumps({"order_id": "1", "user_id": " \ud83d"})
    producer = Producer({"bootstrap.servers": bootstrap_servers})
    for value in (order.encode().replace(b"O0", b"O\xff", 1), None, surrogate.encode(), order.encode()):
        producer.produce(topic, value)
    assert producer.flush(30) == 0
    given = options(bootstrap_servers, topic, sqlite_url, tmp_path)
    summary = run_transform(given)
    assert len(in_sqlite(tmp_path, HEADERS)) == 1
    assert {letter["raw"]: letter["reason"] for letter in read_dead_letters(given)} == {
        order.replace("O0", "O\ufffd", 1): "invalid_utf8",
        surrogate: "missing_field",
    }
    assert summary.etl.read == 3


def test_dead_letters_can_be_repaired_and_sent_again(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    """The second run goes on behind the first, reads the one message that is new, and refuses nothing."""
    order = {**OrderGenerator(bad_share=0).order(0), "status": "lost"}
    send(embedded_broker, topic, [json.dumps(order)])
    given = options(embedded_broker, topic, sqlite_url, tmp_path, offset="committed")
    assert run_transform(given).etl.rejected == {"unknown_status": 1}
    (letter,) = read_dead_letters(given)
    send(embedded_broker, topic, [json.dumps({**json.loads(letter["raw"]), "status": "failed"})])
    again = run_transform(given)
    assert (again.etl.read, again.etl.rejected) == (1, {})
    assert [row[3] for row in in_sqlite(tmp_path, HEADERS)] == ["failed"]


def test_a_killed_job_that_is_started_again_misses_nothing(
    embedded_broker: str, sqlite_url: str, tmp_path: Path
) -> None:
    """At least once: each order is in the tables, each dead letter in the topic, some perhaps twice."""
    generator = UntidyOrderGenerator(seed=6, bad_share=0.1, untidy_share=0.1)
    topic = topic_with_partitions(embedded_broker)
    send_orders(embedded_broker, topic, 1000, generator)
    given = options(embedded_broker, topic, sqlite_url, tmp_path, offset="committed")
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": embedded_broker,
        "ORDER_TOPIC": topic,
        "ORDER_OFFSET": "committed",
        "TRANSFORM_GROUP_ID": given.group_id,
        "DEAD_LETTER_TOPIC": given.dead_letter_topic,
        "DATABASE_URL": sqlite_url,
        "DATABASE_BATCH_SIZE": "10",
        "DATABASE_BATCH_INTERVAL_MS": "10",
        "TRANSFORM_LOG_PATH": str(given.rejects_path),
    }
    create_tables(sqlite_url)
    job = subprocess.Popen(
        [sys.executable, ROOT / "stage2_data_transformation" / "order_transformer.py"],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + 60
        while not in_sqlite(tmp_path, HEADERS):
            assert job.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        job.kill()
        job.communicate()
    # what was on its way when the job died, and what came while it was away
    send(embedded_broker, topic, [generator.text(index) for index in range(1000, 1100)])
    run_transform(given)
    orders = meant(generator, 1100)
    assert in_sqlite(tmp_path, HEADERS) == expected_headers(orders)
    assert in_sqlite(tmp_path, LINES) == expected_lines(orders)
    refused = {generator.text(index) for index in range(1100) if generator.meant(index) is None}
    assert {letter["raw"] for letter in read_dead_letters(given)} == refused


@pytest.mark.parametrize("bootstrap_servers", ["kafka"], indirect=True)
def test_kafka_to_a_database_server(bootstrap_servers: str, topic: str, database: Database, tmp_path: Path) -> None:
    """Apache Kafka to MariaDB and PostgreSQL, dead letters to Apache Kafka."""
    script = "create_tables.postgres.sql" if database.kind == "postgresql" else "create_tables.sql"
    text = re.sub(r"--.*", "", (SQL_DIR / script).read_text(encoding="utf-8"))
    for statement in filter(str.strip, text.split(";")):
        execute(database, statement)
    generator = UntidyOrderGenerator(seed=5, bad_share=0.05, untidy_share=0.2)
    send_orders(bootstrap_servers, topic, 2000, generator)
    account = {"database_user": database.user, "database_password": database.password}
    given = options(bootstrap_servers, topic, database.plain_url, tmp_path, **account)
    summary = run_transform(given)
    orders = meant(generator, 2000)
    assert execute(database, HEADERS) == expected_headers(orders)
    assert execute(database, LINES) == expected_lines(orders)
    letters = Counter(letter["reason"] for letter in read_dead_letters(given))
    assert letters == Counter({reason.value: n for reason, n in generator.expected_reasons(2000).items()})
    assert (summary.etl.read, summary.etl.orders, summary.etl.rejected) == (2000, len(orders), letters)


def test_the_demo_runs_and_its_counts_agree(tmp_path: Path) -> None:
    demo = subprocess.run(
        [
            sys.executable,
            ROOT / "stage2_data_transformation" / "run.py",
            "--count",
            "2000",
            "--output",
            tmp_path / "out",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    refused = UntidyOrderGenerator(42, 0.02, 0.1).expected_reasons(2000).total()
    assert f"2,000 read = {2000 - refused:,} written + {refused} dead letters" in demo.stdout
    assert f"{tmp_path}/out/orders.db" in demo.stdout


def test_the_command_reads_the_configuration(
    embedded_broker: str,
    topic: str,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    generator = UntidyOrderGenerator(bad_share=0.1)
    send_orders(embedded_broker, topic, 100, generator)
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": embedded_broker,
        "ORDER_TOPIC": topic,
        "DEAD_LETTER_TOPIC": f"{topic}-elsewhere",
        "DATABASE_URL": sqlite_url,
        "TRANSFORM_LOG_PATH": str(tmp_path / "logs"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert order_transformer.main(["--bounded", "--parallelism", "2"]) == 0
    refused = generator.expected_reasons(100).total()
    printed = capsys.readouterr().out
    assert f"Dead letters to {topic}-elsewhere" in printed
    assert re.search(rf"rejected +{refused}  messages", printed)
    assert len(in_sqlite(tmp_path, HEADERS)) == 100 - refused
    given = TransformOptions.from_config(load_config())
    assert len(read_dead_letters(given)) == refused


def test_options_hide_the_password_and_differ_from_week_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    given = TransformOptions.from_config(load_config())
    assert (given.database_password, given.group_id) == ("secret", "order-transform")
    assert (given.dead_letter_topic, given.rejects_path) == ("order-dead-letter", Path("out/stage2/log"))
    assert "secret" not in repr(given) and "TransformOptions" in repr(given)


def test_configuration_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(order_transformer, "load_config", lambda: Config({"kafka": {"offset": "middle"}}))
    assert order_transformer.main(["--bounded"]) == 2
    assert "order_transformer: 'kafka.offset' is 'middle'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        order_transformer.main(["--parallelism", "0"])
