"""What was found, beside what the shop put in: nothing lost, nothing twice?

python stage4_state_cep/results.py --orders 3000
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Hashable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.common import WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from stage1_basic_etl.flink_order_etl import kafka_source
from stage4_state_cep.detection import DetectionOptions
from stage4_state_cep.message_producer import lives_of_shop
from utils.config import ConfigError, load_config
from utils.database import sqlite_file
from utils.order_lives import Change, Found


def anomalies_in_sqlite(database: Path) -> set[Found]:
    """The keys of the table's rows: order, kind, time."""
    sql = "SELECT order_id, anomaly_type, event_time FROM order_anomalies"
    with closing(sqlite3.connect(database)) as connection:
        return {(order, kind, datetime.fromisoformat(time)) for order, kind, time in connection.execute(sql)}


def anomalies_in_topic(options: DetectionOptions) -> list[Found]:
    """The same of all messages that are in the topic now, and committed."""
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    topic = options.anomaly_topic
    reader = replace(options, topic=topic, group_id=f"{topic}-reader", offset="earliest", bounded=True)
    source = kafka_source(reader, isolation="read_committed")
    messages = map(json.loads, env.from_source(source, WatermarkStrategy.no_watermarks(), topic).execute_and_collect())
    return [(m["order_id"], m["anomaly_type"], datetime.fromisoformat(m["event_time"])) for m in messages]


def changes_in_logs(folder: Path) -> list[Change]:
    """What the state machine logged, in all runs; files that are not finished are hidden, and do not count."""
    lines = _logged(folder, "changes")
    return [(line["order_id"], line["from"], line["to"], datetime.fromisoformat(line["time"])) for line in lines]


def purchases_in_logs(folder: Path) -> list[tuple[str, datetime]]:
    """The purchases that patterns found: order, time."""
    return [(line["order_id"], datetime.fromisoformat(line["time"])) for line in _logged(folder, "purchases")]


def _logged(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for path in folder.glob(f"{kind}-*.jsonl") for line in path.open(encoding="utf-8")]


def compare(what: str, found: Iterable[Hashable], expected: Iterable[Hashable]) -> str:
    """One line: how many there are of each, and where they are not the same ones, how many are lost, or too many.

    >>> compare("letters", "aabd", "abc")
    'letters: 4 found, 3 put in, 1 LOST, 2 TOO MANY'
    """
    counted, wanted = Counter(found), Counter(expected)
    line = f"{what}: {counted.total():,} found, {wanted.total():,} put in"
    lost, more = (wanted - counted).total(), (counted - wanted).total()
    return line + (f", {lost:,} LOST" if lost else "") + (f", {more:,} TOO MANY" if more else "")


def is_wrong(line: str) -> bool:
    """Whether the line of a comparison tells of a difference."""
    return "LOST" in line or "TOO MANY" in line


def main(arguments: list[str] | None = None) -> int:
    try:
        options = DetectionOptions.from_config(load_config())
    except ConfigError as error:
        print(f"results: {error}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(description="Compares what was found with what message_producer.py put in.")
    parser.add_argument("--orders", type=int, default=3000, help="as for message_producer.py (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=42, help="as for message_producer.py (default: %(default)s)")
    parser.add_argument("--odd-share", type=float, default=0.1, help="as for message_producer.py (default: 0.1)")
    chosen = parser.parse_args(arguments)
    database = sqlite_file(options.database_url)
    if database is None or not database.exists():
        print("results: set DATABASE_URL=jdbc:sqlite:FILE to the file that the job wrote", file=sys.stderr)
        return 2
    try:
        lives, actions = lives_of_shop(chosen.orders, chosen.seed, chosen.odd_share)
    except ValueError as error:
        parser.error(str(error))
    anomalies = lives.anomalies | actions.anomalies
    lines = [
        compare("anomalies in the table", anomalies_in_sqlite(database), anomalies),
        compare("anomalies in the topic", anomalies_in_topic(options), anomalies),
        compare("changes in the logs", changes_in_logs(options.rejects_path), lives.changes),
        compare("purchases in the logs", purchases_in_logs(options.rejects_path), actions.purchases),
    ]
    print("\n".join(lines))
    return 1 if any(map(is_wrong, lines)) else 0


if __name__ == "__main__":
    sys.exit(main())
