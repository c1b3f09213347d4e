"""``flott broker``: the embedded development broker as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from flott.cli._parser import DefaultsHelpFormatter

#: Where data goes unless told otherwise: beside the program one works on.
DEFAULT_DATA = Path("flott-broker-data")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the subcommand to ``flott``."""
    parser = commands.add_parser(
        "broker",
        help="run an Apache Kafka compatible broker for development",
        description="Runs an Apache Kafka compatible broker for development on this machine. Its data stays in a "
        "folder. It has no replication, no passwords and no encryption.",
        epilog="examples:\n"
        "  flott broker                                 at localhost:9092\n"
        "  flott broker --port 0 --topic orders:3       a free port, a topic\n",
        formatter_class=DefaultsHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=9092, help="the port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="the IP address to listen on")
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="permit a --host that other machines can reach; there are no passwords",
    )
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, metavar="DIR", help="the folder for the data")
    parser.add_argument(
        "--partitions", type=int, default=1, metavar="N", help="partitions of a topic that a client creates on demand"
    )
    parser.add_argument(
        "--topic",
        dest="topics",
        type=topic,
        action="append",
        default=[],
        metavar="NAME[:PARTITIONS]",
        help="a topic to create when it does not exist; may be repeated",
    )
    parser.add_argument(
        "--message-max-bytes", type=int, default=1_048_588, metavar="BYTES", help="the largest batch of records taken"
    )
    parser.add_argument(
        "--no-auto-create", action="store_true", help="do not create a topic because a client asks for it"
    )
    parser.set_defaults(run=run)


def topic(text: str) -> tuple[str, int | None]:
    """Reads ``NAME`` or ``NAME:PARTITIONS``."""
    name, colon, partitions = text.partition(":")
    if not name or (colon and not partitions.isdecimal()):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME or NAME:PARTITIONS, such as orders:3")
    return name, int(partitions) if colon else None


def run(options: argparse.Namespace) -> int:
    """Runs the broker until Ctrl-C or a request to terminate."""
    from flott.broker import Broker
    from flott.errors import FlottError

    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)

    try:
        broker = Broker(
            options.data,
            options.port,
            host=options.host,
            allow_remote=options.allow_remote,
            topics=[(name, count or options.partitions) for name, count in options.topics],
            partitions=options.partitions,
            auto_create_topics=not options.no_auto_create,
            message_max_bytes=options.message_max_bytes,
        )
    except FlottError as error:
        print(f"flott broker: {error}", file=sys.stderr)
        return 1
    with broker:
        print(f"Kafka-compatible broker for development, listening on {broker.bootstrap_servers}", flush=True)
        print(f"  data:   {options.data.resolve()}")
        print(f"  topics: {', '.join(broker.topics()) or 'none yet'}")
        print("  Not for production: one node, no passwords, no encryption. Ctrl-C stops it.", flush=True)
        # In steps, so that a signal is seen on every platform.
        while not stop.wait(timeout=0.5):
            pass
        print("Stopping ...", flush=True)
    print("Stopped; everything is on disk.", flush=True)
    return 0
