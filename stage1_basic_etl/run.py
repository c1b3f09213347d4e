"""The whole first week in one go: a broker, 10,000 orders, the ETL, an SQLite file. ``make run`` starts this.

Nothing else has to run: the Kafka-compatible development broker that comes with Flott is started in this process, on
a free port and in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.broker import Broker
from stage1_basic_etl.etl_summary import EtlSummary, count_loaded
from stage1_basic_etl.flink_order_etl import EtlOptions, run_etl
from stage1_basic_etl.order_producer import Sent, send_orders
from utils.order_generator import EXPECTED_REASON, OrderGenerator

OUTPUT = Path(__file__).resolve().parents[1] / "out" / "stage1"
TOPIC = "order-raw"
PARTITIONS = 3


def run_demo(output: Path, count: int, bad_share: float = 0.01, seed: int = 42) -> tuple[Sent, EtlSummary]:
    """Sends orders to a broker of its own and loads them into ``output/orders.db``.

    What an earlier run left in ``output`` is replaced.
    """
    database, rejects = output / "orders.db", output / "rejects"
    for left in output.glob("orders.db*"):
        left.unlink()
    shutil.rmtree(rejects, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="flott-broker-") as data_dir, Broker(data_dir=data_dir) as broker:
        print(f"Broker    {broker.bootstrap_servers}, topic {TOPIC} with {PARTITIONS} partitions")
        broker.create_topic(TOPIC, PARTITIONS)
        sent = send_orders(broker.bootstrap_servers, TOPIC, count, OrderGenerator(seed, bad_share))
        print(f"\n{sent.describe()}\n\nLoading them into {database}", flush=True)
        summary = run_etl(
            EtlOptions(
                bootstrap_servers=broker.bootstrap_servers,
                topic=TOPIC,
                group_id="order-etl",
                offset="earliest",
                database_url=f"jdbc:sqlite:{database}",
                rejects_path=rejects,
                bounded=True,
            )
        )
    return sent, summary


def disagreements(sent: Sent, summary: EtlSummary) -> list[str]:
    """What does not add up between what was sent, what was counted on the way, and what is in the files."""
    assert isinstance(summary.database, Path)
    orders, lines = count_loaded(summary.database)
    rejected = summary.rejected.total()
    broken: Counter[str] = Counter()
    for kind, number in sent.broken.items():
        broken[EXPECTED_REASON[kind].value] += number
    checks: list[tuple[str, object, object]] = [
        ("messages read / sent", summary.read, sent.count),
        ("messages read / orders written and messages rejected", summary.read, (summary.orders or 0) + rejected),
        ("orders written / in the file", summary.orders, orders),
        ("lines written / in the file", summary.lines, lines),
        ("messages rejected / broken on purpose", dict(summary.rejected), dict(broken)),
    ]
    return [f"{what}: {left} / {right}" for what, left, right in checks if left != right]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Week 1 in one go: broker, producer, ETL, SQLite.")
    parser.add_argument("--count", type=int, default=10_000, help="how many orders (default: 10000)")
    parser.add_argument("--bad-share", type=float, default=0.01, help="share of broken orders (default: 0.01)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder (default: out/stage1)")
    options = parser.parse_args(arguments)
    if options.count < 1 or not 0 <= options.bad_share <= 1:
        parser.error("--count has to be at least 1 and --bad-share between 0 and 1")
    # A line a second on standard error while a job runs.
    os.environ.setdefault("FLOTT_PROGRESS", "1")
    try:
        sent, summary = run_demo(options.output.resolve(), options.count, options.bad_share)
    except KeyboardInterrupt:
        print("\nStopped by Ctrl-C.", file=sys.stderr)
        return 130
    print(f"\nSummary\n{summary.describe()}\n")
    problems = disagreements(sent, summary)
    if problems:
        print("The counts do not agree; this is a bug in Flott or in the course, please report it:", file=sys.stderr)
        print("\n".join(f"  {problem}" for problem in problems), file=sys.stderr)
        return 1
    rejected = summary.rejected.total()
    print(f"The counts agree: {summary.read:,} read = {summary.orders:,} written + {rejected:,} rejected.")
    print("Next: stage1_basic_etl/README.md shows how to look at the tables, and what to try.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
