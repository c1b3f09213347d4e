"""Operator state: lists of a subtask, dealt out or given to all when the parallelism changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flott.common import Configuration, Time, Types
from flott.common.watermark_strategy import WatermarkStrategy
from flott.datastream import (
    CheckpointedFunction,
    CoProcessFunction,
    DataStream,
    ExternalizedCheckpointRetention,
    FilterFunction,
    FlatMapFunction,
    MapFunction,
    ProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors.python import PythonSink, PythonSource, SinkWriter, Split
from flott.datastream.functions import FunctionInitializationContext, FunctionSnapshotContext
from flott.datastream.state import ListStateDescriptor, MapStateDescriptor, StateTtlConfig
from flott.testing import Harness, crash_test

WAITING = ListStateDescriptor("waiting", Types.LONG())


class Keeps(CheckpointedFunction):
    """Keeps numbers in a list, and hands them on four at a time."""

    union = False

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        store = context.get_operator_state_store()
        self.stored = store.get_union_list_state(WAITING) if self.union else store.get_list_state(WAITING)
        self.waiting = list(self.stored.get())

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        assert context.get_checkpoint_id() > 0
        self.stored.update(self.waiting)

    def take(self, value: int) -> list[list[int]]:
        self.waiting.append(value)
        if len(self.waiting) < 4:
            return []
        handed, self.waiting = self.waiting, []
        return [handed]


class InFours(Keeps, FlatMapFunction):
    def flat_map(self, value: int) -> Any:
        return self.take(value)


class InFoursWithContext(Keeps, ProcessFunction):
    def process_element(self, value: int, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield from self.take(value)


class InFoursOfTwo(Keeps, CoProcessFunction):
    def process_element1(self, value: int, ctx: Any) -> Iterator[Any]:
        yield from self.take(value)

    def process_element2(self, value: int, ctx: Any) -> Iterator[Any]:
        yield from self.take(value)


class Numbered(CheckpointedFunction, MapFunction):
    """Numbers records from 1 on."""

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        self.stored = context.get_operator_state_store().get_list_state(ListStateDescriptor("n", Types.LONG()))
        self.count = sum(self.stored.get())

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        self.stored.update([self.count])

    def map(self, value: Any) -> Any:
        self.count += 1
        return self.count, value


class EverySecond(CheckpointedFunction, FilterFunction):
    def initialize_state(self, context: FunctionInitializationContext) -> None:
        self.stored = context.get_operator_state_store().get_list_state(ListStateDescriptor("n", Types.LONG()))
        self.count = sum(self.stored.get())

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        self.stored.update([self.count])

    def filter(self, value: Any) -> bool:
        self.count += 1
        return self.count % 2 == 0


def test_functions_with_operator_state_survive_crashes() -> None:
    def build(env: StreamExecutionEnvironment) -> dict[str, DataStream]:
        numbers = env.from_collection(list(range(50)))
        return {
            "fours": numbers.flat_map(InFours()).set_parallelism(1),
            "fours of process": numbers.process(InFoursWithContext()).set_parallelism(1),
            "numbered": numbers.map(Numbered()).set_parallelism(1),
            "every second": numbers.filter(EverySecond()).set_parallelism(1),
        }

    crash_test(build, seeds=range(40))


def test_co_functions_with_operator_state_survive_crashes() -> None:
    def build(env: StreamExecutionEnvironment) -> DataStream:
        one, other = env.from_collection(list(range(20))), env.from_collection(list(range(20, 40)))
        return one.connect(other).process(InFoursOfTwo()).set_parallelism(1).flat_map(lambda four: four)

    crash_test(build, seeds=range(40))


class SixNumbers(PythonSource):
    """0 to 5; then it waits until they are in a checkpoint, and fails if it is told to."""

    def __init__(self, fails: bool) -> None:
        self.fails, self.committed = fails, 0

    def splits(self, runtime_context: RuntimeContext) -> list[Split]:
        return [Split("numbers", 0)]

    def read(self, split: Split, runtime_context: RuntimeContext) -> Iterator[tuple[Any, Any] | None]:
        for number in range(split.position, 6):
            yield number, number + 1
        while self.fails:
            if self.committed == 6:
                raise LookupError("the end")
            yield None

    def commit(self, split_id: str, position: Any) -> None:
        self.committed = position


#: What each subtask has found in its state.
FOUND: dict[int, tuple[bool, list[int]]] = {}


class Holds(CheckpointedFunction, MapFunction):
    """Holds all it is given."""

    union = False

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        store = context.get_operator_state_store()
        self.held = store.get_union_list_state(WAITING) if self.union else store.get_list_state(WAITING)
        self.found = context.is_restored(), list(self.held)

    def open(self, runtime_context: RuntimeContext) -> None:
        FOUND[runtime_context.get_index_of_this_subtask()] = self.found

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        pass

    def map(self, value: int) -> int:
        self.held.add(value)
        return value


class HoldsUnion(Holds):
    union = True


class Held(PythonSink):
    """The same in the writer of a sink."""

    union = False

    def create_writer(self, runtime_context: RuntimeContext) -> SinkWriter:
        class Writer(SinkWriter, Holds):
            union = self.union

            def map(self, value: int) -> int:
                raise NotImplementedError

            def initialize_state(self, context: FunctionInitializationContext) -> None:
                super().initialize_state(context)
                FOUND[runtime_context.get_index_of_this_subtask()] = self.found

            def write(self, value: int, context: Any) -> None:
                self.held.add(value)

            def close(self) -> None:
                pass

        return Writer()


class HeldUnion(Held):
    union = True


def run(end: Holds | Held, parallelism: int, fails: bool, folder: Path) -> None:
    config = Configuration()
    if not fails:
        (checkpoint,) = folder.glob("*/chk-*")
        config.set_string("execution.state-recovery.path", checkpoint.as_uri())
    env = StreamExecutionEnvironment.get_execution_environment(config).set_parallelism(parallelism)
    if fails:
        env.enable_checkpointing(10).get_checkpoint_config().set_checkpoint_storage_dir(
            folder.as_uri()
        ).set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    source = env.from_source(SixNumbers(fails), WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    numbers = source.set_parallelism(1).uid("numbers").partition_custom(lambda n, subtasks: n % subtasks, lambda n: n)
    if isinstance(end, Held):
        numbers.sink_to(end).uid("holds")
    else:
        numbers.map(end).uid("holds").print()
    FOUND.clear()
    env.execute()


@pytest.mark.parametrize("end", [Holds, Held])
def test_elements_are_dealt_out_at_another_parallelism(end: Any, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="the end"):
        run(end(), 2, True, tmp_path)
    assert FOUND == {0: (False, []), 1: (False, [])}
    # 0, 2, 4 of the one and 1, 3, 5 of the other, one after the other to each of three
    run(end(), 3, False, tmp_path)
    assert FOUND == {0: (True, [0, 1]), 1: (True, [2, 3]), 2: (True, [4, 5])}


@pytest.mark.parametrize("end", [HoldsUnion, HeldUnion])
def test_every_subtask_is_given_a_union_list(end: Any, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="the end"):
        run(end(), 2, True, tmp_path)
    run(end(), 3, False, tmp_path)
    assert dict.fromkeys(range(3), (True, [0, 2, 4, 1, 3, 5])) == FOUND


class Asks(CheckpointedFunction, MapFunction):
    """Does something with its state where it is given it."""

    def __init__(self, ask: Any) -> None:
        self.ask = ask

    def initialize_state(self, context: FunctionInitializationContext) -> None:
        self.ask(context.get_operator_state_store())

    def snapshot_state(self, context: FunctionSnapshotContext) -> None:
        pass

    def map(self, value: Any) -> Any:
        return value


def asked(ask: Any) -> None:
    with Harness() as h:
        h.source("any").map(Asks(ask))
        h.processing_time()


def test_a_list_can_be_changed_like_keyed_lists() -> None:
    def ask(store: Any) -> None:
        held = store.get_list_state(WAITING)
        held.update([1, 2])
        held.add(3)
        held.add_all([4])
        assert list(held) == held.get() == [1, 2, 3, 4]
        assert store.get_list_state(WAITING).get() == [1, 2, 3, 4], "one name is one list"
        held.clear()
        assert held.get() == []
        with pytest.raises(TypeError, match="the element of state 'waiting'"):
            held.add("four")

    asked(ask)


def test_wrong_requests_say_what_is_wrong() -> None:
    expiring = ListStateDescriptor("expiring", Types.LONG())
    expiring.enable_time_to_live(StateTtlConfig.new_builder(Time.seconds(1)).build())
    for error, message, ask in (
        (TypeError, "takes a ListStateDescriptor", lambda store: store.get_list_state(3)),
        (ValueError, "can't expire", lambda store: store.get_list_state(expiring)),
        (
            RuntimeError,
            "broadcast stream",
            lambda store: store.get_broadcast_state(MapStateDescriptor("b", Types.INT(), Types.INT())),
        ),
        (
            ValueError,
            "a list state and a union list state",
            lambda store: (store.get_list_state(WAITING), store.get_union_list_state(WAITING)),
        ),
    ):
        with pytest.raises(error, match=message):
            asked(ask)


def test_what_cannot_be_pickled_names_the_state() -> None:
    class Lambdas(Asks):
        def snapshot_state(self, context: FunctionSnapshotContext) -> None:
            self.held.update([lambda: 1])

        def initialize_state(self, context: FunctionInitializationContext) -> None:
            descriptor = ListStateDescriptor("calls", Types.PICKLED_BYTE_ARRAY())
            self.held = context.get_operator_state_store().get_list_state(descriptor)

    env = StreamExecutionEnvironment.get_execution_environment().enable_checkpointing(10)
    env.from_collection([1]).map(Lambdas(None)).print()
    with pytest.raises(TypeError, match="in operator state 'calls' can't be stored in a checkpoint"):
        env.execute()


def test_the_example_of_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "state.md").read_text(encoding="utf-8")
    (example,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "Checkpointed" in block]
    exec(example, {"__name__": "example"})
    assert capsys.readouterr().out == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n[10, 11, 12, 13, 14, 15, 16, 17, 18, 19]\n"
