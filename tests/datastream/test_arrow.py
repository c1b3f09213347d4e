"""from_arrow and execute_and_collect_arrow: columns from and to polars, pyarrow and pandas."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import pandas
import polars
import pyarrow
import pytest

from flott._flott import gate_entries
from flott.common import Row, Types
from flott.datastream import StreamExecutionEnvironment
from flott.datastream._arrow import ArrowResult
from flott.datastream.data_stream import DataStream
from flott.table.expressions import col

Env = StreamExecutionEnvironment
UTC = dt.timezone.utc
#: A value and a null of every type that a stream can hold, by Arrow's name of the type.
VALUES = {
    "b": (pyarrow.bool_(), True),
    "i8": (pyarrow.int8(), -8),
    "i16": (pyarrow.int16(), -16),
    "i32": (pyarrow.int32(), -32),
    "i64": (pyarrow.int64(), -(2**63)),
    "f32": (pyarrow.float32(), 0.5),
    "f64": (pyarrow.float64(), 0.1),
    "s": (pyarrow.string(), "订单"),
    "bin": (pyarrow.binary(), b"\x00\xff"),
    "dec": (pyarrow.decimal128(10, 2), Decimal("12.30")),
    "day": (pyarrow.date32(), dt.date(2024, 2, 29)),
    "tod": (pyarrow.time32("ms"), dt.time(23, 59, 59, 999000)),
    "ts": (pyarrow.timestamp("us"), dt.datetime(1969, 12, 31, 23, 59, 59, 999999)),
    "tz": (pyarrow.timestamp("us", "UTC"), dt.datetime(2024, 1, 1, tzinfo=UTC)),
    "list": (pyarrow.list_(pyarrow.int64()), [1, None, 3]),
    "row": (pyarrow.struct([("x", pyarrow.int32()), ("y", pyarrow.string())]), {"x": 1, "y": None}),
    "map": (pyarrow.map_(pyarrow.string(), pyarrow.int32()), [("k", 1)]),
}


def every_type() -> pyarrow.Table:
    return pyarrow.table({name: pyarrow.array([value, None], kind) for name, (kind, value) in VALUES.items()})


def collect(stream: DataStream) -> list[object]:
    with stream.execute_and_collect() as results:
        return list(results)


def test_every_type_goes_through_unchanged(single: Env) -> None:
    table = every_type()
    result = pyarrow.table(single.from_arrow(table).execute_and_collect_arrow())
    assert result.to_pylist() == table.to_pylist()
    assert result.schema.types == table.schema.types


def test_python_sees_every_type(single: Env) -> None:
    first, second = collect(single.from_arrow(every_type()).map(lambda row: row))
    assert isinstance(first, Row) and isinstance(second, Row)
    plain = {name: first[name] for name in VALUES if name not in ("tz", "row", "map")}
    assert plain == {name: value for name, (_, value) in VALUES.items() if name not in ("tz", "row", "map")}
    assert (first["row"], first["map"]) == (Row(x=1, y=None), {"k": 1})
    assert (first["tz"].seconds, first["tz"].nanos) == (1704067200, 0)
    assert list(second) == [None] * len(VALUES)


def test_the_type_of_the_stream(single: Env) -> None:
    table = polars.DataFrame({"id": [1], "name": ["a"], "tags": [["x"]]}, schema_overrides={"id": polars.UInt16})
    expected = Types.ROW_NAMED(["id", "name", "tags"], [Types.INT(), Types.STRING(), Types.LIST(Types.STRING())])
    assert single.from_arrow(table).get_type() == expected


def test_types_that_are_wider_or_encoded_elsewhere(single: Env) -> None:
    table = pyarrow.table(
        {
            "u64": pyarrow.array([2**64 - 1], pyarrow.uint64()),
            "large": pyarrow.array(["x"], pyarrow.large_string()),
            "view": pyarrow.array(["a text too long to stand in a view"], pyarrow.string_view()),
            "dict": pyarrow.array(["red"]).dictionary_encode(),
            "lists": pyarrow.array([[b"y"]], pyarrow.large_list(pyarrow.large_binary())),
            "three": pyarrow.array([[1, 2, 3]], pyarrow.list_(pyarrow.uint8(), 3)),
            "ns": pyarrow.array([1_000_000_001_000], pyarrow.timestamp("ns")),
            "zone": pyarrow.array([0], pyarrow.timestamp("s", "Asia/Shanghai")),
        }
    )
    result = pyarrow.table(single.from_arrow(table).execute_and_collect_arrow())
    assert result.to_pylist() == [
        {
            "u64": Decimal(2**64 - 1),
            "large": "x",
            "view": "a text too long to stand in a view",
            "dict": "red",
            "lists": [b"y"],
            "three": [1, 2, 3],
            "ns": dt.datetime(1970, 1, 1, 0, 16, 40, 1),
            "zone": dt.datetime(1970, 1, 1, tzinfo=UTC),
        }
    ]


@pytest.mark.parametrize("library", ["polars", "pyarrow", "pandas"])
def test_there_and_back(env: Env, library: str) -> None:
    orders = {"id": [1, 2, 3], "user": ["ann", None, "bob"], "amount": [0.5, 30.5, -1.0]}
    table = {"polars": polars.DataFrame, "pyarrow": pyarrow.table, "pandas": pandas.DataFrame}[library](orders)
    stream = env.from_arrow(table).filter(col("amount") > 0).select("id", "user", (col("amount") * 2).alias("double"))
    result = stream.execute_and_collect_arrow()
    expected = [{"id": 1, "user": "ann", "double": 1.0}, {"id": 2, "user": None, "double": 61.0}]
    assert sorted(polars.DataFrame(result).to_dicts(), key=lambda row: row["id"]) == expected
    assert sorted(pyarrow.table(result).to_pylist(), key=lambda row: row["id"]) == expected
    frame = result.to_pandas().sort_values("id")
    assert frame["id"].tolist() == [1, 2] and frame["double"].tolist() == [1.0, 61.0]
    assert frame["user"].tolist()[0] == "ann" and frame["user"].isna().tolist() == [False, True]
    assert (len(result), result.column_names) == (2, ["id", "user", "double"])


def test_every_row_comes_once_and_in_order_within_a_subtask(env: Env) -> None:
    # of three batches, one of them empty
    table = pyarrow.concat_tables([pyarrow.table({"n": range(10)}), pyarrow.table({"n": pyarrow.array([], "int64")})])
    table = pyarrow.concat_tables([table, pyarrow.table({"n": range(10, 1000)})])
    seen = env.from_arrow(table).execute_and_collect_arrow().column("n")
    assert sorted(seen) == list(range(1000))
    if env.get_parallelism() == 1:
        assert seen == list(range(1000))


def test_slices_and_arrays(single: Env) -> None:
    sliced = pyarrow.table({"n": [1, 2, 3, 4], "s": ["a", None, "c", "d"]}).slice(1, 2)
    assert collect(single.from_arrow(sliced)) == [Row(n=2, s=None), Row(n=3, s="c")]
    assert collect(single.from_arrow(sliced.to_batches()[0])) == [Row(n=2, s=None), Row(n=3, s="c")]
    structs = pyarrow.array([{"n": 1}, {"n": 2}])
    assert collect(single.from_arrow(structs)) == [Row(n=1), Row(n=2)]


def test_an_empty_table(single: Env) -> None:
    empty = polars.DataFrame({"n": [], "s": []}, schema={"n": polars.Int64, "s": polars.String})
    result = single.from_arrow(empty).execute_and_collect_arrow()
    assert polars.DataFrame(result).equals(empty)
    assert result.to_pandas().shape == (0, 2)


def test_columns_never_enter_python(single: Env) -> None:
    numbers = polars.DataFrame({"k": [n % 7 for n in range(5000)], "v": list(range(5000))})
    stream = single.from_arrow(numbers).key_by("k").sum("v")
    before = gate_entries()
    sums = polars.DataFrame(stream.execute_and_collect_arrow())
    assert gate_entries() == before
    expected = numbers.group_by("k").agg(polars.col("v").sum()).sort("k")
    assert sums.group_by("k").agg(polars.col("v").max()).sort("k").equals(expected)


def test_the_result_can_be_read_again(single: Env) -> None:
    result = single.from_arrow(polars.DataFrame({"n": [1, 2]})).execute_and_collect_arrow()
    assert polars.DataFrame(result).equals(polars.DataFrame(result))
    assert collect(single.from_arrow(result)) == [Row(n=1), Row(n=2)]


def test_streams_of_python_objects_and_of_values(single: Env) -> None:
    typed = single.from_collection([(1, "a")], Types.TUPLE([Types.INT(), Types.STRING()]))
    assert polars.DataFrame(typed.execute_and_collect_arrow()).to_dicts() == [{"f0": 1, "f1": "a"}]
    numbers = single.from_collection([1, 2], Types.LONG())
    assert polars.DataFrame(numbers.execute_and_collect_arrow()).to_dicts() == [{"value": 1}, {"value": 2}]
    with pytest.raises(TypeError, match=r"execute_and_collect_arrow\(\) needs a typed stream"):
        single.from_collection([1]).execute_and_collect_arrow()


def test_a_failing_function_is_raised_as_itself(single: Env) -> None:
    stream = single.from_arrow(polars.DataFrame({"n": [0]})).map(lambda row: 1 // row.n, Types.LONG())
    with pytest.raises(ZeroDivisionError):
        stream.execute_and_collect_arrow()


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pyarrow.array([None]), "the column 'bad' has the Arrow type Null, which no type of a stream holds"),
        (pyarrow.array([1], pyarrow.duration("s")), "the column 'bad' has the Arrow type Duration"),
        (pyarrow.array([{"x": [None]}]), r"the column 'bad\.x\.item' has the Arrow type Null"),
    ],
)
def test_a_column_of_another_type_is_named(single: Env, column: pyarrow.Array, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        single.from_arrow(pyarrow.table({"good": [1], "bad": column}))


@pytest.mark.parametrize(
    "column",
    [
        pyarrow.array([1_000_000_001], pyarrow.timestamp("ns")),
        pyarrow.array([1], pyarrow.time64("us")),
        pyarrow.array([[1]], pyarrow.list_(pyarrow.timestamp("ns"))),
    ],
)
def test_a_value_that_would_lose_digits_is_refused(single: Env, column: pyarrow.Array) -> None:
    with pytest.raises(ValueError, match="the column 't': a value of type .* has a fraction"):
        single.from_arrow(pyarrow.table({"t": column}))


def test_a_column_of_nulls_alone_is_named(single: Env) -> None:
    with pytest.raises(TypeError, match="the column 'n' has the Arrow type Null"):
        single.from_arrow(polars.DataFrame({"n": [None]}))


def test_what_is_no_table_is_refused(single: Env) -> None:
    with pytest.raises(TypeError, match=r"from_arrow\(\) takes a table .* not list; .* from_collection\(\)"):
        single.from_arrow([1, 2])
    with pytest.raises(TypeError, match="make it a column"):
        single.from_arrow(pyarrow.array([1, 2]))
    with pytest.raises(ValueError, match="two columns 'a'"):
        single.from_arrow(pyarrow.Table.from_arrays([pyarrow.array([1]), pyarrow.array([2])], ["a", "a"]))


def test_columns_of_a_result() -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    result = env.from_arrow(polars.DataFrame({"n": [1]})).execute_and_collect_arrow()
    assert isinstance(result, ArrowResult) and repr(result) == "ArrowResult(1 records of n)"
    with pytest.raises(KeyError, match="there is no column 'm': the columns are n"):
        result.column("m")


PANDAS_ALONE = """
import sys
sys.modules["pyarrow"] = None  # as if it were not installed
import datetime as dt
from decimal import Decimal
import numpy as np
import pandas as pd
from flott.common import Row
from flott.datastream import StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
frame = pd.DataFrame({
    "i": np.array([1, 2], "int16"), "u": np.array([3, 4], "uint32"), "f": [0.5, np.nan], "b": [True, False],
    "s": ["x", None], "n": pd.array([7, None], "Int64"), "t": pd.to_datetime(["2024-01-01 00:00:00.5", None]),
    "z": pd.to_datetime(["2024-01-01 08:00", None]).tz_localize("Asia/Shanghai"),
    "d": [Decimal("1.5"), None], "o": [dt.date(2024, 1, 1), None], "y": [b"q", None],
}, index=[5, 6])
result = env.from_arrow(frame).execute_and_collect_arrow()
values = {name: result.column(name) for name in result.column_names}
assert values["z"][0].seconds == 1704067200 and values.pop("z")[1] is None
assert values == {
    "i": [1, 2], "u": [3, 4], "f": [0.5, None], "b": [True, False], "s": ["x", None], "n": [7, None],
    "t": [dt.datetime(2024, 1, 1, 0, 0, 0, 500000), None], "d": [Decimal("1.5"), None],
    "o": [dt.date(2024, 1, 1), None], "y": [b"q", None],
}, values
back = result.to_pandas()
assert [str(back[name].dtype) for name in ("i", "u", "f", "b", "n", "t", "z")] == [
    "int16", "int64", "float64", "bool", "Int64", "datetime64[us]", "datetime64[us, UTC]"], back.dtypes
assert back["z"][0] == pd.Timestamp("2024-01-01", tz="UTC") and back["t"].isna().tolist() == [False, True]
assert back["s"].tolist()[0] == "x" and back["o"][0] == dt.date(2024, 1, 1)
assert back["n"].isna().tolist() == [False, True]
again = env.from_arrow(back).execute_and_collect_arrow()
assert all(again.column(name) == values[name] for name in values)
try:
    env.from_arrow(pd.DataFrame({"c": [1 + 2j]}))
except TypeError as error:
    assert "the column 'c' holds objects of type complex" in str(error), error
else:
    raise AssertionError("complex numbers were taken")
print("as it should be")
"""


def test_pandas_without_pyarrow() -> None:
    done = subprocess.run([sys.executable, "-c", PANDAS_ALONE], capture_output=True, text=True, timeout=120)
    assert done.stdout == "as it should be\n", done.stderr
