"""``flott.state.read``: what a checkpoint has, by hand, in each of the forms that state has."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest

import flott.state
from flott.common import Types, WatermarkStrategy
from flott.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from flott.datastream.connectors.python import PythonSource, Split
from flott.datastream.state import ValueStateDescriptor
from flott.errors import FlottError
from flott.state import StateTable, UntrustedClassError
from tests.awaiting import until
from tests.checkpoints.job import HALF, KEYS, Committed, at
from tests.datastream.conftest import needs_rocksdb
from tests.datastream.test_savepoints import Numbers

CHECKPOINTS = Path(__file__).parent.parent / "checkpoints"
#: The first half of the job that stands beside it.
CHECKPOINT = CHECKPOINTS / "version_1" / "chk-1"


@pytest.fixture(scope="module", params=["version_1", "version_2", "version_2_rocksdb"])
def checkpoint(request: pytest.FixtureRequest) -> flott.state.StoredCheckpoint:
    if "rocksdb" in request.param:
        needs_rocksdb("rocksdb")
    return flott.state.read(CHECKPOINTS / request.param / "chk-1")


def own(key: int) -> list[int]:
    """The numbers of that key which had come."""
    return list(range(key, HALF, KEYS))


def by_key(table: StateTable, *columns: str) -> dict[Any, Any]:
    return {row["key"]: tuple(row[column] for column in columns) for row in table.rows()}


def test_what_there_is(checkpoint: flott.state.StoredCheckpoint) -> None:
    assert (checkpoint.checkpoint_id, checkpoint.job_name) == (1, "Flink Streaming Job")
    assert checkpoint.time.year == 2026
    assert {"halves", "kinds", "tumbling", "sums", "ruled", "sink"} <= set(checkpoint)
    kinds = checkpoint["kinds"]
    assert (kinds.name, kinds.parallelism, kinds.max_parallelism) == ("KEYED PROCESS", 2, 128)
    assert {"value", "list", "map", "long lived", "timers/event time"} <= set(kinds)
    text = str(checkpoint)
    assert "kinds (KEYED PROCESS), parallelism 2 of 128" in text
    # of RocksDB each subtask has CURRENT, MANIFEST, OPTIONS, one with rows, and one for what is not in a file yet
    assert (
        "  value: pickle ValueState, 7 key groups, " in text or "  value: pickle ValueState, 10 RocksDB files" in text
    )
    with pytest.raises(KeyError, match=r"no operator 'other'; it has .*'KEYED PROCESS' \(kinds\)"):
        checkpoint["other"]
    with pytest.raises(KeyError, match=r"no state 'other'; it has .*'value', 'text'"):
        kinds["other"]


def test_keyed_state_of_all_kinds(checkpoint: flott.state.StoredCheckpoint) -> None:
    kinds = checkpoint["kinds"]
    keys = range(KEYS)
    assert by_key(kinds["value"], "value") == {key: (sum(own(key)),) for key in keys}
    assert by_key(kinds["state/value"], "value") == by_key(kinds["value"], "value")
    assert by_key(kinds["list"], "list") == {key: (own(key)[-3:],) for key in keys}
    digits = {(row["key"], row["map_key"]): row["value"] for row in kinds["map"].rows()}
    assert digits == {
        (key, digit): sum(number % 10 == digit for number in own(key)) for key in keys for digit in range(10)
    }
    assert by_key(kinds["reducing"], "value") == {key: (own(key)[-1],) for key in keys}
    assert by_key(kinds["aggregating"], "value") == {key: ([sum(own(key)), len(own(key))],) for key in keys}
    # with a time to live: when it was last touched stands beside it
    lived = kinds["long lived"]
    assert lived.column_names == ["key", "value", "last_access", "key_group", "subtask"]
    assert by_key(lived, "value") == {key: (own(key)[-1],) for key in keys}
    written = checkpoint.time.timestamp() * 1000
    assert all(0 <= written - row["last_access"] < 60_000 for row in lived.rows())
    assert len(kinds["long lived map"]) == 2 * KEYS


def test_key_groups_are_those_of_their_subtask(checkpoint: flott.state.StoredCheckpoint) -> None:
    for row in checkpoint["kinds"]["value"].rows():
        # group g of 128 belongs to subtask g * 2 / 128
        assert row["subtask"] == row["key_group"] * 2 // 128


def test_timers_windows_and_what_is_no_state_of_a_function(checkpoint: flott.state.StoredCheckpoint) -> None:
    timers = checkpoint["kinds"]["timers/event time"]
    assert sorted((row["time"], row["key"]) for row in timers.rows()) == [
        *((at(1000), key) for key in range(KEYS)),
        *((2**62, key) for key in range(KEYS)),
    ]
    windows = {
        (row["key"], row["start"], row["end"]): row["contents"] for row in checkpoint["tumbling"]["windows"].rows()
    }
    held = {(key, 500, 1000): [number for number in own(key) if 500 <= at(number) < 1000] for key in range(KEYS)}
    assert {window: contents for window, contents in windows.items() if window[1] == 500} == held
    (split,) = checkpoint["halves"]["splits"].rows()
    # a source in Python keeps with its position whether the reader has begun anew behind it
    assert split == {"split": "all", "position": (HALF, False), "finished": False, "subtask": 0}
    assert [row["value"] for row in checkpoint["ruled"]["broadcast/rules"].rows()] == [5, 5], "each subtask has a copy"
    prepared = [result for row in checkpoint["sink"]["prepared"].rows() for result in row["prepared"]]
    assert ("sum", 3, 3) in prepared


def test_aggregates_over_columns_are_columns(checkpoint: flott.state.StoredCheckpoint) -> None:
    (state,) = checkpoint["sums"]
    table = checkpoint["sums"][state]
    rows = pyarrow.table(table).to_pylist()
    assert {row["column 0"]: row["column 2"] for row in rows} == {key: sum(own(key)) for key in range(KEYS)}


def test_other_libraries_take_tables_over(checkpoint: flott.state.StoredCheckpoint) -> None:
    table = checkpoint["kinds"]["list"]
    expected = {key: own(key)[-3:] for key in range(KEYS)}
    frame = polars.DataFrame(table)
    assert dict(zip(frame["key"].to_list(), frame["list"].to_list())) == expected
    assert pyarrow.table(table).schema.field("list").type == pyarrow.list_(pyarrow.int64())
    frame = checkpoint["kinds"]["value"].to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert dict(zip(frame["key"], frame["value"])) == {key: sum(own(key)) for key in range(KEYS)}
    # no type fits all of them: the text of each
    assert pyarrow.table(checkpoint["sink"]["prepared"]).schema.field("prepared").type == pyarrow.string()


class Account:
    """A class of a program's own."""

    def __init__(self, total: int) -> None:
        self.total = total


