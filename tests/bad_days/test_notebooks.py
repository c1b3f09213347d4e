"""Interrupting a cell of a Jupyter notebook, in a real kernel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from tests.bad_days.topics import send

#: Reads a topic for ever and notes each record.
ENDLESS = """
from pathlib import Path
from flott.common import SimpleStringSchema, Types, WatermarkStrategy
from flott.datastream import StreamExecutionEnvironment
from flott.datastream.connectors.kafka import KafkaOffsetsInitializer, KafkaSource

seen = []

def note(record):
    seen.append(record)
    Path({marker!r}).touch()
    {body}
    return record

source = (
    KafkaSource.builder().set_bootstrap_servers({bootstrap!r}).set_topics({topic!r}).set_group_id("notebook")
    .set_starting_offsets(KafkaOffsetsInitializer.earliest()).set_value_only_deserializer(SimpleStringSchema()).build()
)
env = StreamExecutionEnvironment.get_execution_environment()
env.from_source(source, WatermarkStrategy.no_watermarks(), "topic").map(note, Types.STRING()).print()
env.execute()
"""
LEFT = """
names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
print(sorted(name for name in names if name.startswith(("flott", "rdk", "topic"))), seen)
"""
NEXT = """
print(list(env.from_collection([1, 2, 3]).map(lambda number: number * 2).execute_and_collect()))
"""


class Notebook:
    """A kernel and what runs in it."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3", startup_timeout=60)

    def start(self, code: str) -> str:
        """Runs a cell; returns without waiting for it."""
        message: str = self.client.execute(code)
        return message

    def end(self, message: str, timeout: float = 30) -> tuple[dict[str, Any], str]:
        """Waits for the cell's end: the kernel's answer, and what the cell has printed."""
        printed = ""
        deadline = time.monotonic() + timeout
        while True:
            output = self.client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
            if output["parent_header"].get("msg_id") != message:
                continue
            if output["msg_type"] == "stream":
                printed += output["content"]["text"]
            if output["msg_type"] == "status" and output["content"]["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.0, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == message:
                return reply["content"], printed

    def run(self, code: str) -> str:
        """Runs a cell that must succeed; what it prints."""
        reply, printed = self.end(self.start(code))
        assert reply["status"] == "ok", reply
        return printed


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    book = Notebook()
    yield book
    book.client.stop_channels()
    book.manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("body", ["pass", "while True: pass"])
def test_an_interrupted_cell(body: str, notebook: Notebook, embedded: str, topic: str, tmp_path: Path) -> None:
    """The cell ends with KeyboardInterrupt, the kernel is usable, and a job runs in the next cell."""
    send(embedded, topic, [b"first"])
    marker = tmp_path / "marker"
    cell = notebook.start(ENDLESS.format(bootstrap=embedded, topic=topic, marker=str(marker), body=body))
    deadline = time.monotonic() + 30
    while not marker.exists():
        assert time.monotonic() < deadline, "the job does not read"
        time.sleep(0.02)
    notebook.manager.interrupt_kernel()
    interrupted = time.monotonic()
    reply, _ = notebook.end(cell)
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert time.monotonic() - interrupted < 5
    assert notebook.run(LEFT) == "[] ['first']\n"
    assert notebook.run(NEXT) == "[2, 4, 6]\n"
