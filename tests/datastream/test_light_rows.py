"""Rows of a batch of columns: their fields become objects when they are read, and nobody can tell."""

from __future__ import annotations

import copy
import gc
import pickle
import resource
import threading
from collections.abc import Callable
from typing import Any

import polars
import pytest

from flott.common import Row, RowKind, Types
from flott.datastream import StreamExecutionEnvironment

Env = StreamExecutionEnvironment

#: Seven fields: more than rows that are made whole have.
FIELDS = {"id": 7, "name": "ann", "amount": 1.5, "tags": ["x", "y"], "as_dict": 3, "nothing": None, "ok": True}


def table_of(records: list[dict[str, Any]]) -> polars.DataFrame:
    return polars.DataFrame(records, schema_overrides={"nothing": polars.Int64})


def rows(env: Env, count: int = 1) -> list[Row]:
    """Rows of the fields, their ids counted up, as a function over columns gets them."""
    stream = env.from_arrow(table_of([{**FIELDS, "id": 7 + n} for n in range(count)]))
    with stream.map(lambda row: row).execute_and_collect() as results:
        return list(results)


def row(env: Env) -> Row:
    (one,) = rows(env)
    return one


@pytest.fixture
def env() -> Env:
    return StreamExecutionEnvironment.get_execution_environment()


#: What a program may do with a row that is like any other with these fields.
USES: dict[str, Callable[[Row], Any]] = {
    "attribute": lambda r: (r.id, r.name, r.tags),
    "attribute by a name made up": lambda r: getattr(r, "na" + "me".lower()),
    "method of a field's name": lambda r: r.as_dict(),
    "field of a method's name": lambda r: r["as_dict"],
    "item by name": lambda r: (r["id"], r["ok"]),
    "item by position": lambda r: (r[0], r[-1], r[3]),
    "slice": lambda r: r[1:3],
    "iteration": list,
    "unpacking": lambda r: (lambda *values: values)(*r),
    "len": len,
    "contains": lambda r: ("id" in r, "x" in r, 7 in r),
    "repr": repr,
    "after one was read": lambda r: (r.name, repr(r)),
    "after all were read": lambda r: (list(r), r.id, r["name"], r[2]),
    "as_dict": lambda r: r.as_dict(recursive=True),
    "by names": lambda r: r.get_fields_by_names(["name", "id"]),
    "hash without lists": lambda r: hash(Row(*[value for value in r if not isinstance(value, list)])),
    "kind": lambda r: r.get_row_kind(),
    "type": lambda r: (type(r), isinstance(r, Row)),
    "pickle": lambda r: pickle.loads(pickle.dumps(r)),
    "copy": lambda r: (copy.copy(r), copy.deepcopy(r)),
    "as a maker": lambda r: r(*range(7)),
    "index out of range": lambda r: r[7],
    "index below": lambda r: r[-8],
    "huge index": lambda r: r[2**80],
    "unknown attribute": lambda r: r.zip,
    "unknown item": lambda r: r["zip"],
    "wrong key": lambda r: r[1.5],
    "setting an attribute": lambda r: setattr(r, "id", 1),
    "private attribute": lambda r: r._nothing,
}


def outcome(use: Callable[[Row], Any], of: Row) -> Any:
    try:
        return use(of)
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("use", USES)
def test_a_light_row_is_like_any_other(env: Env, use: str) -> None:
    assert outcome(USES[use], row(env)) == outcome(USES[use], Row(**FIELDS))


def test_equality_both_ways(env: Env) -> None:
    light, plain = row(env), Row(**FIELDS)
    assert light == plain and row(env) == light and plain == row(env)
    assert light != Row(**{**FIELDS, "id": 8}) and light != tuple(FIELDS.values())


def test_changes_are_the_rows_own(env: Env) -> None:
    first, second = rows(env, 2)
    first["name"] = "bob"
    first[0] = 70
    first.tags.append("z")
    assert (first.name, first.id, first.tags) == ("bob", 70, ["x", "y", "z"])
    assert second == Row(**{**FIELDS, "id": 8})
    first.set_row_kind(RowKind.DELETE)
    first.set_field_names(["a", "b"])
    assert (first.a, first.get_row_kind(), second.get_row_kind()) == (70, RowKind.DELETE, RowKind.INSERT)
    assert second.name == "ann"


