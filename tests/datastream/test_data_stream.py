"""Operators of a stream: what comes out, at every batch size and parallelism."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from flott.common import Row, Types
from flott.datastream import (
    DataStream,
    OutputTag,
    ProcessFunction,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from flott.datastream.functions import KeyedProcessFunction, RuntimeContext
from flott.testing import collect

Env = StreamExecutionEnvironment


# --- one record at a time


def test_map_keeps_order_in_one_subtask(single: Env) -> None:
    assert collect(single.from_collection(list(range(10))).map(lambda x: x * x)) == [
        0, 1, 4, 9, 16, 25, 36, 49, 64, 81,
    ]  # fmt: skip


def test_map_filter_flat_map(env: Env) -> None:
    lines = env.from_collection(["to be or", "", "not to be"])
    words = lines.flat_map(lambda line: line.split()).filter(lambda word: len(word) == 2).map(str.upper)
    assert Counter(collect(words)) == {"TO": 2, "BE": 2, "OR": 1}


def test_flat_map_takes_generators_lists_and_none(single: Env) -> None:
    def generator(n: int) -> Iterator[int]:
        for _ in range(n):
            yield n

    numbers = single.from_collection([0, 1, 2, 3])
    assert collect(numbers.flat_map(generator)) == [1, 2, 2, 3, 3, 3]
    assert collect(numbers.flat_map(lambda n: None if n == 1 else (n, -n))) == [0, 0, 2, -2, 3, -3]


@pytest.mark.parametrize("returned", ["text", 7])
def test_flat_map_that_returns_no_iterable(single: Env, returned: object) -> None:
    stream = single.from_collection([1]).flat_map(lambda _: returned)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match=f"must yield its results or return an iterable.*not {returned!r}"):
        collect(stream)


def test_filter_takes_any_truth(single: Env) -> None:
    assert collect(single.from_collection([0, 1, 2, 3]).filter(lambda n: n % 2)) == [1, 3]  # type: ignore[arg-type, return-value]


def test_none_is_a_record(single: Env) -> None:
    assert collect(single.from_collection([None, 1]).map(lambda x: x)) == [None, 1]


def test_project(single: Env) -> None:
    tuples = single.from_collection([(1, "a", 2.5)], Types.TUPLE([Types.INT(), Types.STRING(), Types.DOUBLE()]))
    projected = tuples.project(2, 0)
    assert projected.get_type() == Types.TUPLE([Types.DOUBLE(), Types.INT()])
    assert collect(projected) == [(2.5, 1)]
    with pytest.raises(TypeError, match="needs a stream of type TUPLE or ROW"):
        single.from_collection([1]).project(0)


# --- keys


@pytest.mark.parametrize("mode", [RuntimeExecutionMode.STREAMING, RuntimeExecutionMode.BATCH])
def test_reduce(env: Env, mode: RuntimeExecutionMode) -> None:
    env.set_runtime_mode(mode)
    numbers = env.from_collection([(n % 3, n) for n in range(1, 10)])
    totals = collect(numbers.key_by(lambda pair: pair[0]).reduce(lambda a, b: (a[0], a[1] + b[1])))
    by_key = defaultdict(list)
    for key, total in totals:
        by_key[key].append(total)
    # the numbers of a key come one behind the other: 3 6 9, 1 4 7, 2 5 8
    running = {0: [3, 9, 18], 1: [1, 5, 12], 2: [2, 7, 15]}
    last = {key: values[-1:] for key, values in running.items()}
    assert by_key == (running if mode is RuntimeExecutionMode.STREAMING else last)


def test_reduce_of_nothing_in_batch_mode(env: Env) -> None:
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    assert collect(env.from_collection([1]).filter(lambda _: False).key_by(lambda x: x).reduce(max)) == []


@pytest.mark.parametrize(
    "keys",
    [
        ["a", "b", "a"],
        [1, 2, 1],
        [None, 0, None],
        [1.5, 2.5, 1.5],
        [(1, "a"), (1, "b"), (1, "a")],
        [b"x", b"y", b"x"],
        [True, False, True],
        [2**70, 2**71, 2**70],
        [Row(1, "a"), Row(2, "a"), Row(1, "a")],
    ],
    ids=lambda keys: type(keys[0]).__name__,
)
def test_keys_of_many_kinds(env: Env, keys: list[Any]) -> None:
    records = list(zip(keys, [1, 10, 100]))
    sums = env.from_collection(records).key_by(lambda r: r[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
    assert sorted(total for _, total in collect(sums)) == [1, 10, 101]


def test_a_key_that_equals_another_of_a_different_type_is_another_key(env: Env) -> None:
    """In Flink a key is what its bytes say; Python finds 1, 1.0 and True equal."""
    records: list[tuple[Any, int]] = [(1, 1), (True, 10), (1.0, 100), (1, 1000)]
    sums = env.from_collection(records).key_by(lambda r: r[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
    assert sorted(total for _, total in collect(sums)) == [1, 10, 100, 1001]


def test_a_list_can_be_a_key(env: Env) -> None:
    records = [([1, 2], 1), ([3], 10), ([1, 2], 100)]
    sums = env.from_collection(records).key_by(lambda r: r[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
    assert sorted(total for _, total in collect(sums)) == [1, 10, 101]


def test_records_of_a_key_stay_together_and_in_order(env: Env) -> None:
    class Seen(KeyedProcessFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            self.subtask = runtime_context.get_index_of_this_subtask()

        def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Iterator[Any]:
            yield ctx.get_current_key(), value, self.subtask

    seen = collect(env.from_collection(list(range(60))).key_by(lambda n: n % 7).process(Seen()))
    for key in range(7):
        of_key = [(value, subtask) for seen_key, value, subtask in seen if seen_key == key]
        assert [value for value, _ in of_key] == list(range(key, 60, 7))
        assert len({subtask for _, subtask in of_key}) == 1
    # 128 key groups over up to three subtasks: seven keys don't all fall into one of them
    assert len({subtask for _, _, subtask in seen}) > 1 or env.get_parallelism() == 1


def test_key_by_anew_and_union_of_keyed_streams(single: Env) -> None:
    pairs = single.from_collection([("a", 1), ("b", 1), ("a", 2)])
    keyed = pairs.key_by(lambda p: p[0])
    again = keyed.key_by(lambda p: p[1]).reduce(lambda a, b: (a[0] + b[0], a[1]))
    assert collect(again) == [("a", 1), ("ab", 1), ("a", 2)]
    assert Counter(collect(keyed.union(pairs))) == {("a", 1): 2, ("b", 1): 2, ("a", 2): 2}


def test_a_keyed_stream_can_be_mapped_and_filtered(env: Env) -> None:
    keyed = env.from_collection([1, 2, 3, 4], Types.INT()).key_by(lambda n: n % 2)
    assert keyed.get_type() == Types.INT()
    assert sorted((row.f0, row.f1) for row in collect(keyed)) == [(0, 2), (0, 4), (1, 1), (1, 3)]
    assert sorted(collect(keyed.map(lambda n: n * 10))) == [10, 20, 30, 40]
    assert sorted(collect(keyed.filter(lambda n: n > 2))) == [3, 4]


# --- process and side outputs

REJECTED = OutputTag("rejected", Types.STRING())
LARGE = OutputTag("large")


class Parse(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        if not value.isdigit():
            yield REJECTED, value
            return
        if int(value) > 100:
            yield LARGE, int(value)
        yield int(value)


def test_side_outputs(env: Env, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = env.from_collection(["1", "x", "200", "y", "3"]).process(Parse())
    rejected = numbers.get_side_output(REJECTED)
    assert rejected.get_type() == Types.STRING()
    rejected.map(lambda text: f"rejected {text}").print()
    numbers.get_side_output(LARGE).map(lambda number: f"large {number}").print()
    numbers.map(lambda number: f"good {number}").print()
    env.execute()
    lines = [line.rpartition("> ")[2] for line in capsys.readouterr().out.splitlines()]
    assert sorted(lines) == ["good 1", "good 200", "good 3", "large 200", "rejected x", "rejected y"]


def test_a_side_output_that_nobody_reads_goes_nowhere(env: Env) -> None:
    assert sorted(collect(env.from_collection(["1", "x", "200"]).process(Parse()))) == [1, 200]


def test_only_the_side_output_is_read(env: Env) -> None:
    assert collect(env.from_collection(["1", "x"]).process(Parse()).get_side_output(REJECTED)) == ["x"]


def test_a_pair_whose_first_is_no_tag_is_a_record(single: Env) -> None:
    class Pair(ProcessFunction):
        def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
            yield "rejected", value

    assert collect(single.from_collection([1]).process(Pair())) == [("rejected", 1)]


def test_process_without_timestamps(single: Env) -> None:
    class Times(ProcessFunction):
        def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
            yield ctx.timestamp(), ctx.timer_service().current_watermark()

    # as in PyFlink: no timestamp and no watermark are Long.MIN_VALUE
    assert collect(single.from_collection([1]).process(Times())) == [(-(2**63), -(2**63))]


# --- union and partitioning


def test_union(env: Env) -> None:
    one, two = env.from_collection([1, 2]), env.from_collection([10])
    assert sorted(collect(one.union(two, one).map(lambda x: x))) == [1, 1, 2, 2, 10]
    assert sorted(collect(one.union())) == [1, 2]


def test_union_of_different_types(single: Env) -> None:
    with pytest.raises(TypeError, match="one type: Integer and String differ"):
        single.from_collection([1], Types.INT()).union(single.from_collection(["a"], Types.STRING()))


def subtasks(stream: DataStream, parallelism: int) -> list[tuple[Any, int]]:
    """Each record with the subtask that it reaches."""

    class Where(ProcessFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            self.subtask = runtime_context.get_index_of_this_subtask()

        def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
            yield value, self.subtask

    return sorted(collect(stream.process(Where()).set_parallelism(parallelism)))


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_rebalance_and_rescale_share_evenly(single: Env, parallelism: int) -> None:
    for spread in ("rebalance", "rescale"):
        reached = subtasks(getattr(single.from_collection(list(range(12))), spread)(), parallelism)
        assert [value for value, _ in reached] == list(range(12))
        assert set(Counter(subtask for _, subtask in reached).values()) == {12 // parallelism}, spread


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_broadcast_global_shuffle_custom(single: Env, parallelism: int) -> None:
    numbers = single.from_collection(list(range(6)))
    everywhere = sorted((n, subtask) for n in range(6) for subtask in range(parallelism))
    assert subtasks(numbers.broadcast(), parallelism) == everywhere
    assert subtasks(numbers.global_(), parallelism) == [(n, 0) for n in range(6)]
    assert [n for n, _ in subtasks(numbers.shuffle(), parallelism)] == list(range(6))
    custom = numbers.partition_custom(lambda key, count: key % count, lambda n: n + 1)
    assert subtasks(custom, parallelism) == [(n, (n + 1) % parallelism) for n in range(6)]


def test_forward_keeps_the_subtask(env: Env) -> None:
    class Where(ProcessFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            self.subtask = runtime_context.get_index_of_this_subtask()

        def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
            yield [*value, self.subtask]

    spread = env.from_collection([[n] for n in range(9)]).rebalance().process(Where())
    reached = collect(spread.forward().process(Where()).disable_chaining())
    assert len(reached) == 9 and all(first == second for _, first, second in reached)


@pytest.mark.parametrize("chosen", [3, -1])
def test_a_partitioner_that_names_no_subtask(single: Env, chosen: int) -> None:
    stream = single.from_collection([7]).partition_custom(lambda key, count: chosen, lambda n: n)
    with pytest.raises(Exception, match=f"{chosen}"):
        collect(stream.map(lambda n: n).set_parallelism(3))


# --- names and chains do not change what comes out


def test_names(single: Env) -> None:
    stream = single.from_collection([1]).map(lambda n: n + 1).name("plus one").uid("plus-one")
    assert stream.get_name() == "plus one"
    assert single.from_collection([1]).get_name() == "Collection Source"
    assert collect(stream.set_description("adds one").set_buffer_timeout(5).set_max_parallelism(7)) == [2]


@pytest.mark.parametrize("chain", ["as it comes", "start_new_chain", "disable_chaining", "slot_sharing_group", "all"])
def test_chains(env: Env, chain: str) -> None:
    if chain == "all":
        env.disable_operator_chaining()
    stream = env.from_collection(list(range(20))).map(lambda n: n + 1)
    if chain == "slot_sharing_group":
        stream = stream.slot_sharing_group("other")
    elif chain not in ("all", "as it comes"):
        stream = getattr(stream, chain)()
    assert sorted(collect(stream.filter(lambda n: n % 2 == 0).map(lambda n: n * 10))) == list(range(20, 220, 20))


def test_parallelism_of_one_operator(single: Env) -> None:
    class Count(ProcessFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            self.of = runtime_context.get_number_of_parallel_subtasks()

        def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
            yield self.of

    numbers = single.from_collection([1, 2])
    assert collect(numbers.process(Count()).set_parallelism(3)) == [3, 3]
    assert collect(numbers.process(Count()).force_non_parallel()) == [1, 1]
    with pytest.raises(ValueError, match="one subtask only"):
        numbers.set_parallelism(2)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        numbers.map(lambda n: n).set_parallelism(0)


def test_a_stream_can_be_run_again(single: Env) -> None:
    stream = single.from_collection([1, 2]).map(lambda n: n * 2)
    assert collect(stream) == [2, 4]
    assert collect(stream.map(lambda n: n + 1)) == [3, 5]
