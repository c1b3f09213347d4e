"""sum, min, max, min_by and max_by of keyed streams: of Python objects, and of columns without Python."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flott._flott import gate_entries
from flott.common import Row, RowKind, Types, WatermarkStrategy
from flott.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from flott.datastream.connectors.number_seq import NumberSequenceSource
from flott.datastream.data_stream import DataStream, KeyedStream
from flott.errors import ConfigurationError, DataError
from flott.table.expressions import col

Env = StreamExecutionEnvironment
ORDER = Types.ROW_NAMED(["user", "n", "note"], [Types.STRING(), Types.INT(), Types.STRING()])
ORDERS = [("a", 3, "x"), ("b", 5, "y"), ("a", 1, "z"), ("b", 3, "w"), ("a", 1, "v")]


def collect(stream: DataStream) -> list[object]:
    with stream.execute_and_collect() as results:
        return list(results)


def keyed(env: Env, how: str) -> KeyedStream:
    """The orders by user: keyed by a function or by a column, as rows or as tuples."""
    typed = env.from_collection(ORDERS, ORDER)
    if how == "function":
        return typed.key_by(lambda row: row.user)
    if how == "column":
        return typed.key_by("user")
    return env.from_collection(ORDERS).key_by(lambda order: order[0])


#: The results of the five orders, by hand: of sum, min and max the first record with one field replaced.
EXPECTED = {
    "sum": [("a", 3, "x"), ("b", 5, "y"), ("a", 4, "x"), ("b", 8, "y"), ("a", 5, "x")],
    "min": [("a", 3, "x"), ("b", 5, "y"), ("a", 1, "x"), ("b", 3, "y"), ("a", 1, "x")],
    "max": [("a", 3, "x"), ("b", 5, "y"), ("a", 3, "x"), ("b", 5, "y"), ("a", 3, "x")],
    "min_by": [("a", 3, "x"), ("b", 5, "y"), ("a", 1, "z"), ("b", 3, "w"), ("a", 1, "z")],
    "max_by": [("a", 3, "x"), ("b", 5, "y"), ("a", 3, "x"), ("b", 5, "y"), ("a", 3, "x")],
}


@pytest.mark.parametrize("how", ["function", "column", "tuples"])
@pytest.mark.parametrize("call", EXPECTED)
def test_results_of_every_record(single: Env, call: str, how: str) -> None:
    results = collect(getattr(keyed(single, how), call)(1))
    assert [tuple(result) for result in results] == EXPECTED[call]  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["function", "column", "tuples"])
@pytest.mark.parametrize("call", EXPECTED)
def test_last_results_in_batch_mode(env: Env, call: str, how: str) -> None:
    env.set_runtime_mode(RuntimeExecutionMode.BATCH)
    results = collect(getattr(keyed(env, how), call)(1))
    assert sorted(tuple(result) for result in results) == sorted(EXPECTED[call][-2:])  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["function", "column"])
def test_fields_by_name_and_from_the_end(single: Env, how: str) -> None:
    for position in ("n", 1, -2):
        results = collect(keyed(single, how).sum(position))
        assert results[-1] == Row(user="a", n=5, note="x")


def test_columns_never_enter_python(single: Env) -> None:
    source = NumberSequenceSource(1, 2000)
    numbers = single.from_source(source, WatermarkStrategy.no_watermarks(), "numbers", Types.LONG())
    sums = numbers.select((col("value") % 5).alias("k"), "value").key_by("k").sum("value")
    # the last sum of key 0 is the largest of all: 5 + 10 + … + 2000 = 5 * 400 * 401 / 2
    last = sums.filter(col("value") >= 401_000)
    before = gate_entries()
    assert collect(last) == [Row(k=0, value=401_000)]
    assert gate_entries() - before <= 1


def test_the_sum_of_a_computed_key_over_several_subtasks(env: Env) -> None:
    numbers = env.from_collection([(n, 1) for n in range(3000)], Types.TUPLE([Types.INT(), Types.LONG()]))
    counts = collect(numbers.rebalance().key_by(col("f0") % 7).sum(1).map(lambda pair: (pair[0] % 7, pair[1])))
    last: dict[int, int] = {}
    for key, count in counts:  # type: ignore[misc]
        last[key] = max(last.get(key, 0), count)
    # 3000 = 7 * 428 + 4: four keys have one record more
    assert last == {key: 429 if key < 4 else 428 for key in range(7)}
    assert len(counts) == 3000


def test_a_stream_of_numbers_is_its_own_field(single: Env) -> None:
    numbers = single.from_collection([4, 7, 2, 9], Types.LONG())
    assert collect(numbers.key_by(lambda n: n % 2).sum()) == [4, 7, 6, 16]
    assert collect(numbers.key_by(col("value") % 2).max()) == [4, 7, 4, 9]


def test_decimals_and_texts_of_columns(single: Env) -> None:
    kind = Types.TUPLE([Types.INT(), Types.BIG_DEC(), Types.STRING()])
    records = [(1, Decimal("0.10"), "b"), (1, Decimal("0.25"), "a")]
    stream = single.from_collection(records, kind).key_by("f0")
    assert collect(stream.sum(1))[-1] == (1, Decimal("0.35"), "b")
    assert collect(stream.min(2))[-1] == (1, Decimal("0.10"), "a")


def test_a_result_that_is_kept_does_not_change_afterwards(single: Env) -> None:
    """Flink hands copies on; here the functions behind get the very objects."""
    seen: list[object] = []
    lists = single.from_collection([["a", 1], ["a", 2], ["a", 4]]).key_by(lambda x: x[0]).sum(1)
    collect(lists.map(lambda x: seen.append(x) or x))
    assert seen == [["a", 1], ["a", 3], ["a", 7]]
    rows = single.from_collection([Row("a", 1), Row("a", 2)]).key_by(lambda x: x[0]).sum(1)
    assert collect(rows) == [Row("a", 1), Row("a", 3)]


def test_a_row_keeps_the_kind_of_its_first_record(single: Env) -> None:
    records = [Row.of_kind(RowKind.UPDATE_AFTER, "a", 1), Row("a", 2)]
    results = collect(single.from_collection(records).key_by(lambda x: x[0]).sum(1))
    assert results[-1] == Row.of_kind(RowKind.UPDATE_AFTER, "a", 3)


@pytest.mark.parametrize("position", [1.0, None, ["n"]])
def test_a_position_is_an_int_or_a_str(single: Env, position: object) -> None:
    with pytest.raises(TypeError, match=r"sum\(\) takes the position or the name of a field"):
        keyed(single, "function").sum(position)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["function", "column"])
@pytest.mark.parametrize("position", [3, -4, "amount"])
def test_a_field_that_is_not_there_is_named_where_it_is_asked_for(single: Env, how: str, position: int | str) -> None:
    with pytest.raises(ValueError, match="there is no such field: the fields are user, n, note"):
        keyed(single, how).max(position)


def test_a_value_without_fields_has_position_0_only(single: Env) -> None:
    with pytest.raises(TypeError, match=r"max_by\(1\): a value of type"):
        single.from_collection([1, 2], Types.INT()).key_by(lambda x: x).max_by(1)
    # without a type it is known when two records meet
    with pytest.raises(TypeError, match=r"sum\(1\): a value of type int has no fields"):
        collect(single.from_collection([1, 1]).key_by(lambda x: x).sum(1))


def test_fields_of_columns_that_have_no_sum_are_refused(single: Env) -> None:
    with pytest.raises(ConfigurationError, match=r"sum\('note'\): note is a STRING"):
        keyed(single, "column").sum("note")


def test_null_that_meets_a_value_fails_with_the_record(single: Env) -> None:
    orders = single.from_collection([("a", 1, "x"), ("a", None, "y")], ORDER)
    with pytest.raises(TypeError):
        collect(orders.key_by(lambda row: row.user).sum("n"))
    with pytest.raises(DataError, match=r"sum\('n'\): null has no place in it(?s:.*)record: \+I\[a, null, y\]"):
        collect(orders.key_by("user").sum("n"))


def test_a_sum_too_large_for_its_type_fails(single: Env) -> None:
    numbers = single.from_collection([(1, 2**31 - 1), (1, 1)], Types.TUPLE([Types.INT(), Types.INT()]))
    with pytest.raises(DataError, match=r"sum\('f1'\): the sum is too large for INT(?s:.*)cast the field"):
        collect(numbers.key_by("f0").sum(1))


def test_each_aggregate_of_pyflinks_list_is_a_method() -> None:
    # PyFlink's numbers
    numbers = {each.name: each.value for each in KeyedStream.AccumulateType}
    assert numbers == {"MIN": 1, "MAX": 2, "MIN_BY": 3, "MAX_BY": 4, "SUM": 5}
    assert all(callable(getattr(KeyedStream, name.lower())) for name in numbers)
