"""What PyFlink 1.20.3 gets wrong and a program may rely on here; each stands in docs/divergences.md.

Expected values are what Flink's documentation and its Java API give, worked out by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flott.common import Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import (
    AggregateFunction,
    KeyedCoProcessFunction,
    KeyedProcessFunction,
    KeyedStream,
    MemorySize,
    OutputTag,
    ProcessFunction,
    ProcessWindowFunction,
    RuntimeContext,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.state import ListStateDescriptor
from flott.datastream.window import (
    ContinuousEventTimeTrigger,
    CountTrigger,
    EventTimeSessionWindows,
    TimeWindow,
    TumblingEventTimeWindows,
)

Env = StreamExecutionEnvironment


def collected(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as results:
        return sorted(results)


class Thousandfold(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value) * 1000


class WithTime(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp()


def test_the_assigner_of_a_source_is_called(env: Env) -> None:
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Thousandfold())
    numbers = env.from_source(NumberSequenceSource(1, 3), strategy, "numbers", Types.LONG())
    assert collected(numbers.process(WithTime())) == [(1, 1000), (2, 2000), (3, 3000)]


class KeepAndTell(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.kept = runtime_context.get_list_state(ListStateDescriptor("kept", Types.INT()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:
        self.kept.add(value)
        ctx.timer_service().register_event_time_timer(1)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[Any]:
        self.kept.add(-1)
        yield ctx.get_current_key(), list(self.kept)


class KeepAndTellBoth(KeepAndTell, KeyedCoProcessFunction):
    def process_element1(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> None:
        self.process_element(value, ctx)  # type: ignore[arg-type]

    def process_element2(self, value: Any, ctx: KeyedCoProcessFunction.Context) -> None:
        self.process_element(value, ctx)  # type: ignore[arg-type]


def test_list_state_in_timers_of_batch_mode_is_that_of_the_key(env: Env) -> None:
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    keyed = env.from_collection([1, 2, 3, 4, 5]).key_by(lambda n: n % 2)
    assert collected(keyed.process(KeepAndTell())) == [(0, [2, 4, -1]), (1, [1, 3, 5, -1])]


def test_connected_streams_keep_their_state_in_batch_mode(env: Env) -> None:
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    left, right = (env.from_collection(numbers).key_by(lambda n: n % 2) for numbers in ([1, 2], [10, 20]))
    told = collected(left.connect(right).process(KeepAndTellBoth()))
    # one timer a key, and no order between the inputs
    assert [(key, sorted(kept)) for key, kept in told] == [(0, [-1, 2, 10, 20]), (1, [-1, 1])]


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        return int(value[1])


class Sum(AggregateFunction):
    def create_accumulator(self) -> int:
        return 0

    def add(self, value: Any, accumulator: int) -> int:
        return accumulator + int(value[2])

    def get_result(self, accumulator: int) -> int:
        return accumulator

    def merge(self, acc_a: int, acc_b: int) -> int:
        return acc_a + acc_b


class Times(ProcessWindowFunction[Any, Any, Any, TimeWindow]):
    def process(self, key: Any, context: ProcessWindowFunction.Context[TimeWindow], elements: Iterable[Any]) -> Any:
        yield key, context.window().start, sorted(time for _, time, _ in elements)


def keyed_by_first(env: Env, records: list[tuple[str, int, int]]) -> KeyedStream:
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(SecondField())
    return env.from_collection(records).assign_timestamps_and_watermarks(strategy).key_by(lambda record: record[0])


def test_windows_in_batch_mode_lose_nothing(env: Env) -> None:
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    keyed = keyed_by_first(env, [("a", 1, 1), ("b", 2, 1), ("a", 12, 1), ("b", 3, 1), ("a", 6, 1)])
    tumbling = keyed.window(TumblingEventTimeWindows.of(Time.milliseconds(10)))
    assert collected(tumbling.process(Times())) == [("a", 0, [1, 6]), ("a", 10, [12]), ("b", 0, [2, 3])]
    sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(6)))
    # 1 and 6 are less than 6 apart, 6 and 12 exactly that
    assert collected(sessions.process(Times())) == [("a", 1, [1, 6, 12]), ("b", 2, [2, 3])]


def test_two_sessions_that_become_one_lose_nothing(env: Env) -> None:
    # 0..10 and 18..28, until 9..19 makes them one
    keyed = keyed_by_first(env, [("a", 0, 1), ("a", 18, 2), ("a", 9, 4)])
    sessions = keyed.window(EventTimeSessionWindows.with_gap(Time.milliseconds(10)))
    assert collected(sessions.aggregate(Sum())) == [7]
    assert collected(sessions.reduce(lambda a, b: (a[0], 0, a[2] + b[2]))) == [("a", 0, 7)]
    # one record in each, and the third
    assert collected(sessions.trigger(CountTrigger.of(3)).process(Times())) == [("a", 0, [0, 9, 18])]


def test_a_continuous_trigger_fires_each_time_also_at_the_end(env: Env) -> None:
    windows = keyed_by_first(env, [("a", 13, 1)]).window(TumblingEventTimeWindows.of(Time.milliseconds(50)))
    # at 20, 30, 40, and with the window at 49
    assert collected(windows.trigger(ContinuousEventTimeTrigger.of(Time.milliseconds(10))).aggregate(Sum())) == [1] * 4


def test_a_custom_partitioning_can_be_collected(env: Env) -> None:
    numbers = env.from_collection([3, 1, 2]).partition_custom(lambda key, subtasks: key % subtasks, lambda n: n)
    assert collected(numbers.map(lambda n: n * 10)) == [10, 20, 30]


class SendAside(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield OutputTag("aside", Types.INT()), value
        yield value


def test_a_side_output_that_nobody_reads(env: Env) -> None:
    assert collected(env.from_collection([1, 2]).process(SendAside(), output_type=Types.INT())) == [1, 2]


def test_equal_memory_sizes_are_at_most_each_other() -> None:
    assert MemorySize.of_mebi_bytes(1) <= MemorySize(bytes_size=1 << 20)
    assert not MemorySize.of_mebi_bytes(2) <= MemorySize.of_mebi_bytes(1)
