"""Simulates the shop: sends messages about orders to a Kafka topic, and what users do there to another.

python stage4_state_cep/message_producer.py --orders 3000
python stage4_state_cep/message_producer.py --orders 500 --rate 100

A message about an order tells one step of it. For three orders one user comes, looks, and mostly orders and pays
something else: those orders are not among the others.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stage1_basic_etl.order_producer import send_texts
from utils.action_lives import ActionLives
from utils.config import ConfigError, load_config
from utils.order_lives import OrderLives


def lives_of_shop(orders: int, seed: int, odd_share: float) -> tuple[OrderLives, ActionLives]:
    """The messages about that many orders, and those of the users who come meanwhile.

    :raises ValueError: if there are none, or the share is not between 0 and 1
    """
    return OrderLives(orders, seed, odd_share), ActionLives(-(-orders // 3), seed, odd_share)


def describe(lives: OrderLives, actions: ActionLives) -> str:
    """What there is to be found, for a person."""
    lines = [f"{lives.odd.total() + actions.odd.total():,} oddities among orders and users"]
    lines += [f"  {number:>6,}  {oddity.value}" for oddity, number in lives.odd.most_common()]
    lines += [f"  {number:>6,}  {habit.value}" for habit, number in actions.odd.most_common()]
    lines.append(f"  {lives.rejected.total() + actions.rejected.total():>6,}  messages broken")
    lines.append(f"  {lives.repeated:>6,}  messages sent twice")
    lines.append(f"  {lives.late:>6,}  messages sent once more 20 minutes later")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    try:
        config = load_config()
        bootstrap_servers, topic = config.text("kafka.bootstrap_servers"), config.text("detection.topic")
        action_topic = config.text("detection.action_topic")
        jars = config.words("flink.jars")
    except ConfigError as error:
        print(f"message_producer: {error}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(description="Simulates the shop: sends messages to two Kafka topics.")
    parser.add_argument("--orders", type=int, default=3000, help="how many orders (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=42, help="the same seed sends the same messages (default: 42)")
    parser.add_argument("--odd-share", type=float, default=0.1, help="share of odd orders (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0, help="messages a second; 0 for as fast as it goes (default)")
    parser.add_argument("--topic", default=topic, help="of the messages about orders (default: %(default)s)")
    parser.add_argument("--action-topic", default=action_topic, help="of what users do (default: %(default)s)")
    parser.add_argument("--bootstrap-servers", default=bootstrap_servers, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if options.rate < 0:
        parser.error(f"--rate is {options.rate}; it has to be positive, or 0 for as fast as it goes")
    try:
        lives, actions = lives_of_shop(options.orders, options.seed, options.odd_share)
    except ValueError as error:
        parser.error(str(error))
    servers = options.bootstrap_servers
    try:
        for topic, texts in ((options.topic, lives), (options.action_topic, actions)):
            seconds = send_texts(servers, topic, len(texts.texts), texts, options.rate, jars)
            print(f"Sent {len(texts.texts):,} messages in {seconds:.1f} s to {topic} at {servers}", flush=True)
    except KeyboardInterrupt:
        print("\nmessage_producer: stopped by Ctrl-C; what was sent until now stays in the topics", file=sys.stderr)
        return 130
    print(describe(lives, actions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