def test_a_field_is_one_object(env: Env) -> None:
    light = row(env)
    assert light.tags is light.tags is light["tags"] is light[3]
    assert list(light)[3] is light.tags


def test_functions_see_light_rows_and_lose_nothing(env: Env) -> None:
    stream = env.from_arrow(table_of([{**FIELDS, "id": n} for n in range(3000)]))
    kept: list[Row] = []

    def keep(one: Row) -> int:
        if one.id % 500 == 0:
            kept.append(one)
        return one.id

    with stream.map(keep, Types.LONG()).execute_and_collect() as results:
        assert list(results) == list(range(3000))
    # the batches are gone, and the rows that were kept are whole
    assert kept == [Row(**{**FIELDS, "id": n}) for n in range(0, 3000, 500)]


def test_rows_that_are_kept_do_not_keep_their_batches(env: Env) -> None:
    """Of 400 batches of 1024 texts of 1 kB each one row is kept: 400 kB, where the batches are 420 MB."""
    text = "x" * 1000
    numbers = polars.DataFrame({"id": range(400 * 1024)})
    stream = env.from_arrow(numbers).select("id", *[_text(text, at) for at in range(4)])
    kept: list[Row] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def keep(one: Row) -> bool:
        if one.id % 1024 == 0:
            kept.append(one)
        return False

    with stream.filter(keep).execute_and_collect() as results:
        assert list(results) == []
    assert [one.id for one in kept] == list(range(0, 400 * 1024, 1024)) and kept[7].t3 == text + "7168" + "3"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def _text(text: str, at: int) -> Any:
    from flott.table.expressions import col, concat, lit

    return concat(lit(text), col("id").cast(_string()), lit(str(at))).alias(f"t{at}")


def _string() -> Any:
    from flott.table import DataTypes

    return DataTypes.STRING()


def test_rows_and_lists_within_a_row(env: Env) -> None:
    inner = {f"x{n}": n for n in range(6)}
    records = [{**FIELDS, "row": {**inner, "x0": n}, "rows": [inner] * n} for n in range(100)]
    with env.from_arrow(table_of(records)).map(lambda one: (one.row, one.rows)).execute_and_collect() as results:
        found = list(results)
    assert found == [(Row(**{**inner, "x0": n}), [Row(**inner)] * n) for n in range(100)]


def test_a_value_that_python_cannot_hold_fails_where_it_is_read(env: Env) -> None:
    # the year 10000
    far = table_of([FIELDS]).with_columns(far=polars.Series([2932897], dtype=polars.Int32).cast(polars.Date))
    with env.from_arrow(far).map(lambda one: one.name).execute_and_collect() as results:
        assert list(results) == ["ann"]
    with (
        pytest.raises(ValueError, match="outside the years 1 to 9999"),
        env.from_arrow(far).map(lambda one: one.far).execute_and_collect() as results,
    ):
        list(results)


def test_cycles_are_collected(env: Env) -> None:
    class Mark:
        gone = 0

        def __del__(self) -> None:
            Mark.gone += 1

    light = row(env)
    light["name"] = [light, Mark()]
    del light
    gc.collect()
    assert Mark.gone == 1


def test_rows_are_read_by_several_threads(env: Env) -> None:
    many = rows(env, 1000)
    seen: list[list[tuple[int, str]]] = []
    threads = [threading.Thread(target=lambda: seen.append([(one.id, one.tags[1]) for one in many])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[(7 + n, "y") for n in range(1000)]] * 4


def test_a_row_class_of_ones_own() -> None:
    class Order(Row):
        @property
        def id(self) -> str:
            return f"order {self['id']}"

    order = Order(id=1, name="x")
    order.extra = 2  # a class of one's own has a dict, as ever
    assert (order.id, order.name, order.extra, type(order)) == ("order 1", "x", 2, Order)
