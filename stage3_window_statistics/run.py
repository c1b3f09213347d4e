"""The whole third week in one go: a broker, 10,000 messages, the windows, an SQLite file. ``make run STAGE=3``.

Nothing else has to run: the Kafka-compatible development broker that comes with Flott is started in this process, on
a free port and in a temporary folder. What the windows count is counted once more here, with plain dictionaries.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.broker import Broker
from flott.common import Configuration, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from stage1_basic_etl.flink_order_etl import kafka_source
from stage1_basic_etl.order_producer import Sent, send_orders
from stage3_window_statistics.order_statistics import StatisticsOptions, run_statistics
from stage3_window_statistics.statistic import MINUTE, STATISTICS
from stage3_window_statistics.statistics_summary import StatisticsSummary
from stage3_window_statistics.window_aggregators import cents_of
from utils.changing_orders import ChangingOrderGenerator
from utils.order_models import Order, parse_order

OUTPUT = Path(__file__).resolve().parents[1] / "out" / "stage3"
TOPIC, STATISTICS_TOPIC = "order-raw", "order-statistics"
PARTITIONS = 3

Totals = dict[str, tuple[int, int]]
"""By the start of the window: how many orders, and how many cents."""


def read_statistics(options: StatisticsOptions) -> list[dict[str, Any]]:
    """Everything that is in the topic for statistics now, in the order of the topic."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    topic = options.statistics_topic
    source = kafka_source(replace(options, topic=topic, group_id=f"{topic}-reader", offset="earliest", bounded=True))
    messages = env.from_source(source, WatermarkStrategy.no_watermarks(), topic)
    return [json.loads(message) for message in messages.execute_and_collect()]


def latest(messages: list[dict[str, Any]], fields: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, Any]]:
    """The last message for each value of the fields: what a window says in the end."""
    return {tuple(message[field] for field in fields): message for message in messages}


def placed_orders(generator: ChangingOrderGenerator, count: int) -> list[Order]:
    """Each order once, as its earliest message has it; without those that are broken beyond repair."""
    orders: dict[str, Order] = {}
    for index in range(count):
        fields = generator.meant(index)
        if fields is not None:
            order = parse_order(json.dumps(fields))
            known = orders.setdefault(order.order_id, order)
            if order.order_time < known.order_time:
                orders[order.order_id] = order
    return list(orders.values())


def expected_minutes(orders: list[Order], late: set[str]) -> Totals:
    """What each minute has to say: all of its orders but those that came too late for it."""
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for order in orders:
        if order.order_id not in late:
            total = totals[f"{order.order_time:%Y-%m-%d %H:%M}:00"]
            total[0] += 1
            total[1] += cents_of(order.amount)
    return {start: (number, cents) for start, (number, cents) in totals.items()}


def minutes_in_sqlite(database: Path) -> Totals:
    """What the table of minutes says."""
    sql = "SELECT window_start, order_count, total_amount FROM order_statistics_minute"
    with closing(sqlite3.connect(database)) as connection:
        return {
            f"{datetime.fromisoformat(start)}": (number, cents_of(Decimal(str(amount))))
            for start, number, amount in connection.execute(sql)
        }


def run_demo(
    output: Path, count: int, generator: ChangingOrderGenerator
) -> tuple[Sent, StatisticsSummary, list[dict[str, Any]]]:
    """Sends orders to a broker of its own, counts them into ``output/orders.db``, and reads the statistics back.

    What an earlier run left in ``output`` is replaced.
    """
    database, log = output / "orders.db", output / "log"
    for left in output.glob("orders.db*"):
        left.unlink()
    shutil.rmtree(log, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="flott-broker-") as data_dir, Broker(data_dir=data_dir) as broker:
        print(f"Broker    {broker.bootstrap_servers}, topics {TOPIC} with {PARTITIONS} partitions, {STATISTICS_TOPIC}")
        broker.create_topic(TOPIC, PARTITIONS)
        broker.create_topic(STATISTICS_TOPIC, 1)
        sent = send_orders(broker.bootstrap_servers, TOPIC, count, generator)
        print(f"\n{sent.describe()}\n\nCounting them into {database}", flush=True)
        options = StatisticsOptions(
            bootstrap_servers=broker.bootstrap_servers,
            topic=TOPIC,
            group_id="order-statistics",
            offset="earliest",
            database_url=f"jdbc:sqlite:{database}",
            rejects_path=log,
            bounded=True,
            parallelism=PARTITIONS,
            statistics_topic=STATISTICS_TOPIC,
        )
        # A topic that is read at full speed gets a watermark a thousand records: here that is half an hour.
        often = Configuration().set_integer("flott.watermark-every", 10)
        summary = run_statistics(options, often)
        return sent, summary, read_statistics(options)


