"""Week 3's job from end to end: real brokers, real databases, tables and topic compared with figures made by hand."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flott.common import Configuration
from stage1_basic_etl.order_producer import send_orders
from stage3_window_statistics import order_statistics
from stage3_window_statistics.order_statistics import StatisticsOptions, run_statistics
from stage3_window_statistics.run import (
    expected_minutes,
    latest,
    minutes_in_sqlite,
    placed_orders,
    read_statistics,
)
from stage3_window_statistics.statistic import HOUR, MINUTE, PRODUCT, STATISTICS, STATUS, STATUS_CHANGE, USER, Statistic
from stage3_window_statistics.statistics_summary import StatisticsSummary
from tests.broker.clients import Clients
from tests.fixtures import execute
from tests.servers import Database
from tests.stage1.test_flink_order_etl import send
from tests.stage3.shop import at, message, moment, ten_orders
from utils.changing_orders import ChangingOrderGenerator
from utils.config import Config, load_config
from utils.database import SQL_DIR, create_tables

ROOT = Path(__file__).resolve().parents[2]
TABLES = [statistic for statistic in STATISTICS if statistic.table is not None]


def options(bootstrap_servers: str, topic: str, url: str, folder: Path, **changes: Any) -> StatisticsOptions:
    values = {"offset": "earliest", "group_id": f"statistics-{topic}", "bounded": True, **changes}
    return StatisticsOptions(
        bootstrap_servers=bootstrap_servers,
        topic=topic,
        statistics_topic=f"{topic}-statistics",
        database_url=url,
        rejects_path=folder / "log",
        **values,
    )


def topic_with_partitions(bootstrap_servers: str, partitions: int = 3) -> str:
    with Clients(bootstrap_servers) as clients:
        return clients.topic("orders", partitions=partitions)


def table(folder: Path, statistic: Statistic) -> list[tuple[Any, ...]]:
    """A table of the SQLite file, amounts as texts with two decimals, times without the day and the seconds."""
    sql = f"SELECT {', '.join(statistic.fields)} FROM {statistic.table} ORDER BY {', '.join(statistic.keys)}"
    with closing(sqlite3.connect(folder / "orders.db")) as connection:
        return [tuple(map(_short, statistic.fields, row)) for row in connection.execute(sql)]


def _short(field: str, value: Any) -> Any:
    if field.startswith("window"):
        return value[11:16]
    return f"{Decimal(str(value)):.2f}" if field in ("total_amount", "sales") else value


def late(summary: StatisticsSummary) -> list[dict[str, Any]]:
    files = [path for path in summary.logs if path.name.startswith("late")]
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_ten_orders_of_the_course(bootstrap_servers: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    """By hand, see tests/stage3/shop.py: 1954.70 in the hour, and each minute has one order."""
    send(bootstrap_servers, topic, ten_orders())
    given = options(bootstrap_servers, topic, sqlite_url, tmp_path)
    summary = run_statistics(given)
    assert table(tmp_path, HOUR) == [("10:00", "11:00", 10, "1954.70")]
    assert table(tmp_path, MINUTE)[:2] == [("10:00", "10:01", 1, "100.50"), ("10:05", "10:06", 1, "200.75")]
    assert [row[2] for row in table(tmp_path, MINUTE)] == [1] * 10
    assert [(row[0], *row[3:]) for row in table(tmp_path, USER)] == [
        ("1", 3, "590.75"),
        ("2", 2, "426.55"),
        ("3", 2, "426.15"),
        ("4", 1, "175.50"),
        ("5", 1, "125.30"),
        ("6", 1, "210.45"),
    ]
    assert [(row[0], row[3]) for row in table(tmp_path, STATUS)] == [("completed", 6), ("failed", 1), ("pending", 3)]

    messages = read_statistics(given)
    last = latest([message for message in messages if message["statistic"] == "hour"], HOUR.keys)
    assert list(last.values()) == [
        {
            "statistic": "hour",
            "window_start": at("10:00"),
            "window_end": at("11:00"),
            "order_count": 10,
            "total_amount": "1954.70",
        }
    ]
    assert (summary.read, summary.late, summary.rejected) == (10, 0, {})
    assert summary.results["minute"] == 10
    assert Counter(message["statistic"] for message in messages) == {k: n for k, n in summary.results.items() if n}


def test_reading_the_topic_again_changes_no_table(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    """Each message twice, and the job twice: rows are replaced, none is added, and no order counts twice."""
    items = [("I001", 49.99, 1), ("I002", 25, 2)]
    messages = [*ten_orders(), message("x", "10:50", 99.99, status="pending", items=items)]
    changes = [message("x", "10:51", 99.99, status="completed", items=items)]
    send(embedded_broker, topic, [*messages, *messages, *changes, *changes])
    given = options(embedded_broker, topic, sqlite_url, tmp_path)
    run_statistics(given)
    first = {statistic: table(tmp_path, statistic) for statistic in TABLES}
    run_statistics(given)
    assert {statistic: table(tmp_path, statistic) for statistic in TABLES} == first
    # 1954.70 + 99.99
    assert first[HOUR] == [("10:00", "11:00", 11, "2054.69")]
    assert first[PRODUCT] == [("I001", "10:00", "11:00", 1, "49.99"), ("I002", "10:00", "11:00", 2, "50.00")]
    assert first[STATUS_CHANGE] == [("pending", "completed", "10:51", "10:52", 1)]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_every_order_is_counted_once_or_logged_as_late(
    bootstrap_servers: str, sqlite_url: str, tmp_path: Path, parallelism: int
) -> None:
    """Updates, late, untidy and broken messages; one partition a subtask. Counted once more with plain dictionaries."""
    generator = ChangingOrderGenerator(seed=5, bad_share=0.05, untidy_share=0.1, update_share=0.2, late_share=0.05)
    topic = topic_with_partitions(bootstrap_servers, parallelism)
    send_orders(bootstrap_servers, topic, 2000, generator)
    given = options(bootstrap_servers, topic, sqlite_url, tmp_path, parallelism=parallelism)
    summary = run_statistics(given)

    too_late = late(summary)
    orders = placed_orders(generator, 2000)
    minutes = expected_minutes(orders, {line["order_id"] for line in too_late if line["late"] == "order"})
    assert minutes_in_sqlite(tmp_path / "orders.db") == minutes
    assert summary.late == len(too_late)
    assert summary.rejected == {reason.value: n for reason, n in generator.expected_reasons(2000).items()}
    # Each table has what its windows said last in the topic.
    messages = read_statistics(given)
    for statistic in TABLES:
        last = latest([m for m in messages if m["statistic"] == statistic.name], statistic.keys)
        amounts = [(*key, *(str(message[figure]) for figure in statistic.figures)) for key, message in last.items()]
        columns = [statistic.fields.index(field) for field in (*statistic.keys, *statistic.figures)]
        rows = [tuple(str(row[column]) for column in columns) for row in table(tmp_path, statistic)]
        keys = [i for i, field in enumerate(statistic.keys) if field.startswith("window")]
        assert rows == sorted(
            tuple(value[11:16] if i in keys else value for i, value in enumerate(row)) for row in amounts
        )


def test_too_late_orders_are_logged(embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path) -> None:
    """A watermark comes behind each message here, not behind a thousand: the late one stands behind that of 11:00."""
    send(embedded_broker, topic, [message("a", "10:00"), message("b", "11:00"), message("late", "10:30", 7.5)])
    each = Configuration().set_integer("flott.watermark-every", 1)
    summary = run_statistics(options(embedded_broker, topic, sqlite_url, tmp_path), each)
    assert late(summary) == [
        {
            "late": "order",
            "order_id": "late",
            "user_id": "U1",
            "amount": "7.5",
            "status": "completed",
            "timestamp": at("10:30"),
        }
    ]
    assert summary.late == 1
    assert table(tmp_path, MINUTE) == [("10:00", "10:01", 1, "10.00"), ("11:00", "11:01", 1, "10.00")]
    assert re.search(r"late +1  messages, too late to be counted", summary.describe())


def test_results_come_while_the_topic_goes_on(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    """An unbounded job: a minute is in the table as soon as a later order has closed it; Ctrl-C leaves it there."""
    send(embedded_broker, topic, [message("a", "10:00:30", 1.5), message("b", "10:05")])
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": embedded_broker,
        "ORDER_TOPIC": topic,
        "STATISTICS_TOPIC": f"{topic}-statistics",
        "STATISTICS_LOG_PATH": str(tmp_path / "log"),
        "DATABASE_URL": sqlite_url,
        "DATABASE_BATCH_INTERVAL_MS": "10",
    }
    create_tables(sqlite_url)
    job = subprocess.Popen(
        [sys.executable, ROOT / "stage3_window_statistics" / "order_statistics.py"],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while table(tmp_path, MINUTE) != [("10:00", "10:01", 1, "1.50")]:
            assert job.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        send(embedded_broker, topic, [message("late", "10:00:40", 1), message("c", "10:10")])
        while ("10:05", "10:06", 1, "10.00") not in table(tmp_path, MINUTE):
            assert job.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        job.send_signal(2)
        printed, _ = job.communicate(timeout=60)
    finally:
        job.kill()
        job.communicate()
    assert job.returncode == 130, printed
    assert "stopped by Ctrl-C" in printed
    assert table(tmp_path, MINUTE) == [("10:00", "10:01", 1, "1.50"), ("10:05", "10:06", 1, "10.00")]


@pytest.mark.parametrize("bootstrap_servers", ["kafka"], indirect=True)
def test_kafka_to_a_database_server(bootstrap_servers: str, topic: str, database: Database, tmp_path: Path) -> None:
    """Apache Kafka to MariaDB and PostgreSQL; twice, so that rows are replaced there too."""
    script = "create_tables.postgres.sql" if database.kind == "postgresql" else "create_tables.sql"
    text = re.sub(r"--.*", "", (SQL_DIR / script).read_text(encoding="utf-8"))
    for statement in filter(str.strip, text.split(";")):
        execute(database, statement)
    items = [("I001", 49.99, 1), ("I002", 25, 2)]
    changing = [
        message("x", f"12:0{n}", 99.99, status=status, items=items) for n, status in enumerate(("pending", "failed"))
    ]
    send(bootstrap_servers, topic, [*ten_orders(), *changing])
    account = {"database_user": database.user, "database_password": database.password}
    given = options(bootstrap_servers, topic, database.plain_url, tmp_path, **account)
    for _ in range(2):
        run_statistics(given)
    ten, twelve = ((moment(f"{hour}:00"), moment(f"{hour + 1}:00")) for hour in (10, 12))
    assert execute(database, "SELECT * FROM order_statistics_hour ORDER BY window_start") == [
        (*ten, 10, Decimal("1954.70")),
        (*twelve, 1, Decimal("99.99")),
    ]
    assert execute(database, "SELECT count(*) FROM order_statistics_minute") == [(11,)]
    assert execute(database, "SELECT * FROM order_statistics_user ORDER BY user_id")[0] == (
        "1",
        *ten,
        3,
        Decimal("590.75"),
    )
    assert execute(database, "SELECT * FROM order_statistics_product ORDER BY item_id") == [
        ("I001", *twelve, 1, Decimal("49.99")),
        ("I002", *twelve, 2, Decimal("50.00")),
    ]
    assert execute(database, "SELECT status, order_count FROM order_statistics_status ORDER BY 1, 2") == [
        ("completed", 6),
        ("failed", 1),
        ("pending", 1),
        ("pending", 3),
    ]
    assert execute(database, "SELECT * FROM order_statistics_status_change") == [
        ("pending", "failed", moment("12:01"), moment("12:02"), 1)
    ]


def test_the_demo_runs_and_its_counts_agree(tmp_path: Path) -> None:
    demo = subprocess.run(
        [sys.executable, ROOT / "stage3_window_statistics" / "run.py", "--count", "2000", "--output", tmp_path / "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    # 2000 messages, one every two seconds from 10:00 on: 66 minutes and 40 seconds
    assert re.search(r"The counts agree: 6\d minutes", demo.stdout)
    assert f"{tmp_path}/out/orders.db" in demo.stdout


def test_the_command_reads_the_configuration(
    embedded_broker: str,
    topic: str,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    send(embedded_broker, topic, [*ten_orders(), "{"])
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": embedded_broker,
        "ORDER_TOPIC": topic,
        "STATISTICS_TOPIC": f"{topic}-elsewhere",
        "DATABASE_URL": sqlite_url,
        "STATISTICS_LOG_PATH": str(tmp_path / "logs"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert order_statistics.main(["--bounded", "--parallelism", "2"]) == 0
    printed = capsys.readouterr().out
    assert f"Statistics to {topic}-elsewhere" in printed
    assert re.search(r"read +11  messages", printed)
    assert re.search(r"1  malformed json", printed)
    assert re.search(r"results +10  minute", printed)
    given = StatisticsOptions.from_config(load_config())
    assert len([message for message in read_statistics(given) if message["statistic"] == "minute"]) == 10
    assert list((tmp_path / "logs").glob("rejected-*.jsonl"))


def test_options_come_from_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    monkeypatch.setenv("STATISTICS_OUT_OF_ORDER_MS", "7000")
    given = StatisticsOptions.from_config(load_config())
    assert (given.statistics_topic, given.group_id) == ("order-statistics", "order-statistics")
    assert (given.out_of_order_ms, given.allowed_lateness_ms) == (7000, 60_000)
    assert given.rejects_path == Path("out/stage3/log")
    assert "secret" not in repr(given) and "StatisticsOptions" in repr(given)


def test_configuration_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("STATISTICS_ALLOWED_LATENESS_MS", "-1")
    assert order_statistics.main(["--bounded"]) == 2
    wrong = "order_statistics: 'statistics.allowed_lateness_ms' is -1; it has to be 0 or more"
    assert wrong in capsys.readouterr().err
    monkeypatch.setattr(order_statistics, "load_config", lambda: Config({"kafka": {"offset": "middle"}}))
    assert order_statistics.main(["--bounded"]) == 2
    with pytest.raises(SystemExit):
        order_statistics.main(["--parallelism", "0"])
