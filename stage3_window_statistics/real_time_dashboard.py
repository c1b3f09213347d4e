"""The statistics as they come: on a page in the browser, and as a table in the terminal.

    python stage3_window_statistics/real_time_dashboard.py --demo         # orders of its own, nothing else has to run
    python stage3_window_statistics/real_time_dashboard.py                # the orders of config/config.yml
    python stage3_window_statistics/real_time_dashboard.py --terminal     # no page, a table that updates itself

It runs the job of order_statistics.py and adds sinks that hand each result to the page: the database is not asked.
The page is at http://127.0.0.1:8300, for this machine only. Ctrl-C stops the job and the page.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flott.broker import Broker
from flott.common import JobClient
from stage3_window_statistics.dashboard.live import LiveSink, LiveState
from stage3_window_statistics.dashboard.pulse import names, pulse
from stage3_window_statistics.dashboard.server import DashboardServer, PortInUse
from stage3_window_statistics.dashboard.terminal import TerminalTable
from stage3_window_statistics.order_statistics import (
    StatisticsOptions,
    build_statistics,
    run_name,
    statistics_environment,
)
from utils.config import ConfigError, load_config

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "out" / "stage3"
PORT = 8300
EVENT_SECONDS_AN_ORDER = 2
"""The generator's orders are this far apart; so many seconds of the shop's time pass with each."""


def start_job(options: StatisticsOptions, state: LiveState) -> JobClient:
    """Starts the job of week 3, with sinks that hand its results to the dashboard as well."""
    env = statistics_environment(options)
    built = build_statistics(env, options, run_name())
    windows = built.windows
    takes: list[tuple[Any, Any]] = [
        *((rows.map(statistic.as_dict).set_parallelism(1), state.result) for statistic, rows in windows.rows.items()),
        (pulse(built.orders), state.pulse),
        (names(windows.placed), state.name),
        (windows.late_orders, lambda late: state.count("late")),
        (windows.late_changes, lambda late: state.count("late")),
        (built.rejected, lambda rejected: state.count("rejected")),
    ]
    for stream, take in takes:
        stream.sink_to(LiveSink(take)).name("dashboard").set_parallelism(1)
    return env.execute_async("order statistics")


@contextmanager
def demo_orders(replay_speed: float, count: int, output: Path) -> Iterator[StatisticsOptions]:
    """A broker, and a process that sends it orders at so many times the speed of the shop's clock."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="flott-broker-"))
        broker = stack.enter_context(Broker(data_dir=folder))
        options = StatisticsOptions(
            bootstrap_servers=broker.bootstrap_servers,
            topic="order-raw",
            group_id="order-statistics",
            offset="earliest",
            database_url=f"jdbc:sqlite:{output / 'dashboard.db'}",
            rejects_path=output / "log",
        )
        for left in output.glob("dashboard.db*"):
            left.unlink()
        broker.create_topic(options.topic, 1)
        broker.create_topic(options.statistics_topic, 1)
        output.mkdir(parents=True, exist_ok=True)
        log = stack.enter_context((output / "producer.log").open("w"))
        command = [
            *(sys.executable, str(ROOT / "stage1_basic_etl" / "order_producer.py")),
            *("--bootstrap-servers", options.bootstrap_servers, "--topic", options.topic, "--count", str(count)),
            *("--rate", str(replay_speed / EVENT_SECONDS_AN_ORDER)),
            *("--bad-share", "0.01", "--untidy-share", "0.1", "--update-share", "0.15", "--late-share", "0.02"),
        ]
        # A session of its own: Ctrl-C in the terminal is for us, and we stop it.
        producer = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            yield options
        finally:
            producer.terminate()
            producer.wait()


def follow(client: JobClient, state: LiveState, ended: threading.Event) -> None:
    """Waits for the job's end, in a thread, and tells the state of it."""
    try:
        client.get_job_execution_result().result()
    except BaseException as error:
        if not ended.is_set():
            state.job("failed", str(error))
    else:
        state.job("finished")
    finally:
        ended.set()