def disagreements(
    sent: Sent, summary: StatisticsSummary, messages: list[dict[str, Any]], generator: ChangingOrderGenerator
) -> list[str]:
    """What does not add up between what was sent, what the windows said, and what has arrived."""
    assert isinstance(summary.database, Path)
    lines = [line for path in summary.logs if path.name.startswith("late") for line in path.open(encoding="utf-8")]
    orders = placed_orders(generator, sent.count)
    late = {late["order_id"] for late in map(json.loads, lines) if late["late"] == "order"}
    minutes = expected_minutes(orders, late)
    in_topic = {
        key: (message["order_count"], cents_of(Decimal(message["total_amount"])))
        for (key,), message in latest([m for m in messages if m["statistic"] == MINUTE.name], MINUTE.keys).items()
    }
    refused = Counter({reason.value: number for reason, number in generator.expected_reasons(sent.count).items()})
    counts = {s.name: number for s in STATISTICS if (number := summary.results.get(s.name, 0))}
    checks: list[tuple[str, object, object]] = [
        ("messages read / sent", summary.read, sent.count),
        ("messages rejected / broken beyond repair", dict(summary.rejected), dict(refused)),
        ("minutes in the table / counted by hand", minutes_in_sqlite(summary.database), minutes),
        ("minutes in the topic / counted by hand", in_topic, minutes),
        ("results in the topic / counted on the way", dict(Counter(m["statistic"] for m in messages)), counts),
    ]
    return [f"{what}: {left} / {right}" for what, left, right in checks if left != right]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Week 3 in one go: broker, producer, windows, SQLite.")
    parser.add_argument("--count", type=int, default=10_000, help="how many messages (default: 10000)")
    parser.add_argument("--update-share", type=float, default=0.15, help="share of status changes (default: 0.15)")
    parser.add_argument("--late-share", type=float, default=0.02, help="share of late orders (default: 0.02)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder (default: out/stage3)")
    options = parser.parse_args(arguments)
    if options.count < 1 or not 0 <= options.update_share <= 1 or not 0 <= options.late_share <= 1:
        parser.error("--count has to be at least 1, --update-share and --late-share between 0 and 1")
    # A line a second on standard error while a job runs.
    os.environ.setdefault("FLOTT_PROGRESS", "1")
    generator = ChangingOrderGenerator(update_share=options.update_share, late_share=options.late_share)
    try:
        sent, summary, messages = run_demo(options.output.resolve(), options.count, generator)
    except KeyboardInterrupt:
        print("\nStopped by Ctrl-C.", file=sys.stderr)
        return 130
    print(f"\nSummary\n{summary.describe()}\n")
    print("The last hours")
    hours = latest([message for message in messages if message["statistic"] == "hour"], ("window_start",))
    for (start,), hour in sorted(hours.items())[-3:]:
        print(f"  {start}  {hour['order_count']:>6,} orders  {Decimal(hour['total_amount']):>16,.2f}")
    problems = disagreements(sent, summary, messages, generator)
    if problems:
        print("\nThe counts do not agree; this is a bug in Flott or in the course, please report it:", file=sys.stderr)
        print("\n".join(f"  {problem}" for problem in problems), file=sys.stderr)
        return 1
    assert isinstance(summary.database, Path)
    minutes = len(minutes_in_sqlite(summary.database))
    print(f"\nThe counts agree: {minutes:,} minutes, in the table, in the topic, and counted by hand.")
    print("Next: python stage3_window_statistics/real_time_dashboard.py --demo shows them as they come.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
