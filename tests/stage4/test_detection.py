"""Week 4's jobs from end to end: real brokers, real databases, table and topic compared with results by hand."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flott.common import Configuration, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from stage1_basic_etl.flink_order_etl import kafka_source
from stage1_basic_etl.order_producer import send_texts
from stage4_state_cep import detection, message_producer
from stage4_state_cep.anomaly import ANOMALY_FIELDS
from stage4_state_cep.detection import DetectionOptions, Detector, run_detection
from stage4_state_cep.order_anomaly_detector import find_anomalies
from stage4_state_cep.order_cep_processor import find_patterns, find_what_only_patterns_find
from stage4_state_cep.order_state_machine import find_illegal_transitions
from stage4_state_cep.order_timeout_detector import find_timeouts
from stage4_state_cep.order_watch import DETECTORS
from stage4_state_cep.results import (
    anomalies_in_sqlite,
    anomalies_in_topic,
    changes_in_logs,
    compare,
    is_wrong,
    purchases_in_logs,
)
from tests.broker.clients import Clients
from tests.fixtures import execute
from tests.servers import Database
from tests.stage1.test_flink_order_etl import send as send_messages
from tests.stage4.shop import at, message, moment, short
from utils.action_lives import ActionLives
from utils.config import Config, load_config
from utils.database import SQL_DIR
from utils.order_lives import OrderLives

ROOT = Path(__file__).resolve().parents[2]
EACH = Configuration().set_integer("flott.watermark-every", 1)
"""A watermark behind each message, not behind a thousand."""


def options(bootstrap_servers: str, topic: str, url: str, folder: Path, **changes: Any) -> DetectionOptions:
    values = {"offset": "earliest", "group_id": f"detection-{topic}", "bounded": True, **changes}
    return DetectionOptions(
        bootstrap_servers=bootstrap_servers,
        topic=topic,
        action_topic=f"{topic}-actions",
        anomaly_topic=f"{topic}-anomalies",
        database_url=url,
        rejects_path=folder / "log",
        checkpoint_path=folder / "checkpoints",
        **values,
    )


def send(bootstrap_servers: str, topic: str, messages: list[str], actions: Sequence[str] = ()) -> None:
    """Puts messages into the topic, and what users do into the other one."""
    send_messages(bootstrap_servers, topic, messages)
    send_messages(bootstrap_servers, f"{topic}-actions", list(actions) or [action("09:00", "view", "lamp", "Z")])


def action(time: str, what: str, order: str, user: str, amount: float = 10) -> str:
    fields = {"user_id": user, "action": what, "order_id": order, "amount": amount, "timestamp": at(time)}
    return json.dumps(fields)


def table(folder: Path) -> list[tuple[str, str, str, str, str]]:
    sql = f"SELECT {', '.join(ANOMALY_FIELDS)} FROM order_anomalies ORDER BY order_id, anomaly_type, event_time"
    with closing(sqlite3.connect(folder / "orders.db")) as connection:
        return [short(dict(zip(ANOMALY_FIELDS, row, strict=True))) for row in connection.execute(sql)]


def logged(folder: Path, kind: str) -> list[dict[str, Any]]:
    files = (folder / "log").glob(f"{kind}-*.jsonl")
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def in_topic(given: DetectionOptions) -> list[dict[str, Any]]:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    reader = options(given.bootstrap_servers, given.anomaly_topic, given.database_url, Path(), group_id="reader")
    stream = env.from_source(kafka_source(reader, "read_committed"), WatermarkStrategy.no_watermarks(), "anomalies")
    with stream.execute_and_collect() as texts:
        return [json.loads(text) for text in texts]


A_DAY = [
    message("good", "10:00", user="A"),
    message("good", "10:20", "PAID", user="A"),
    message("unpaid", "10:21", amount=99.99, user="B"),
    message("skips", "10:22", user="C"),
    message("skips", "10:30", "SHIPPED", user="C"),
    message("skips", "10:31", "CANCELLED", user="C"),
    message("good", "10:40", "SHIPPED", user="A"),
    message("large", "11:00", amount=10000.01, user="D"),
    message("large", "11:10", "PAID", amount=10000.01, user="D"),
    *(message(f"often{n}", f"12:00:{10 * n:02}", amount=1.5, user="E") for n in range(6)),
    *(message(f"often{n}", "12:05", "CANCELLED", amount=1.5, user="E") for n in range(6)),
]
UNPAID = ("unpaid", "payment_timeout", "10:51:00", "99.99", "placed at 2024-01-01 10:21:00, not paid within 30 minutes")
SKIPS = ("skips", "illegal_transition", "10:30:00", "10.00", "CREATED -> SHIPPED")
LARGE = ("large", "large_order", "11:00:00", "10000.01", "more than 10,000")
SIXTH = ("often5", "frequent_orders", "12:00:50", "1.50", "order 6 within a minute, since 2024-01-01 12:00:00")
# 6 * 1.50 = 9.00; ten minutes behind the last one
RUN_DETAIL = "6 orders from 2024-01-01 12:00:00 to 2024-01-01 12:00:50, 9.00 in all"
RUN = ("often5", "order_run", "12:10:50", "9.00", RUN_DETAIL)
# a payment that goes through at the fourth attempt, and an order that nobody pays for
ACTIONS = [
    *(action("10:00", "view", "lamp", "A"), action("10:05", "order", "lamp order", "A")),
    *(action(f"10:0{minute}", "pay_failed", "lamp order", "A") for minute in (6, 7, 8)),
    *(action("10:09", "pay", "lamp order", "A"), action("10:10", "view", "chair", "B")),
    action("10:15", "order", "chair order", "B", 25),
]
FAILURES_DETAIL = "paid after 3 payments that failed, since 2024-01-01 10:06:00"
FAILED = ("lamp order", "paid_after_failures", "10:09:00", "10.00", FAILURES_DETAIL)
# 30 minutes behind the look
UNDECIDED_DETAIL = "looked at 2024-01-01 10:10:00, ordered at 2024-01-01 10:15:00, not paid within 30 minutes"
UNDECIDED = ("chair order", "ordered_not_paid", "10:40:00", "25.00", UNDECIDED_DETAIL)
SIXTH_AS_PATTERN = (*SIXTH[:4], "6 orders within a minute, since 2024-01-01 12:00:00")


@pytest.mark.parametrize(
    ("detectors", "expected"),
    [
        ([find_illegal_transitions], [SKIPS]),
        ([find_timeouts], [UNPAID]),
        ([find_anomalies], [LARGE, SIXTH, RUN]),
        ([find_patterns], [SIXTH_AS_PATTERN, UNPAID, FAILED, UNDECIDED]),
        (DETECTORS, [LARGE, SIXTH, RUN, SKIPS, UNPAID, FAILED, UNDECIDED]),
    ],
    ids=["state machine", "timeouts", "anomalies", "patterns", "all"],
)
def test_a_day_of_the_shop(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path, detectors: list[Detector], expected: list[Any]
) -> None:
    send(embedded_broker, topic, A_DAY, ACTIONS)
    given = options(embedded_broker, topic, sqlite_url, tmp_path)
    summary = run_detection(given, detectors)
    assert table(tmp_path) == sorted(expected)
    assert sorted(map(short, in_topic(given))) == sorted(expected)
    patterns = find_patterns in detectors or find_what_only_patterns_find in detectors
    # the other topic is read where somebody asks for it
    assert summary.read == {topic: len(A_DAY), **({given.action_topic: len(ACTIONS)} if patterns else {})}
    assert (summary.rejected, summary.late, summary.duplicates) == ({}, 0, 0)
    assert [line["order_id"] for line in logged(tmp_path, "purchases")] == (["lamp order"] if patterns else [])
    assert summary.anomalies.total() == len(expected)
    if find_illegal_transitions in detectors:
        # 10 orders are created; one is paid and shipped, one is paid, seven are cancelled
        assert len(logged(tmp_path, "changes")) == 10 + 2 + 1 + 7


def test_reading_the_topic_again_changes_no_row(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    send(embedded_broker, topic, A_DAY)
    given = options(embedded_broker, topic, sqlite_url, tmp_path)
    for _ in range(2):
        run_detection(given, DETECTORS)
        assert table(tmp_path) == sorted([LARGE, SIXTH, RUN, SKIPS, UNPAID])


def test_messages_of_no_use_are_logged_with_the_reason(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    missing = json.loads(message("x", "10:00"))
    del missing["status"]
    bad = [message("x", "10:00", "LOST"), json.dumps(missing), message("x", "10:00", amount=0), "{", ""]
    send(embedded_broker, topic, [*bad, message("good", "10:00"), message("good", "10:01", "PAID")])
    summary = run_detection(options(embedded_broker, topic, sqlite_url, tmp_path), DETECTORS)
    assert {(line["reason"], line["detail"]) for line in logged(tmp_path, "rejected")} >= {
        ("unknown_status", "status is 'LOST'"),
        ("missing_field", "status"),
        ("amount_not_positive", "amount is 0"),
    }
    reasons = ("unknown_status", "missing_field", "amount_not_positive", "malformed_json", "empty_payload")
    assert summary.rejected == dict.fromkeys(reasons, 1)
    assert table(tmp_path) == []
    assert re.search(r"rejected +5  messages", summary.describe())


def test_messages_that_come_twice_late_or_in_the_wrong_order(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path
) -> None:
    """Within five seconds any order is right. What comes behind the watermark is set aside, and changes no state."""
    created, paid = message("a", "10:00:00"), message("a", "10:00:03", "PAID")
    send(embedded_broker, topic, [paid, created, created, message("b", "11:00"), message("a", "10:05", "SHIPPED")])
    summary = run_detection(options(embedded_broker, topic, sqlite_url, tmp_path), DETECTORS, configuration=EACH)
    # a: created and paid; b: created
    assert [(line["order_id"], line["to"]) for line in logged(tmp_path, "changes")] == [
        ("a", "CREATED"),
        ("a", "PAID"),
        ("b", "CREATED"),
    ]
    assert logged(tmp_path, "duplicates") == [
        {"twice": "message", "order_id": "a", "status": "CREATED", "timestamp": "2024-01-01 10:00:00"}
    ]
    assert [(line["late"], line["order_id"], line["status"]) for line in logged(tmp_path, "late")] == [
        ("message", "a", "SHIPPED")
    ]
    assert (summary.late, summary.duplicates) == (1, 1)
    # the end of the topic is the end of time: b was not paid
    assert [row[:3] for row in table(tmp_path)] == [("b", "payment_timeout", "11:30:00")]


@pytest.mark.parametrize("parallelism", [1, 3])
def test_what_the_generator_put_in_is_found(
    bootstrap_servers: str, sqlite_url: str, tmp_path: Path, parallelism: int
) -> None:
    lives = OrderLives(orders=600, seed=5, odd_share=0.2, bad_share=0.05, repeat_share=0.05, late_share=0.02)
    actions = ActionLives(visits=300, seed=5, odd_share=0.2, bad_share=0.05)
    with Clients(bootstrap_servers) as clients:
        topic, action_topic = (clients.topic(name, partitions=parallelism) for name in ("messages", "actions"))
    for to, texts in ((topic, lives), (action_topic, actions)):
        send_texts(bootstrap_servers, to, len(texts.texts), texts)
    given = options(bootstrap_servers, topic, sqlite_url, tmp_path, parallelism=parallelism)
    given = replace(given, action_topic=action_topic)
    summary = run_detection(given, DETECTORS, configuration=EACH)
    anomalies = lives.anomalies | actions.anomalies
    assert anomalies_in_sqlite(tmp_path / "orders.db") == anomalies
    assert not is_wrong(compare("anomalies", anomalies_in_topic(given), anomalies))
    assert not is_wrong(compare("purchases", purchases_in_logs(tmp_path / "log"), actions.purchases))
    assert not is_wrong(compare("changes", changes_in_logs(tmp_path / "log"), lives.changes))
    rejected = lives.rejected + actions.rejected
    assert summary.rejected == {reason.value: number for reason, number in rejected.items()}
    assert (summary.late, summary.duplicates) == (lives.late, lives.repeated)
    assert summary.anomalies == lives.kinds() + actions.kinds()


@pytest.mark.parametrize("bootstrap_servers", ["kafka"], indirect=True)
def test_kafka_to_a_database_server(bootstrap_servers: str, topic: str, database: Database, tmp_path: Path) -> None:
    """Apache Kafka to MariaDB and PostgreSQL; twice, so that rows are replaced there too."""
    script = "create_tables.postgres.sql" if database.kind == "postgresql" else "create_tables.sql"
    text = re.sub(r"--.*", "", (SQL_DIR / script).read_text(encoding="utf-8"))
    for statement in filter(str.strip, text.split(";")):
        execute(database, statement)
    send(bootstrap_servers, topic, A_DAY)
    account = {"database_user": database.user, "database_password": database.password}
    given = options(bootstrap_servers, topic, database.plain_url, tmp_path, **account)
    for _ in range(2):
        run_detection(given, DETECTORS)
    rows = execute(database, "SELECT order_id, anomaly_type, event_time, user_id, amount, detail FROM order_anomalies")
    assert sorted(rows) == [
        ("large", "large_order", moment("11:00"), "D", Decimal("10000.01"), LARGE[4]),
        ("often5", "frequent_orders", moment("12:00:50"), "E", Decimal("1.50"), SIXTH[4]),
        ("often5", "order_run", moment("12:10:50"), "E", Decimal("9.00"), RUN[4]),
        ("skips", "illegal_transition", moment("10:30"), "C", Decimal("10.00"), SKIPS[4]),
        ("unpaid", "payment_timeout", moment("10:51"), "B", Decimal("99.99"), UNPAID[4]),
    ]
    assert execute(database, "SELECT count(*) FROM order_anomalies WHERE detect_time IS NULL") == [(0,)]


def test_the_demo_runs_and_finds_what_was_put_in(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "stage4_state_cep" / "run.py", "--orders", "500", "--output", tmp_path / "out"]
    demo = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "All that was put in was found, once." in demo.stdout
    assert re.search(r"anomalies in the table: \d+ found, \d+ put in\n", demo.stdout)
    assert re.search(r"purchases in the logs: [1-9]\d* found", demo.stdout)
    assert re.search(r"[1-9]\d*  ordered not paid", demo.stdout)
    assert f"{tmp_path}/out/orders.db" in demo.stdout


@pytest.mark.parametrize(
    "script", ["order_state_machine", "order_anomaly_detector", "order_timeout_detector", "order_cep_processor"]
)
def test_each_script_is_a_command(
    embedded_broker: str, topic: str, sqlite_url: str, tmp_path: Path, script: str
) -> None:
    """Produced, run and stopped as the README says, with settings from the environment."""
    settings = {
        "KAFKA_BOOTSTRAP_SERVERS": embedded_broker,
        "ORDER_EVENTS_TOPIC": topic,
        "USER_ACTIONS_TOPIC": f"{topic}-actions",
        "ORDER_ANOMALIES_TOPIC": f"{topic}-anomalies",
        "DATABASE_URL": sqlite_url,
        "DETECTION_LOG_PATH": str(tmp_path / "log"),
        "DETECTION_CHECKPOINT_PATH": str(tmp_path / "checkpoints"),
    }
    send(embedded_broker, topic, A_DAY, ACTIONS)
    command = [sys.executable, ROOT / "stage4_state_cep" / f"{script}.py", "--bounded", "--parallelism", "2"]
    job = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60)
    assert job.returncode == 0, job.stdout + job.stderr
    expected = {
        "order_state_machine": [SKIPS],
        "order_anomaly_detector": [LARGE, SIXTH, RUN],
        "order_timeout_detector": [UNPAID],
        "order_cep_processor": [SIXTH_AS_PATTERN, UNPAID, FAILED, UNDECIDED],
    }[script]
    assert table(tmp_path) == sorted(expected)
    assert re.search(rf"found +{len(expected)}  anomalies", job.stdout)


def test_the_producer_says_what_it_sent(
    embedded_broker: str, topic: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", embedded_broker)
    monkeypatch.setenv("ORDER_EVENTS_TOPIC", topic)
    monkeypatch.setenv("USER_ACTIONS_TOPIC", f"{topic}-actions")
    assert message_producer.main(["--orders", "100", "--seed", "1"]) == 0
    # one user for three orders
    lives, actions = OrderLives(100, 1), ActionLives(34, 1)
    printed = capsys.readouterr().out
    assert printed.startswith(f"Sent {len(lives.texts)} messages")
    assert f"Sent {len(actions.texts)} messages" in printed
    for oddity, number in (lives.odd + actions.odd).items():
        assert f"{number}  {oddity.value}" in printed


def test_options_come_from_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "secret")
    monkeypatch.setenv("DETECTION_CHECKPOINT_INTERVAL_MS", "250")
    given = DetectionOptions.from_config(load_config())
    assert (given.topic, given.anomaly_topic, given.group_id) == ("order-events", "order-anomalies", "order-detection")
    assert given.action_topic == "user-actions"
    assert (given.out_of_order_ms, given.checkpoint_interval_ms) == (5000, 250)
    assert given.checkpoint_path == Path("out/stage4/checkpoints")
    assert "secret" not in repr(given) and "DetectionOptions" in repr(given)


def test_configuration_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DETECTION_CHECKPOINT_INTERVAL_MS", "0")
    assert detection.main("order_watch", DETECTORS, ["--bounded"]) == 2
    wrong = "order_watch: 'detection.checkpoint_interval_ms' is 0; it has to be 10 or more"
    assert wrong in capsys.readouterr().err
    monkeypatch.setattr(detection, "load_config", lambda: Config({}))
    assert detection.main("order_watch", DETECTORS, []) == 2
