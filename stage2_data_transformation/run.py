"""The whole second week in one go: a broker, 10,000 orders, the job, an SQLite file. ``make run STAGE=2`` starts this.

Nothing else has to run: the Kafka-compatible development broker that comes with Flott is started in this process, on
a free port and in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.broker import Broker
from flott.common import WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from stage1_basic_etl.etl_summary import count_loaded
from stage1_basic_etl.flink_order_etl import kafka_source
from stage1_basic_etl.order_producer import Sent, send_orders
from stage2_data_transformation.order_transformer import TransformOptions, run_transform
from stage2_data_transformation.transform_summary import TransformSummary
from utils.untidy_orders import UntidyOrderGenerator

OUTPUT = Path(__file__).resolve().parents[1] / "out" / "stage2"
TOPIC, DEAD_LETTERS = "order-raw", "order-dead-letter"
PARTITIONS = 3


def read_dead_letters(options: TransformOptions) -> list[dict[str, Any]]:
    """Everything that is in the dead-letter topic now."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    topic = options.dead_letter_topic
    source = kafka_source(replace(options, topic=topic, group_id=f"{topic}-reader", offset="earliest", bounded=True))
    letters = env.from_source(source, WatermarkStrategy.no_watermarks(), topic)
    return [json.loads(letter) for letter in letters.execute_and_collect()]


def run_demo(
    output: Path, count: int, generator: UntidyOrderGenerator
) -> tuple[Sent, TransformSummary, list[dict[str, Any]]]:
    """Sends orders to a broker of its own, brings them into ``output/orders.db``, and reads the dead letters back.

    What an earlier run left in ``output`` is replaced.
    """
    database, log = output / "orders.db", output / "log"
    for left in output.glob("orders.db*"):
        left.unlink()
    shutil.rmtree(log, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="flott-broker-") as data_dir, Broker(data_dir=data_dir) as broker:
        print(f"Broker    {broker.bootstrap_servers}, topics {TOPIC} with {PARTITIONS} partitions and {DEAD_LETTERS}")
        broker.create_topic(TOPIC, PARTITIONS)
        broker.create_topic(DEAD_LETTERS, 1)
        sent = send_orders(broker.bootstrap_servers, TOPIC, count, generator)
        untidy = generator.count_untidy(count)
        print(f"\n{sent.describe()}\nand {untidy.total():,} badly written")
        print("\n".join(f"  {number:>6,}  {kind.value}" for kind, number in untidy.most_common()))
        print(f"\nBringing them into {database}", flush=True)
        options = TransformOptions(
            bootstrap_servers=broker.bootstrap_servers,
            topic=TOPIC,
            group_id="order-transform",
            offset="earliest",
            database_url=f"jdbc:sqlite:{database}",
            rejects_path=log,
            bounded=True,
            dead_letter_topic=DEAD_LETTERS,
        )
        summary = run_transform(options)
        return sent, summary, read_dead_letters(options)


def disagreements(
    sent: Sent, summary: TransformSummary, letters: list[dict[str, Any]], generator: UntidyOrderGenerator
) -> list[str]:
    """What does not add up between what was sent, what was counted on the way, and what has arrived."""
    etl = summary.etl
    assert isinstance(etl.database, Path)
    orders, lines = count_loaded(etl.database)
    expected = Counter({reason.value: n for reason, n in generator.expected_reasons(sent.count).items()})
    checks: list[tuple[str, object, object]] = [
        ("messages read / sent", etl.read, sent.count),
        ("messages read / orders written and messages rejected", etl.read, (etl.orders or 0) + etl.rejected.total()),
        ("orders written / in the file", etl.orders, orders),
        ("lines written / in the file", etl.lines, lines),
        ("messages rejected / broken beyond repair", dict(etl.rejected), dict(expected)),
        ("dead letters / messages rejected", dict(Counter(letter["reason"] for letter in letters)), dict(etl.rejected)),
    ]
    return [f"{what}: {left} / {right}" for what, left, right in checks if left != right]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Week 2 in one go: broker, producer, transformation, SQLite.")
    parser.add_argument("--count", type=int, default=10_000, help="how many orders (default: 10000)")
    parser.add_argument("--bad-share", type=float, default=0.02, help="share of broken orders (default: 0.02)")
    parser.add_argument("--untidy-share", type=float, default=0.1, help="share of badly written ones (default: 0.1)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder (default: out/stage2)")
    options = parser.parse_args(arguments)
    if options.count < 1 or not 0 <= options.bad_share <= 1 or not 0 <= options.untidy_share <= 1:
        parser.error("--count has to be at least 1, --bad-share and --untidy-share between 0 and 1")
    # A line a second on standard error while a job runs.
    os.environ.setdefault("FLOTT_PROGRESS", "1")
    generator = UntidyOrderGenerator(bad_share=options.bad_share, untidy_share=options.untidy_share)
    try:
        sent, summary, letters = run_demo(options.output.resolve(), options.count, generator)
    except KeyboardInterrupt:
        print("\nStopped by Ctrl-C.", file=sys.stderr)
        return 130
    print(f"\nSummary\n{summary.describe()}\n")
    if letters:
        print(f"One of the dead letters\n  {json.dumps(letters[0], ensure_ascii=False)}\n")
    problems = disagreements(sent, summary, letters, generator)
    if problems:
        print("The counts do not agree; this is a bug in Flott or in the course, please report it:", file=sys.stderr)
        print("\n".join(f"  {problem}" for problem in problems), file=sys.stderr)
        return 1
    etl = summary.etl
    print(f"The counts agree: {etl.read:,} read = {etl.orders:,} written + {len(letters):,} dead letters.")
    print("Next: stage2_data_transformation/README.md shows how to look at the result, and what to try.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