class Accounts(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.account = runtime_context.get_state(ValueStateDescriptor("account", Types.PICKLED_BYTE_ARRAY()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context) -> Any:
        self.account.update(Account(value))
        yield value


def test_classes_are_made_where_that_is_asked_for(tmp_path: Path) -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    numbers = env.from_source(Numbers(10), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    sink = Committed()
    numbers.key_by(lambda value: value % 2).process(Accounts()).uid("accounts").sink_to(sink)
    client = env.execute_async()
    until(lambda: len(sink.results) == 10)
    path = client.stop_with_savepoint(False, str(tmp_path)).result()
    with pytest.raises(UntrustedClassError, match=r"tests.state.test_read.Account, and making one runs"):
        flott.state.read(path)["accounts"]["account"]
    trusted = flott.state.read(path, trusted=True)["accounts"]["account"]
    assert {row["key"]: row["value"].total for row in trusted.rows()} == {0: 8, 1: 9}
    assert "Account" in trusted.column("value")[0]


class Harmful:
    def __reduce__(self) -> Any:
        return subprocess.check_call, (["touch", "/nowhere"],)


@pytest.mark.parametrize("value", [Harmful(), print, subprocess.Popen, sys.exit])
def test_nothing_that_runs_code_is_plain(value: Any) -> None:
    from flott.state._unpickle import loads

    with pytest.raises(UntrustedClassError):
        loads(pickle.dumps([(1, value)], 5), False)


def test_what_is_no_checkpoint_is_said(tmp_path: Path) -> None:
    with pytest.raises(FlottError, match="there is no checkpoint in .*chk-9"):
        flott.state.read(tmp_path / "chk-9")


def flott_state(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flott.cli", "state", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_lists_and_prints() -> None:
    listed = flott_state(str(CHECKPOINT))
    assert "sink (Committed), parallelism 2 of 128" in listed.stdout, listed.stderr
    one = flott_state(str(CHECKPOINT / "_metadata"), "kinds")
    assert one.stdout.startswith("kinds (KEYED PROCESS), parallelism 2 of 128\n  value: pickle ValueState")
    rows = flott_state(CHECKPOINT.as_uri(), "kinds", "reducing", "--limit", "2").stdout.splitlines()
    assert rows[0] == "key,value,key_group,subtask"
    assert len(rows) == 3
    wrong = flott_state(str(CHECKPOINT), "kinds", "other")
    assert (wrong.returncode, wrong.stderr.startswith("flott state: the operator 'KEYED PROCESS' has no state")) == (
        1,
        True,
    )


class Count(KeyedProcessFunction):
    """As docs/state.md has it."""

    def open(self, runtime_context: RuntimeContext) -> None:
        self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: str, ctx: KeyedProcessFunction.Context) -> Any:
        count = (self.count.value() or 0) + 1
        self.count.update(count)
        yield ctx.get_current_key(), count


class Names(PythonSource):
    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split("all", 0)]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[str, int] | None]:
        for position, name in enumerate(["ann", "ann", "bob", "ann"], 1):
            yield name, position
        while True:
            yield None


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    env = StreamExecutionEnvironment.get_execution_environment().set_parallelism(1)
    names = env.from_source(Names(), WatermarkStrategy.no_watermarks(), "names", Types.STRING())
    sink = Committed()
    names.key_by(lambda name: name).process(Count()).uid("count").sink_to(sink)
    client = env.execute_async()
    until(lambda: len(sink.results) == 4)
    path = client.stop_with_savepoint(False, str(tmp_path)).result()
    page = (Path(__file__).parents[2] / "docs" / "checkpoints.md").read_text()
    assert f"```\n{flott_state(path, 'count', 'count').stdout}```" in page
