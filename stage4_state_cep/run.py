"""The whole fourth week in one go: a broker, messages of 3,000 orders and of users, all detectors in one job, SQLite.

``make run STAGE=4``. Nothing else has to run: the Kafka-compatible development broker that comes with Flott is started
in this process, on a free port and in a temporary folder. What is found is compared with what the shop put in.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.broker import Broker
from flott.common import Configuration
from stage1_basic_etl.order_producer import send_texts
from stage4_state_cep.detection import DetectionOptions, run_detection
from stage4_state_cep.detection_summary import DetectionSummary
from stage4_state_cep.message_producer import describe, lives_of_shop
from stage4_state_cep.order_watch import DETECTORS
from stage4_state_cep.results import (
    anomalies_in_sqlite,
    anomalies_in_topic,
    changes_in_logs,
    compare,
    is_wrong,
    purchases_in_logs,
)
from utils.action_lives import ActionLives
from utils.order_lives import Found, OrderLives

OUTPUT = Path(__file__).resolve().parents[1] / "out" / "stage4"
TOPIC, ACTION_TOPIC, ANOMALY_TOPIC = "order-events", "user-actions", "order-anomalies"
PARTITIONS = 3


def run_demo(output: Path, lives: OrderLives, actions: ActionLives) -> tuple[DetectionSummary, list[Found]]:
    """Sends the messages to a broker of its own and looks for anomalies, into ``output/orders.db``.

    What an earlier run left in ``output`` is replaced. Returns the summary, and the anomalies in the topic.
    """
    database, log = output / "orders.db", output / "log"
    for left in output.glob("orders.db*"):
        left.unlink()
    for folder in (log, output / "checkpoints"):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="flott-broker-") as data_dir, Broker(data_dir=data_dir) as broker:
        print(f"Broker    {broker.bootstrap_servers}, topics {TOPIC} and {ACTION_TOPIC} with {PARTITIONS} partitions,")
        print(f"          {ANOMALY_TOPIC}\n")
        broker.create_topic(ANOMALY_TOPIC, 1)
        for topic, texts in ((TOPIC, lives), (ACTION_TOPIC, actions)):
            broker.create_topic(topic, PARTITIONS)
            seconds = send_texts(broker.bootstrap_servers, topic, len(texts.texts), texts)
            print(f"Sent {len(texts.texts):,} messages to {topic} in {seconds:.1f} s")
        print(f"{describe(lives, actions)}\n")
        print(f"Looking for anomalies, into {database}", flush=True)
        options = DetectionOptions(
            bootstrap_servers=broker.bootstrap_servers,
            topic=TOPIC,
            group_id="order-detection",
            offset="earliest",
            database_url=f"jdbc:sqlite:{database}",
            rejects_path=log,
            bounded=True,
            parallelism=PARTITIONS,
            action_topic=ACTION_TOPIC,
            anomaly_topic=ANOMALY_TOPIC,
            checkpoint_path=output / "checkpoints",
        )
        # A topic that is read at full speed gets a watermark a thousand records: here that is a quarter of an hour.
        often = Configuration().set_integer("flott.watermark-every", 10)
        summary = run_detection(options, DETECTORS, configuration=often)
        return summary, anomalies_in_topic(options)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Week 4 in one go: broker, producer, detectors, SQLite.")
    parser.add_argument("--orders", type=int, default=3000, help="how many orders (default: 3000)")
    parser.add_argument("--seed", type=int, default=42, help="the same seed sends the same messages (default: 42)")
    parser.add_argument("--odd-share", type=float, default=0.1, help="share of odd orders (default: 0.1)")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder (default: out/stage4)")
    options = parser.parse_args(arguments)
    try:
        lives, actions = lives_of_shop(options.orders, options.seed, options.odd_share)
    except ValueError as error:
        parser.error(str(error))
    # A line a second on standard error while a job runs.
    os.environ.setdefault("FLOTT_PROGRESS", "1")
    try:
        summary, in_topic = run_demo(options.output.resolve(), lives, actions)
    except KeyboardInterrupt:
        print("\nStopped by Ctrl-C.", file=sys.stderr)
        return 130
    print(f"\nSummary\n{summary.describe()}\n")
    assert isinstance(summary.database, Path)
    found = anomalies_in_sqlite(summary.database)
    anomalies = lives.anomalies | actions.anomalies
    broken = [reason.value for reason in (lives.rejected + actions.rejected).elements()]
    lines = [
        compare("anomalies in the table", found, anomalies),
        compare("anomalies in the topic", in_topic, anomalies),
        compare("changes in the logs", changes_in_logs(options.output / "log"), lives.changes),
        compare("purchases in the logs", purchases_in_logs(options.output / "log"), actions.purchases),
        compare("messages rejected", summary.rejected.elements(), broken),
        compare("messages late", ["late"] * summary.late, ["late"] * lives.late),
        compare("messages twice", ["twice"] * summary.duplicates, ["twice"] * lives.repeated),
    ]
    print("Found and put in\n" + "\n".join(f"  {line}" for line in lines))
    if any(map(is_wrong, lines)):
        print("\nThis is a bug in Flott or in the course, please report it.", file=sys.stderr)
        return 1
    print("\nAll that was put in was found, once.")
    print("Next: python stage4_state_cep/recovery_exercise.py kills a job in the middle, and nothing is lost.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
