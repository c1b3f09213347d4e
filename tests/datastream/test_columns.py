"""Operators on columns: filter, select, explode, key_by, deserialize and serialize without Python functions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flott.common import Row, Types
from flott.common.typeinfo import RowTypeInfo
from flott.datastream import OutputTag, StreamExecutionEnvironment
from flott.datastream.data_stream import DataStream
from flott.datastream.formats.json import JsonRowDeserializationSchema, JsonRowSerializationSchema
from flott.errors import ConfigurationError, DataError
from flott.table.expressions import col, lit

ITEM = Types.ROW_NAMED(["sku", "quantity"], [Types.STRING(), Types.INT()])
ORDER = Types.ROW_NAMED(
    ["id", "user", "amount", "items"], [Types.INT(), Types.STRING(), Types.DOUBLE(), Types.LIST(ITEM)]
)
ORDERS = [
    (1, "ann", 10.0, [("p1", 2), ("p2", 1)]),
    (2, "bob", None, []),
    (3, "ann", 30.5, [("p1", 5)]),
    (4, None, -1.0, None),
]


@pytest.fixture(params=[1, 3, 1024])
def env(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> StreamExecutionEnvironment:
    monkeypatch.setenv("FLOTT_BATCH_SIZE", str(request.param))
    return StreamExecutionEnvironment.get_execution_environment()


@pytest.fixture
def orders(env: StreamExecutionEnvironment) -> DataStream:
    return env.from_collection(ORDERS, ORDER)


def collected(stream: DataStream) -> list[object]:
    with stream.execute_and_collect() as results:
        return list(results)


def test_filter_keeps_what_is_true_and_null_is_not(orders: DataStream) -> None:
    assert [row.id for row in collected(orders.filter(col("amount") > 0))] == [1, 3]


def test_filter_sends_the_rest_to_the_side_output(env: StreamExecutionEnvironment, orders: DataStream) -> None:
    unpaid = OutputTag("unpaid", ORDER)
    paid = orders.filter(col("amount") > 0, rejected=unpaid)
    # null is not true, so order 2 is rejected like order 4
    assert [row.id for row in collected(paid.get_side_output(unpaid))] == [2, 4]


def test_select_computes_and_names_fields(orders: DataStream) -> None:
    selected = orders.select("id", (col("amount") * 2).alias("double"), lit("x").alias("mark"))
    assert selected.get_type() == Types.ROW_NAMED(
        ["id", "double", "mark"], [Types.INT(), Types.DOUBLE(), Types.STRING()]
    )
    assert collected(selected) == [
        Row(id=1, double=20.0, mark="x"),
        Row(id=2, double=None, mark="x"),
        Row(id=3, double=61.0, mark="x"),
        Row(id=4, double=-2.0, mark="x"),
    ]


def test_explode_gives_one_record_an_element(orders: DataStream) -> None:
    lines = orders.explode("items").select("id", "sku", "quantity")
    assert [tuple(row) for row in collected(lines)] == [(1, "p1", 2), (1, "p2", 1), (3, "p1", 5)]


def test_explode_outer_keeps_records_without_elements(orders: DataStream) -> None:
    lines = orders.explode("items", outer=True).select("id", "sku")
    assert [tuple(row) for row in collected(lines)] == [(1, "p1"), (1, "p2"), (2, None), (3, "p1"), (4, None)]


@pytest.mark.parametrize("parallelism", [1, 2, 3])
def test_key_by_a_field_and_reduce_in_python(
    env: StreamExecutionEnvironment, orders: DataStream, parallelism: int
) -> None:
    env.set_parallelism(parallelism)
    largest = (
        orders.filter(col("amount").is_not_null).key_by("user").reduce(lambda a, b: a if a.amount > b.amount else b)
    )
    last = {row.user: row.amount for row in collected(largest)}
    assert last == {"ann": 30.5, None: -1.0}


def test_python_and_columns_alternate(orders: DataStream) -> None:
    named = orders.map(lambda row: (row.id, f"#{row.id}"), output_type=Types.TUPLE([Types.INT(), Types.STRING()]))
    assert collected(named.filter(col("f0") > 2).map(lambda pair: pair[1])) == ["#3", "#4"]


def test_deserialize_sends_bad_payloads_unchanged_to_the_side_output(env: StreamExecutionEnvironment) -> None:
    texts = ['{"id": 1, "name": "好"}', "{broken", '{"id": "x"}', '{"name": "n", "id": 2}']
    schema = JsonRowDeserializationSchema.builder().type_info(
        Types.ROW_NAMED(["id", "name"], [Types.INT(), Types.STRING()])
    )
    bad = OutputTag("bad", Types.STRING())
    read = env.from_collection(texts, Types.STRING()).deserialize(schema.build(), rejected=bad)
    assert [tuple(row) for row in collected(read)] == [(1, "好"), (2, "n")]
    assert collected(read.get_side_output(bad)) == ["{broken", '{"id": "x"}']


def test_deserialize_without_side_output_fails_at_the_bad_payload(env: StreamExecutionEnvironment) -> None:
    schema = JsonRowDeserializationSchema.builder().type_info(Types.ROW_NAMED(["id"], [Types.INT()])).build()
    with pytest.raises(DataError, match=r"(?s)byte 1.*Deserialize.*test_columns\.py.*record: \{broken"):
        collected(env.from_collection(['{"id": 1}', "{broken"], Types.STRING()).deserialize(schema))


def test_serialize_writes_one_text_a_record(orders: DataStream) -> None:
    assert isinstance(ORDER, RowTypeInfo)
    texts = orders.serialize(JsonRowSerializationSchema.builder().with_type_info(ORDER).build())
    assert texts.get_type() == Types.STRING()
    assert collected(texts)[0] == (
        '{"id":1,"user":"ann","amount":10.0,"items":[{"sku":"p1","quantity":2},{"sku":"p2","quantity":1}]}'
    )


def test_decimals_keep_their_digits(env: StreamExecutionEnvironment) -> None:
    priced = env.from_collection([(Decimal("1.10"),)], Types.ROW_NAMED(["price"], [Types.BIG_DEC()]))
    assert collected(priced.select((col("price") + col("price")).alias("both")))[0].both == Decimal("2.20")


def test_a_wrong_field_fails_where_it_is_named(orders: DataStream) -> None:
    with pytest.raises(ConfigurationError, match=r"amuont.*amount"):
        orders.filter(col("amuont") > 0)


def test_an_untyped_stream_says_what_to_declare(env: StreamExecutionEnvironment) -> None:
    with pytest.raises(TypeError, match="output_type=Types.ROW_NAMED"):
        env.from_collection([{"id": 1}]).filter(col("id") > 0)


def test_a_record_that_misses_its_declared_type_names_the_field(env: StreamExecutionEnvironment) -> None:
    wrong = env.from_collection([1]).map(lambda x: ("a",), output_type=Types.ROW_NAMED(["id"], [Types.INT()]))
    with pytest.raises(TypeError, match=r"field 'id' of the result: expected an int \(Types.INT\), got 'a' \(str\)"):
        collected(wrong.filter(col("id") > 0))
