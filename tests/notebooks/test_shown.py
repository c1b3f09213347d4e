"""Streams, results and jobs in a notebook: what is shown, and that a panel goes on until its job has ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flott.common import Types
from flott.common._html import table
from flott.common._job_panel import Snapshot, panel
from flott.datastream import StreamExecutionEnvironment
from tests.notebooks.kernel import Kernel

#: A job that ends when the notebook says so, and the cell that starts it.
JOB = """
import threading, time
from flott.datastream import StreamExecutionEnvironment
go_on = globals().get("go_on") or threading.Event()
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
def wait(number):
    while number == 99 and not go_on.is_set():
        time.sleep(0.01)
    return number
env.from_collection(list(range(100))).map(wait).name("wait").filter(lambda n: False).print()
client = env.execute_async("numbers")
client
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel() as kernel:
        yield kernel


def test_a_panel_goes_on_until_its_job_has_ended(kernel: Kernel) -> None:
    kernel.run(JOB)
    kind, first = kernel.shown[-1]
    assert (kind, first["data"]["text/plain"].partition(":")[0]) == ("display_data", "numbers")
    assert ">wait</td>" in first["data"]["text/html"]
    kernel.await_html("numbers: running")
    kernel.run("go_on.set(); client.get_job_execution_result().result(); None")
    kernel.await_html("numbers: finished")
    kind, last = kernel.shown[-1]
    assert kind == "update_display_data"
    assert last["transient"] == first["transient"], "the same place, updated"
    assert ">100</td>" in last["data"]["text/html"]
    kernel.run("print([thread.name for thread in threading.enumerate() if thread.name == 'flott-panel'])")
    assert kernel.written.endswith("[]\n"), "nothing watches a job that has ended"


def test_a_cell_that_is_run_again_replaces_its_job(kernel: Kernel) -> None:
    kernel.run("go_on.clear()" + JOB + "\nearlier = client")
    kernel.run(JOB)
    assert "the job 'numbers' that still ran is stopped: a new one takes its place" in kernel.written
    kernel.run("print([job.get_job_status().result().name == 'RUNNING' for job in (earlier, client)])")
    assert kernel.written.endswith("[False, True]\n")
    kernel.run("go_on.set(); client.get_job_execution_result().result(); None")


def test_a_job_without_a_name_replaces_none(kernel: Kernel) -> None:
    unnamed = JOB.replace('execute_async("numbers")', "execute_async()")
    kernel.run("go_on.clear()" + unnamed + "\nearlier = client")
    kernel.run(unnamed)
    kernel.run("print(earlier.get_job_status().result().name, client.get_job_status().result().name)")
    assert kernel.written.endswith("RUNNING RUNNING\n")
    kernel.run(
        "go_on.set(); earlier.get_job_execution_result().result(); client.get_job_execution_result().result(); None"
    )


def test_a_stream_a_table_and_a_finished_job(kernel: Kernel) -> None:
    kernel.run(
        "from flott.common import Types\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "pairs = env.from_collection([('tea <3', 3)], Types.ROW_NAMED(['product', 'pieces'], "
        "[Types.STRING(), Types.INT()]))\npairs"
    )
    assert "no records before its job runs" in kernel.html()[-1]
    kernel.run("pairs.execute_and_collect_arrow()")
    assert ">tea &lt;3</td>" in kernel.html()[-1]
    assert "1 records" in kernel.html()[-1]
    kernel.run("pairs.print(); env.execute('sales')")
    assert "sales: finished after" in kernel.html()[-1]


# --- without a kernel


def test_a_stream_lists_the_operators_it_comes_from() -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(2)
    numbers = env.from_collection([1], Types.INT()).map(abs, Types.INT()).name("size").set_parallelism(3)
    env.from_collection(["else"]).map(str).name("of another stream")
    html = numbers.union(env.from_collection([2], Types.INT())).map(str).name("<text>")._repr_html_()
    assert "&lt;text&gt;" in html
    assert html.count("Collection Source") == 2
    assert "of another stream" not in html
    assert "test_shown.py:" in html


def test_records_per_second_are_those_since_the_last_look() -> None:
    def snapshot(runtime_ms: int, records: int, watermark: int | None) -> Snapshot:
        counters = {"numRecordsIn": records, "numRecordsOut": records}
        return Snapshot("job", "RUNNING", runtime_ms, [("map", counters)], {"map": watermark}, now=100_000)

    # (1,500 - 500) records in 2 s; 100 s - 70 s
    html = panel(snapshot(3_000, 1_500, 70_000), snapshot(1_000, 500, None))
    assert ">500</td>" in html
    assert "event time is 30 s behind the clock" in html
    assert ">1,500</td>" in html


def test_lag_and_checkpoints() -> None:
    source, sink = {"numRecordsOut": 4_000, "pendingRecords": 12_345}, {"numRecordsIn": 4_000}
    last = (7, 98_000, 23)
    operators = [("orders", source), ("sink", sink)]
    running = Snapshot("job", "RUNNING", 1_000, operators, {}, now=100_000, completed=6, failed=1, last=last)
    html = panel(running)
    assert ">12,345</td>" in html
    assert "checkpoints: 6, 1 failed; the last, chk-7, 2 s ago in 23 ms" in html
    without = panel(Snapshot("job", "RUNNING", 1_000, [("sink", sink)], {}, now=100_000))
    assert "lag" not in without, "no source knows it"
    assert "checkpoint" not in without, "there was none"


def test_long_values_are_cut_and_markup_is_text() -> None:
    html = table(["a"], [["<script>" + "x" * 200]])
    assert "<script>" not in html
    assert "…</td>" in html
