"""Window join and co-group: which records meet, the time of results, what functions are given, wrong use."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from flott.common import Row, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import (
    CoGroupedStreams,
    CoGroupFunction,
    DataStream,
    FlatJoinFunction,
    JoinedStreams,
    JoinFunction,
    KeySelector,
    MapFunction,
    OutputTag,
    ProcessFunction,
    RuntimeContext,
    StreamExecutionEnvironment,
)
from flott.datastream.joined_streams import TaggedUnion
from flott.datastream.state import ValueStateDescriptor
from flott.datastream.window import (
    CountEvictor,
    CountTrigger,
    EventTimeSessionWindows,
    Evictor,
    GlobalWindows,
    NeverTrigger,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    Trigger,
    TriggerResult,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
    WindowAssigner,
)
from flott.errors import DataError
from flott.table.expressions import col
from flott.testing import Harness, collect

Env = StreamExecutionEnvironment
FLINK = Path(__file__).parent / "window_joins.jsonl"


class SecondField(TimestampAssigner):
    def extract_timestamp(self, value: Any, record_timestamp: int) -> int:
        time: int = value[1]
        return time


AT_END = WatermarkStrategy.no_watermarks().with_timestamp_assigner(SecondField())


def timed(env: Env, records: list[Any], type_info: Any = None) -> DataStream:
    """Records `(key, time, …)`; the watermark follows at the end of the input only, whatever the size of batches."""
    return env.from_collection(records, type_info).assign_timestamps_and_watermarks(AT_END)


def of_key(key: str, times: Iterable[int]) -> list[tuple[str, int]]:
    return [(key, time) for time in times]


def first_field(record: Any) -> Any:
    return record[0]


def joined(one: DataStream, two: DataStream, windows: WindowAssigner[Any, Any]) -> JoinedStreams.WithWindow:
    return one.join(two).where(first_field).equal_to(first_field).window(windows)


def grouped(one: DataStream, two: DataStream, windows: WindowAssigner[Any, Any]) -> CoGroupedStreams.WithWindow:
    return one.co_group(two).where(first_field).equal_to(first_field).window(windows)


def times(one: Any, two: Any) -> str:
    return f"{one[1]},{two[1]}"


class WithTime(ProcessFunction):
    def process_element(self, value: Any, ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value, ctx.timestamp()


def millis(*numbers: int) -> list[Time]:
    return [Time.milliseconds(number) for number in numbers]


@pytest.mark.parametrize(
    ("windows", "orange", "green", "pairs"),
    [
        # the examples of Flink's page: windows 0-1, 2-3, 4-5; nothing green meets 6 and 7
        (
            TumblingEventTimeWindows.of(*millis(2)),
            range(8),
            (0, 1, 3, 4),
            {1: "0,0 0,1 1,0 1,1", 3: "2,3 3,3", 5: "4,4 5,4"},
        ),
        # orange 2 meets green 3 in the window 2-3, and nothing in 1-2
        (
            SlidingEventTimeWindows.of(*millis(2, 1)),
            range(5),
            (0, 3, 4),
            {0: "0,0", 1: "0,0 1,0", 3: "2,3 3,3", 4: "3,3 3,4 4,3 4,4", 5: "4,4"},
        ),
        # sessions 0-2, 4-6, and 8-9, in which there is nothing green
        (
            EventTimeSessionWindows.with_gap(*millis(1)),
            (1, 2, 5, 6, 8, 9),
            (0, 4, 5),
            {2: "1,0 2,0", 6: "5,4 5,5 6,4 6,5"},
        ),
    ],
    ids=["tumbling", "sliding", "session"],
)
def test_the_examples_of_flinks_page(
    env: Env, windows: WindowAssigner[Any, Any], orange: Iterable[int], green: Iterable[int], pairs: dict[int, str]
) -> None:
    # each key has its own pairs, and one that is on one side only has none
    one = timed(env, [*of_key("a", orange), *of_key("b", orange), ("left", 0)])
    two = timed(env, [*of_key("a", green), *of_key("b", green), ("right", 0)])
    results = collect(joined(one, two, windows).apply(lambda o, g: (o[0], times(o, g))).process(WithTime()))
    # a result has the last time that belongs to its window
    expected = [((key, pair), time) for key in "ab" for time, texts in pairs.items() for pair in texts.split()]
    assert sorted(results) == sorted(expected)


ASSIGNERS: dict[str, Callable[..., WindowAssigner[Any, Any]]] = {
    "tumbling": TumblingEventTimeWindows.of,
    "sliding": SlidingEventTimeWindows.of,
    "session": EventTimeSessionWindows.with_gap,
}


class Repeat(FlatJoinFunction):
    def join(self, first: Any, second: Any) -> Iterator[Any]:
        for _ in range(second[2] % 3):
            yield first[0], first[2], second[2]


@pytest.mark.parametrize(
    "line", FLINK.read_text().splitlines(), ids=lambda line: "-".join(map(str, flink(line, "windows", "numbers")))
)
def test_results_are_those_of_flink(env: Env, line: str) -> None:
    """Random records; what Flink 1.20.3 makes of them, by ``WindowJoins.java``."""
    kind, numbers, left, right = flink(line, "windows", "numbers", "left", "right")
    one, two, windows = timed(env, left), timed(env, right), ASSIGNERS[kind](*millis(*numbers))
    streams = {
        "join": joined(one, two, windows).apply(lambda one, two: (one[0], one[2], two[2])),
        "flat_join": joined(one, two, windows).apply(Repeat()),
        "co_group": grouped(one, two, windows).apply(
            lambda first, second: [(sorted(map(itemgetter(2), first)), sorted(map(itemgetter(2), second)))]
        ),
    }
    for name, stream in streams.items():
        results = [[*value, time] for value, time in collect(stream.process(WithTime()))]
        # in which order records of merged sessions, and keys, come is not defined
        (expected,) = flink(line, name)
        if name == "co_group":
            expected = [[sorted(ones), sorted(twos), time] for ones, twos, time in expected]
        assert sorted(results) == sorted(expected)


def flink(line: str, *names: str) -> list[Any]:
    case = json.loads(line)
    return [case[name] for name in names]


# --- co-group


def test_a_co_group_sees_both_sides_in_order_also_when_one_is_empty(single: Env) -> None:
    one = timed(single, [("a", 1, "x"), ("a", 0, "y"), ("b", 3, "z"), ("a", 6, "w")])
    two = timed(single, [("a", 4, 1), ("a", 2, 2), ("c", 0, 3)])

    class Both(CoGroupFunction):
        def co_group(self, first: list[Any], second: list[Any]) -> Iterator[Any]:
            yield "".join(record[2] for record in first), [record[2] for record in second]

    results = collect(grouped(one, two, TumblingEventTimeWindows.of(*millis(5))).apply(Both()).process(WithTime()))
    assert sorted(results) == [(("", [3]), 4), (("w", []), 9), (("xy", [1, 2]), 4), (("z", []), 4)]


# --- functions


def test_a_function_is_given_the_streams_own_objects(env: Env) -> None:
    class Order:
        def __init__(self, id: int) -> None:
            self.id = id
            self.own = self

        def __deepcopy__(self, memo: Any) -> Order:
            raise AssertionError("copied")

        __reduce__ = __deepcopy__  # type: ignore[assignment]

        def __getitem__(self, field: int) -> int:
            return self.id

    def same(one: Order, two: Order) -> tuple[int, bool]:
        return one.id, one.own is one and two.own is two

    orders = timed(env, [Order(n) for n in range(5)])
    results = collect(joined(orders, orders, TumblingEventTimeWindows.of(*millis(3))).apply(same))
    assert sorted(results) == [(n, True) for n in range(5)]


def test_functions_are_opened_and_closed_and_may_use_state_and_side_outputs(single: Env) -> None:
    events: list[str] = []
    odd = OutputTag("odd", Types.INT())

    class Key(KeySelector):
        def __init__(self, side: str) -> None:
            self.side = side

        def open(self, runtime_context: RuntimeContext) -> None:
            events.append(f"open {self.side}")

        def close(self) -> None:
            events.append(f"close {self.side}")

        def get_key(self, value: Any) -> Any:
            return value[0]

    class Numbered(FlatJoinFunction):
        def open(self, runtime_context: RuntimeContext) -> None:
            events.append(f"open {runtime_context.get_task_name()}")
            self.count = runtime_context.get_state(ValueStateDescriptor("count", Types.INT()))

        def close(self) -> None:
            events.append("close")

        def join(self, first: Any, second: Any) -> list[Any]:
            count = (self.count.value() or 0) + 1
            self.count.update(count)
            return [(odd, count)] if count % 2 else [(first[0], count)]

    one, two = timed(single, of_key("a", range(3)) + of_key("b", [0, 1])), timed(single, of_key("a", [0]) + [("b", 1)])
    windows = one.join(two).where(Key("one")).equal_to(Key("two")).window(TumblingEventTimeWindows.of(*millis(9)))
    results = windows.apply(Numbered()).name("numbered")
    # a has three pairs, b two
    odds = results.get_side_output(odd).map(str)
    assert sorted(collect(odds.union(results.map(str)))) == ["('a', 2)", "('b', 2)", "1", "1", "3"]
    opened = ["open numbered", "open one", "open two"]
    assert sorted(events) == ["close", "close one", "close two", *opened]


@pytest.mark.parametrize("kind", ["function", "lambda", "class"])
def test_a_join_function_gives_one_result_for_each_pair(env: Env, kind: str) -> None:
    class Add(JoinFunction):
        def join(self, first: Any, second: Any) -> Any:
            return add(first, second)

    def add(first: Any, second: Any) -> Any:
        return None if first[1] == 0 else first[1] * 10 + second[1]

    function = {"function": add, "lambda": lambda first, second: add(first, second), "class": Add()}[kind]
    one, two = timed(env, of_key("a", [0, 1])), timed(env, of_key("a", [2, 3]))
    # None is a record as any other, as it is for map()
    results = joined(one, two, TumblingEventTimeWindows.of(*millis(4))).apply(function)
    assert sorted(collect(results), key=str) == [12, 13, None, None]


def test_a_generator_function_gives_any_number_of_results(env: Env) -> None:
    def twice(first: Any, second: Any) -> Iterator[int]:
        if first[1] <= second[1]:
            yield first[1]
            yield second[1]

    def all_times(first: list[Any], second: list[Any]) -> Iterator[int]:
        yield sum(record[1] for record in first + second)

    one, two = timed(env, of_key("a", [1, 3])), timed(env, of_key("a", [2]))
    windows = TumblingEventTimeWindows.of(*millis(4))
    assert collect(joined(one, two, windows).apply(twice)) == [1, 2]
    assert collect(grouped(one, two, windows).apply(all_times)) == [6]


def test_results_have_the_declared_type(env: Env) -> None:
    type_info = Types.ROW_NAMED(["key", "sum"], [Types.STRING(), Types.LONG()])
    one, two = timed(env, of_key("a", [1])), timed(env, of_key("a", [2]))
    windows = TumblingEventTimeWindows.of(*millis(4))
    stream = joined(one, two, windows).apply(lambda o, t: (o[0], o[1] + t[1]), type_info)
    assert stream.get_type() == type_info
    assert [row.as_dict() for row in collect(stream.filter(col("sum") > 2))] == [{"key": "a", "sum": 3}]
    wrong = grouped(one, two, windows).apply(lambda first, second: ["three"], Types.INT())
    with pytest.raises(TypeError, match="three"):
        collect(wrong)


# --- keys


ORDER = Types.ROW_NAMED(["at", "order_id"], [Types.LONG(), Types.INT()])
PAYMENT = Types.TUPLE([Types.LONG(), Types.LONG(), Types.STRING()])


@pytest.mark.parametrize(
    ("order", "payment"),
    [("order_id", "f0"), (col("order_id"), lambda payment: payment[0]), (itemgetter(1), "f0")],
    ids=["names", "expression", "function"],
)
def test_the_key_can_be_a_field_of_a_typed_stream(env: Env, order: Any, payment: Any) -> None:
    orders = timed(env, [Row(100, 1), Row(200, 2), Row(300, 3)], ORDER).filter(col("at") > 100)
    payments = timed(env, [(2, 100, "cash"), (3, 300, "card"), (1, 100, "card")], PAYMENT)
    pairs = orders.join(payments).where(order).equal_to(payment).window(GlobalWindows.create()).trigger(CountTrigger(2))
    results = collect(pairs.apply(lambda order, payment: (order.order_id, payment[2])))
    assert sorted(results) == [(2, "cash"), (3, "card")]


def test_a_declared_key_type_is_that_of_both_sides(env: Env) -> None:
    one, two = timed(env, [(1, 0)]), timed(env, [(1.0, 0)])

    def pairs(key_type: Any) -> list[Any]:
        keyed = one.join(two).where(first_field, key_type).equal_to(first_field)
        return collect(keyed.window(TumblingEventTimeWindows.of(*millis(4))).apply(lambda o, t: (o[0], t[0])))

    # 1 and 1.0 are two keys, as in key_by
    assert pairs(None) == []
    assert pairs(Types.DOUBLE()) == [(1, 1.0)]


def test_a_keyed_streams_keys_do_not_matter(env: Env) -> None:
    one, two = (timed(env, of_key("a", numbers)).key_by(lambda record: record[1]) for numbers in ([1, 2], [3]))
    results = collect(joined(one, two, TumblingEventTimeWindows.of(*millis(4))).apply(times))
    assert sorted(results) == ["1,3", "2,3"]


def test_streams_joined_can_be_joined_again(env: Env) -> None:
    windows = TumblingEventTimeWindows.of(*millis(4))
    ones, twos, threes = (timed(env, of_key("a", [n]) + of_key("b", [n])) for n in (1, 2, 3))
    pairs = joined(ones, twos, windows).apply(lambda one, two: (one[0], one[1] + two[1]))
    assert sorted(collect(joined(pairs, threes, windows).apply(lambda pair, three: (*pair, three[1])))) == [
        ("a", 3, 3),
        ("b", 3, 3),
    ]


# --- triggers, time


class EachOfTwo(Trigger[TaggedUnion, Any]):
    """Fires for each record of the second stream."""

    def on_element(self, element: TaggedUnion, timestamp: int, window: Any, ctx: Any) -> TriggerResult:
        assert (element.get_one() is None, element.get_two() is None) == (element.is_two(), element.is_one())
        record = element.get_one() or element.get_two()
        assert record[1] == timestamp
        return TriggerResult.FIRE if element.is_two() else TriggerResult.CONTINUE

    def on_event_time(self, time: int, window: Any, ctx: Any) -> TriggerResult:
        return TriggerResult.CONTINUE

    on_processing_time = on_event_time

    def on_merge(self, window: Any, ctx: Any) -> None: ...

    def clear(self, window: Any, ctx: Any) -> None: ...


def test_a_trigger_sees_which_stream_a_record_is_of() -> None:
    with Harness() as h:
        pairs = joined(h.source("one"), h.source("two"), TumblingEventTimeWindows.of(Time.seconds(1)))
        results = pairs.trigger(EachOfTwo()).apply(times)
        h.feed("one", ("a", 1), timestamp=1)
        h.feed("two", ("a", 2), timestamp=2)
        assert h.take(results) == ["1,2"]
        h.feed("one", ("a", 3), timestamp=3)
        assert h.take(results) == []
        h.feed("two", ("b", 5), ("a", 5), timestamp=5)
        assert h.take(results) == ["1,2", "1,5", "3,2", "3,5"]


def test_windows_of_a_count_have_the_records_of_both_streams() -> None:
    with Harness() as h:
        windows = GlobalWindows.create()
        groups = grouped(h.source("one"), h.source("two"), windows).trigger(PurgingTrigger.of(CountTrigger.of(3)))
        results = groups.apply(lambda first, second: [(len(first), len(second))])
        h.feed("one", ("a",), ("b",), ("a",))
        h.feed("two", ("b",))
        assert h.output(results) == []
        h.feed("two", ("a",), ("a",), ("b",))
        assert h.output(results) == [(2, 1), (1, 2)]


class OnlyNewestOfSecond(Evictor[TaggedUnion, Any]):
    def evict_before(self, elements: list[Any], size: int, window: Any, ctx: Any) -> None:
        seconds = [element for element in elements if element.get_value().is_two()]
        for element in seconds[:-1]:
            elements.remove(element)

    def evict_after(self, elements: list[Any], size: int, window: Any, ctx: Any) -> None: ...


@pytest.mark.parametrize(
    ("evictor", "pairs"),
    [
        # of 1 2 (first) 3 4 (second): the last three are 2 3 4
        (CountEvictor.of(3), ["2,3", "2,4"]),
        (OnlyNewestOfSecond(), ["1,4", "2,4"]),
    ],
    ids=["count", "own"],
)
def test_an_evictor_takes_records_of_both_streams(evictor: Evictor[Any, Any], pairs: list[str]) -> None:
    with Harness() as h:
        windows = joined(h.source("one"), h.source("two"), TumblingEventTimeWindows.of(*millis(10)))
        results = windows.evictor(evictor).apply(times)
        for source, time in (("one", 1), ("one", 2), ("two", 3), ("two", 4)):
            h.feed(source, ("a", time), timestamp=time)
        h.finish()
        assert h.output(results) == pairs


def test_windows_of_processing_time() -> None:
    with Harness(start_time=10_000) as h:
        pairs = joined(h.source("one"), h.source("two"), TumblingProcessingTimeWindows.of(Time.seconds(5)))
        results = pairs.apply(lambda one, two: one[1] + two[1])
        h.feed("one", ("a", 1))
        h.advance(4_000)
        h.feed("two", ("a", 2))
        assert h.output(results) == []
        h.advance(2_000)
        assert [(record.value, record.timestamp) for record in h.records(results)] == [(3, 14_999)]
        h.feed("two", ("a", 5))
        h.advance(10_000)
        assert h.output(results) == [3]


class GapOfRecord(SessionWindowTimeGapExtractor):
    def extract(self, element: TaggedUnion) -> int:
        return 10 if element.is_one() else 1


def test_a_gap_that_depends_on_the_record(env: Env) -> None:
    one, two = timed(env, of_key("a", [0])), timed(env, of_key("a", [10, 20]))
    # 0-9 of the first stream meets 10 of the second, whose session ends before 20
    windows = EventTimeSessionWindows.with_dynamic_gap(GapOfRecord())
    assert collect(joined(one, two, windows).apply(times)) == ["0,10"]


def test_the_watermark_is_that_of_the_slower_stream() -> None:
    with Harness() as h:
        results = joined(h.source("one"), h.source("two"), TumblingEventTimeWindows.of(*millis(10))).apply(times)
        h.feed("one", ("a", 1), timestamp=1)
        h.watermark("one", 20)
        h.feed("two", ("a", 9), timestamp=9)
        assert h.output(results) == []
        h.watermark("two", 9)
        assert h.output(results) == ["1,9"]


def test_late_records_are_counted_and_those_in_the_allowed_lateness_join_again() -> None:
    with Harness() as h:
        pairs = joined(h.source("one"), h.source("two"), TumblingEventTimeWindows.of(*millis(10)))
        results = pairs.allowed_lateness(5).apply(times).name("pairs")
        h.feed("one", ("a", 1), timestamp=1)
        h.feed("two", ("a", 2), timestamp=2)
        for source in ("one", "two"):
            h.watermark(source, 9)
        assert h.take(results) == ["1,2"]
        h.feed("two", ("a", 3), timestamp=3)
        assert h.take(results) == ["1,2", "1,3"]
        # the window's last time, and the lateness
        for source in ("one", "two"):
            h.watermark(source, 9 + 5)
        h.feed("one", ("a", 4), timestamp=4)
        h.feed("two", ("a", 4), timestamp=4)
        assert h.take(results) == []
        assert h.counters("pairs")["numLateRecordsDropped"] == 2


# --- how it looks


def test_the_plan_names_the_join(single: Env) -> None:
    single.set_parallelism(2)
    one, two = timed(single, [("a", 1)]), timed(single, [("a", 1)])
    joined(one, two, TumblingEventTimeWindows.of(*millis(2))).apply(times).print()
    grouped(one, two, GlobalWindows.create()).trigger(CountTrigger.of(5)).apply(lambda first, second: []).print()
    nodes = {node["id"]: node for node in json.loads(single.get_execution_plan())["nodes"]}
    (join,) = (node for node in nodes.values() if node["type"] == "Window Join")
    (group,) = (node for node in nodes.values() if node["type"] == "Window Co-Group")
    assert join["contents"] == "Window Join(TumblingEventTimeWindows, EventTimeTrigger, JoinFunction)"
    assert group["contents"] == "Window Co-Group(GlobalWindows, CountTrigger, CoGroupFunction)"
    assert (join["parallelism"], group["parallelism"]) == (2, 2)
    # one exchange for each side, and what is before it stays in its source's task
    for node in (join, group):
        assert [each["ship_strategy"] for each in node["predecessors"]] == ["HASH", "HASH"]
        assert [nodes[each["id"]]["parallelism"] for each in node["predecessors"]] == [1, 1]


def test_a_result_is_an_operator_like_others(env: Env) -> None:
    one, two = timed(env, [("a", 1)]), timed(env, [("a", 1)])
    stream = joined(one, two, TumblingEventTimeWindows.of(*millis(2))).apply(times)
    assert stream.name("pairs").uid("pairs").set_parallelism(1).get_name() == "pairs"
    assert collect(stream) == ["1,1"]


# --- wrong use


@pytest.fixture
def streams() -> tuple[DataStream, DataStream]:
    env = Env.get_execution_environment()
    return env.from_collection([("a", 1)]), env.from_collection([("a", 2)])


@pytest.mark.parametrize("call", ["join", "co_group"])
def test_a_step_that_is_left_out_is_named(streams: tuple[DataStream, DataStream], call: str) -> None:
    one, two = streams
    step: Any = getattr(one, call)(two)
    windows = TumblingEventTimeWindows.of(*millis(2))
    with pytest.raises(AttributeError, match=r"no attribute 'window'; the next call is where\(key_selector\)"):
        step.window(windows)
    step = step.where(first_field)
    with pytest.raises(AttributeError, match=r"no attribute 'window'; the next call is equal_to\(key_selector\)"):
        step.window(windows)
    step = step.equal_to(first_field)
    with pytest.raises(AttributeError, match=r"no attribute 'apply'; the next call is window\(assigner\)"):
        step.apply(times)
    step = step.window(windows)
    with pytest.raises(AttributeError, match=r"no attribute 'map'; the next call is apply\(function\)"):
        step.map(times)


class Mapper(MapFunction):
    def map(self, value: Any) -> Any:
        return value


class Yields(JoinFunction):
    def join(self, first: Any, second: Any) -> Iterator[Any]:
        yield first


class OneList(CoGroupFunction):
    def co_group(self, both: Any) -> Any:  # type: ignore[override]
        return []


def nothing(first: Any, second: Any) -> None: ...


@pytest.mark.parametrize(
    ("call", "function", "error"),
    [
        ("join", None, r"apply\(\) takes a JoinFunction or a function, not None"),
        ("join", Mapper(), r"apply\(\) takes a JoinFunction or a function, not Mapper"),
        ("join", lambda one: one, r"apply\(\): the lambda \(.*test_window_join.py:\d+\) takes one; it is called with"),
        ("join", Yields(), r"Yields.join contains yield.*: return one record, or extend FlatJoinFunction for several"),
        ("join", Yields, r"takes a JoinFunction object, not the class; make one: Yields\(\)"),
        ("join", Repeat, r"takes a FlatJoinFunction object, not the class; make one: Repeat\(\)"),
        ("join", OneList(), r"not OneList; a CoGroupFunction goes to stream.co_group\(other\)"),
        ("co_group", None, r"apply\(\) takes a CoGroupFunction or a function, not None"),
        ("co_group", OneList(), r"OneList.co_group takes both; it is called with first, second"),
        ("co_group", Repeat(), r"not Repeat; a FlatJoinFunction goes to stream.join\(other\)"),
        ("co_group", lambda one: one, r"the lambda \(.*\) takes one; it is called with first, second"),
    ],
)
def test_wrong_functions(streams: tuple[DataStream, DataStream], call: str, function: Any, error: str) -> None:
    one, two = streams
    made = joined if call == "join" else grouped
    with pytest.raises(TypeError, match=error):
        made(one, two, TumblingEventTimeWindows.of(*millis(2))).apply(function)


def test_a_function_without_results_is_found_where_a_type_is_declared(streams: tuple[DataStream, DataStream]) -> None:
    with pytest.raises(TypeError, match=r"nothing \(.*\) never returns a value, but Integer is declared"):
        joined(*streams, TumblingEventTimeWindows.of(*millis(2))).apply(nothing, Types.INT())


@pytest.mark.parametrize("call", ["join", "co_group"])
def test_wrong_arguments(streams: tuple[DataStream, DataStream], call: str) -> None:
    one, two = streams
    other = Env.get_execution_environment().from_collection([("a", 1)])
    with pytest.raises(ValueError, match=rf"{call}\(\): both streams must come from one StreamExecutionEnvironment"):
        getattr(one, call)(other)
    with pytest.raises(TypeError, match=rf"{call}\(\) takes a stream, not \[1\]"):
        getattr(one, call)([1])
    start = getattr(one, call)(two)
    with pytest.raises(TypeError, match=r"where\(\): the lambda .* takes a, b; it is called with value"):
        start.where(lambda a, b: a)
    with pytest.raises(TypeError, match=r"equal_to\(\) takes a KeySelector or a function, not 5"):
        start.where(first_field).equal_to(5)
    windows = start.where(first_field).equal_to(first_field)
    with pytest.raises(TypeError, match=r"windows come from a WindowAssigner such as .* not from 5"):
        windows.window(5)
    with pytest.raises(TypeError, match=r"trigger\(\) takes a Trigger such as CountTrigger.of\(100\), not 5"):
        windows.window(GlobalWindows.create()).trigger(5)
    with pytest.raises(TypeError, match="NeverTrigger can't"):
        windows.window(EventTimeSessionWindows.with_gap(Time.seconds(5))).trigger(NeverTrigger())
    with pytest.raises(TypeError, match=r"evictor\(\) takes an Evictor such as CountEvictor.of\(10\), not 5"):
        windows.window(GlobalWindows.create()).evictor(5)
    with pytest.raises(ValueError, match="the allowed lateness is at least 0 ms, not -1"):
        windows.window(GlobalWindows.create()).allowed_lateness(-1)


def test_wrong_keys(streams: tuple[DataStream, DataStream]) -> None:
    one, two = streams
    typed = one.get_execution_environment().from_collection([(1, "a")], Types.TUPLE([Types.INT(), Types.STRING()]))
    with pytest.raises(TypeError, match=r"where\('user_id'\) needs a stream whose type has fields"):
        one.join(two).where("user_id")
    with pytest.raises(ValueError, match=r"equal_to\('id'\): there is no such field: the fields are f0, f1"):
        one.join(typed).where(first_field).equal_to("id")
    with pytest.raises(TypeError, match=r"takes a function of the record or a field's name, not the expression"):
        typed.join(two).where(col("f0") + 1)
    with pytest.raises(TypeError, match=r"never equal: those of where\(\) are Integer, those of equal_to\(\) String"):
        typed.join(typed).where("f0").equal_to("f1")
    with pytest.raises(TypeError, match=r"never equal: those of where\(\) are Integer, those of equal_to\(\) String"):
        typed.join(two).where("f0").equal_to(first_field, Types.STRING())


def test_exceptions_are_the_programs_own(single: Env) -> None:
    one, two = timed(single, of_key("a", [1])), timed(single, of_key("a", [0]))
    windows = TumblingEventTimeWindows.of(*millis(2))
    with pytest.raises(ZeroDivisionError) as failure:
        collect(joined(one, two, windows).apply(lambda o, t: o[1] / t[1]))
    (note,) = failure.value.__notes__
    assert note.startswith("in operator 'Window Join' (test_window_join.py:")
    assert "the window" in note and "of the key 'a'" in note
    with pytest.raises(TypeError, match="join must yield its results or return an iterable of them .* not 'ab'"):
        collect(joined(one, two, windows).apply(Text()))
    with pytest.raises(TypeError, match="co_group must yield its results or return an iterable of them .* not 5"):
        collect(grouped(one, two, windows).apply(lambda first, second: 5))
    with pytest.raises(IndexError) as failure:
        collect(one.join(two).where(lambda record: record[7]).equal_to(first_field).window(windows).apply(times))
    assert "('a', 1)" in failure.value.__notes__[0]


class Text(FlatJoinFunction):
    def join(self, first: Any, second: Any) -> Any:
        return "ab"


def test_records_need_timestamps_for_windows_of_event_time(single: Env) -> None:
    one, two = single.from_collection([("a", 1)]), timed(single, [("a", 1)])
    with pytest.raises(DataError, match="(?s)no event time.*assign_timestamps_and_watermarks"):
        collect(joined(one, two, TumblingEventTimeWindows.of(*millis(2))).apply(times))
