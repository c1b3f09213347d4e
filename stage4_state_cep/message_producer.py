"""Simulates the shop: sends messages about orders to a Kafka topic, each of which tells one step of one order.

python stage4_state_cep/message_producer.py --orders 3000
python stage4_state_cep/message_producer.py --orders 500 --rate 100
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stage1_basic_etl.order_producer import send_texts
from utils.config import ConfigError, load_config
from utils.order_lives import OrderLives


def describe(lives: OrderLives) -> str:
    """What there is to be found, for a person."""
    lines = [f"{sum(lives.odd.values()):,} oddities among the orders"]
    lines += [f"  {number:>6,}  {oddity.value}" for oddity, number in lives.odd.most_common()]
    lines.append(f"  {sum(lives.rejected.values()):>6,}  messages broken")
    lines.append(f"  {lives.repeated:>6,}  messages sent twice")
    lines.append(f"  {lives.late:>6,}  messages sent once more 20 minutes later")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    try:
        config = load_config()
        bootstrap_servers, topic = config.text("kafka.bootstrap_servers"), config.text("detection.topic")
        jars = config.words("flink.jars")
    except ConfigError as error:
        print(f"message_producer: {error}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(description="Simulates the shop: sends messages about orders to a Kafka topic.")
    parser.add_argument("--orders", type=int, default=3000, help="how many orders (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=42, help="the same seed sends the same messages (default: 42)")
    parser.add_argument("--odd-share", type=float, default=0.1, help="share of odd orders (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0, help="messages a second; 0 for as fast as it goes (default)")
    parser.add_argument("--topic", default=topic, help="default: %(default)s")
    parser.add_argument("--bootstrap-servers", default=bootstrap_servers, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if options.rate < 0:
        parser.error(f"--rate is {options.rate}; it has to be positive, or 0 for as fast as it goes")
    try:
        lives = OrderLives(options.orders, options.seed, options.odd_share)
    except ValueError as error:
        parser.error(str(error))
    try:
        seconds = send_texts(options.bootstrap_servers, options.topic, len(lives.texts), lives, options.rate, jars)
    except KeyboardInterrupt:
        print("\nmessage_producer: stopped by Ctrl-C; what was sent until now stays in the topic", file=sys.stderr)
        return 130
    print(f"Sent {len(lives.texts):,} messages in {seconds:.1f} s to {options.topic} at {options.bootstrap_servers}")
    print(describe(lives))
    return 0


if __name__ == "__main__":
    sys.exit(main())