def has_display() -> bool:
    """Whether a browser can show up here."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def show(options: StatisticsOptions, chosen: argparse.Namespace) -> int:
    """Runs job, page and table until Ctrl-C, or until the job fails."""
    display = has_display() and not chosen.no_browser
    state = LiveState(f"{options.topic} at {options.bootstrap_servers}", run=run_name())
    with ExitStack() as stack:
        server = None if chosen.terminal else stack.enter_context(DashboardServer(state, chosen.port))
        where = "" if server is None else server.url
        ended = threading.Event()
        client = start_job(options, state)
        watcher = threading.Thread(target=follow, args=(client, state, ended), name="job", daemon=True)
        watcher.start()
        table = TerminalTable(state, sys.stdout, where) if chosen.terminal or not display else None
        try:
            if table is not None:
                table.run()
            else:
                print(f"Dashboard at {where}\nPress Ctrl-C to stop.", flush=True)
                webbrowser.open(where)
                while watcher.is_alive() and state.snapshot()["job"]["state"] != "failed":
                    watcher.join(0.5)
                if state.snapshot()["job"]["state"] == "finished":
                    print("The job has finished; the page stays. Press Ctrl-C to stop.", flush=True)
                    threading.Event().wait()
        except KeyboardInterrupt:
            stopped = not ended.is_set()
            ended.set()
            state.job("stopped") if stopped else None
            print("\nStopping.", file=sys.stderr, flush=True)
        finally:
            ended.set()
            client.cancel().result()
            watcher.join()
        end = state.snapshot()["job"]
    if end["state"] == "failed":
        print(f"real_time_dashboard: the job failed: {end['message']}", file=sys.stderr)
        if not chosen.demo:
            print("With --demo it needs no broker, and brings orders of its own.", file=sys.stderr)
        return 1
    return 130 if end["state"] == "stopped" else 0


def arguments_of(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Shows the statistics of week 3 as they come.")
    parser.add_argument("--demo", action="store_true", help="with a broker and orders of its own")
    parser.add_argument("--replay-speed", type=float, default=60, help="of the demo's orders (default: 60 times)")
    parser.add_argument("--count", type=int, default=1_000_000, help="how many messages the demo sends, at most")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the demo (default: out/stage3)")
    parser.add_argument("--port", type=int, default=PORT, help=f"of the page; 0 for any (default: {PORT})")
    parser.add_argument("--terminal", action="store_true", help="a table in the terminal in the place of the page")
    parser.add_argument("--no-browser", action="store_true", help="serve the page, open no browser, show the table too")
    parser.add_argument("--bounded", action="store_true", help="end at the current end of the topic")
    parser.add_argument("--parallelism", type=int, default=1, help="subtasks; one a partition, at least (default: 1)")
    chosen = parser.parse_args(arguments)
    if chosen.replay_speed <= 0 or chosen.count < 1 or chosen.parallelism < 1:
        parser.error("--replay-speed has to be above 0, --count and --parallelism at least 1")
    if not 0 <= chosen.port <= 65535:
        parser.error(f"--port is {chosen.port}; it has to be from 0 to 65535")
    if chosen.demo and chosen.bounded:
        parser.error("--bounded is for a topic that is there; --demo sends orders until Ctrl-C")
    return chosen


def main(arguments: list[str] | None = None) -> int:
    chosen = arguments_of(arguments)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        if not chosen.demo:
            return show(StatisticsOptions.from_config(load_config(), chosen.bounded, chosen.parallelism), chosen)
        with demo_orders(chosen.replay_speed, chosen.count, chosen.output.resolve()) as options:
            return show(replace(options, parallelism=chosen.parallelism), chosen)
    except (ConfigError, PortInUse) as error:
        print(f"real_time_dashboard: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
