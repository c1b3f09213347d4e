"""Expressions: the tree, its text as Flink writes it, and what is refused. No native module is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from flott.common import Types
from flott.table import DataTypes, Expression
from flott.table.expression import TimeIntervalUnit
from flott.table.expressions import col, concat, if_then_else, lit

a, b = col("a"), col("b")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        # the names are those of Flink's BuiltInFunctionDefinitions, as PyFlink 1.20 prints them
        (a == b, "equals(a, b)"),
        (a != b, "notEquals(a, b)"),
        (a < b, "lessThan(a, b)"),
        (a <= b, "lessThanOrEqual(a, b)"),
        (a > b, "greaterThan(a, b)"),
        (a >= b, "greaterThanOrEqual(a, b)"),
        (a < 2, "lessThan(a, 2)"),
        (a & b, "and(a, b)"),
        (a | b, "or(a, b)"),
        (True & a, "and(true, a)"),
        (~a, "isNotTrue(a)"),
        (a + b, "plus(a, b)"),
        (2 + b, "plus(2, b)"),
        (a - b, "minus(a, b)"),
        (2 - b, "minus(2, b)"),
        (a * b, "times(a, b)"),
        (a / b, "divide(a, b)"),
        (1 / b, "divide(1, b)"),
        (a % b, "mod(a, b)"),
        (2 % b, "mod(2, b)"),
        (a**b, "power(a, b)"),
        (2**b, "power(2, b)"),
        (-a, "minusPrefix(a)"),
        (abs(a), "abs(a)"),
        (a.sqrt, "sqrt(a)"),
        (a.log(), "log(a)"),
        (a.log(2), "log(2, a)"),
        (a.round(2), "round(a, 2)"),
        (a.between(1, b), "between(a, 1, b)"),
        (a.in_(b, 1, "x"), "in(a, b, 1, 'x')"),
        (a.then(b, None), "ifThenElse(a, b, null)"),
        (a.if_null(0), "IFNULL(a, 0)"),
        (a.is_null, "isNull(a)"),
        (a.is_not_false, "isNotFalse(a)"),
        (a.alias("x", "y"), "as(a, 'x', 'y')"),
        (a.cast(DataTypes.INT()), "cast(a, INT)"),
        (a.try_cast(DataTypes.DECIMAL(10, 2)), "TRY_CAST(a, DECIMAL(10, 2))"),
        (a.substring(b, 3), "substring(a, b, 3)"),
        (a.substring(1), "substring(a, 1)"),
        (a.trim_leading(), "trim(true, false, ' ', a)"),
        (a.trim_trailing("x"), "trim(false, true, 'x', a)"),
        (a.trim(), "trim(true, true, ' ', a)"),
        (a.char_length, "charLength(a)"),
        (a.upper_case, "upper(a)"),
        (a.like("Jo_n%"), "like(a, 'Jo_n%')"),
        (a.regexp_extract(b, 3), "regexpExtract(a, b, 3)"),
        (a.locate(b), "locate(a, b)"),
        (a.to_date, "cast(a, DATE)"),
        (a.to_timestamp, "cast(a, TIMESTAMP(3))"),
        (a.extract(TimeIntervalUnit.YEAR), "extract(YEAR, a)"),
        (a.floor(TimeIntervalUnit.DAY), "floor(a, DAY)"),
        (a.ceil(), "ceil(a)"),
        (a.get("col"), "get(a, 'col')"),
        (a.user.name, "get(get(a, 'user'), 'name')"),
        (a[1], "at(a, 1)"),
        (a.cardinality, "cardinality(a)"),
        (a.sum, "sum(a)"),
        (a.json_value("$.x"), "JSON_VALUE(a, '$.x', STRING, NULL, null, NULL, null)"),
        # intervals of literals are numbers of months or milliseconds
        (lit(10).years, "120"),
        (lit(10).quarter, "30"),
        (lit(10).week, "6048000000"),
        (lit(10).minutes, "600000"),
        (lit(10).millis, "10"),
        (lit("it's"), "'it''s'"),
    ],
)
def test_text(expression: Expression, text: str) -> None:
    assert str(expression) == text
    assert repr(expression) == text


@pytest.mark.parametrize(
    ("value", "node"),
    [
        (None, {"lit": None, "type": "NULL"}),
        (True, {"lit": True, "type": "BOOLEAN"}),
        (2**31 - 1, {"lit": 2**31 - 1, "type": "INT"}),
        (2**31, {"lit": 2**31, "type": "BIGINT"}),
        (2**63, {"lit": "9223372036854775808", "type": "DECIMAL(19, 0)"}),
        (0.1, {"lit": "0.1", "type": "DOUBLE"}),
        (float("inf"), {"lit": "inf", "type": "DOUBLE"}),
        ("订单", {"lit": "订单", "type": "STRING"}),
        (b"\x00\xff", {"lit": "00ff", "type": "BYTES"}),
        (Decimal("12.50"), {"lit": "12.50", "type": "DECIMAL(4, 2)"}),
        (Decimal("0.001"), {"lit": "0.001", "type": "DECIMAL(3, 3)"}),
        (Decimal("1E+3"), {"lit": "1000", "type": "DECIMAL(4, 0)"}),
        (date(2024, 2, 29), {"lit": "2024-02-29", "type": "DATE"}),
        (time(1, 2, 3), {"lit": "01:02:03", "type": "TIME(0)"}),
        (datetime(2024, 2, 29, 1, 2, 3), {"lit": "2024-02-29 01:02:03", "type": "TIMESTAMP(6)"}),
        (
            datetime(2024, 2, 29, 8, 0, tzinfo=timezone(timedelta(hours=8))),
            {"lit": "2024-02-29 00:00:00", "type": "TIMESTAMP_LTZ(6)"},
        ),
        (timedelta(minutes=1), {"lit": 60_000, "type": "INTERVAL SECOND(3)"}),
    ],
)
def test_literals(value: object, node: dict[str, object]) -> None:
    assert lit(value)._to_json() == node
    json.dumps(node, allow_nan=False)


def test_a_list_is_an_array() -> None:
    assert str(lit([1, 2])) == "array(1, 2)"


def test_values_without_a_sql_type_are_refused() -> None:
    with pytest.raises(TypeError, match="a value of type object is no literal"):
        a == object()  # noqa: B015
    with pytest.raises(ValueError, match="38 digits"):
        lit(10**38)
    with pytest.raises(ValueError, match="NaN is no value of a DECIMAL"):
        lit(Decimal("NaN"))


def test_json_of_a_tree() -> None:
    tree = ((a * 2).alias("twice"))._to_json()
    assert tree == {
        "call": "as",
        "args": [
            {"call": "times", "args": [{"col": "a"}, {"lit": 2, "type": "INT"}]},
            {"lit": "twice", "type": "STRING"},
        ],
    }
    assert a.cast("INT")._to_json() == {"call": "cast", "args": [{"col": "a"}], "type": "INT"}
    assert a.floor(TimeIntervalUnit.DAY)._to_json()["args"][1] == {"lit": "DAY", "type": "SYMBOL"}


def test_types_of_streams_name_columns_too() -> None:
    assert str(a.cast(Types.LONG())) == "cast(a, BIGINT)"
    assert str(a.cast(Types.LIST(Types.STRING()))) == "cast(a, ARRAY<STRING>)"
    row = Types.ROW_NAMED(["id", "at"], [Types.INT(), Types.SQL_TIMESTAMP()])
    assert str(a.cast(row)) == "cast(a, ROW<`id` INT, `at` TIMESTAMP(6)>)"
    with pytest.raises(TypeError, match="a data type is needed"):
        a.cast(int)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="columns have no type PICKLED_BYTE_ARRAY"):
        a.cast(Types.PICKLED_BYTE_ARRAY())


def test_an_expression_is_neither_true_nor_false() -> None:
    with pytest.raises(
        TypeError, match=r"and\(a, b\) is neither true nor false .* use & for and, \| for or, ~ for not"
    ):
        if a & b:
            pass
    with pytest.raises(TypeError, match="use & for and"):
        a > 1 and b > 1  # noqa: B018
    with pytest.raises(TypeError, match="use & for and"):
        1 < a < 3  # noqa: B015


def test_an_expression_is_no_sequence() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        list(a)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        1 in a  # type: ignore[operator]  # noqa: B015
    with pytest.raises(TypeError, match="unhashable"):
        {a}  # noqa: B018


def test_special_attributes_are_no_fields() -> None:
    assert not hasattr(a, "_repr_html_")
    assert not hasattr(a, "__array__")


def test_the_import_is_light_and_needs_no_native_module() -> None:
    program = (
        "import sys\n"
        "sys.modules['flott._flott'] = None\n"
        "from flott.table.expressions import col, lit\n"
        "str((col('a') + 1.5).alias('x'))\n"
        "heavy = {'decimal', 'datetime', 'json', 'inspect', 'dataclasses', 'asyncio'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run(
        [sys.executable, "-S", "-c", program], check=True, env={"PYTHONPATH": ":".join(p for p in sys.path if p)}
    )


def test_nested_calls() -> None:
    expression = if_then_else(a.is_null, "none", concat(a, "-", b.upper_case))
    assert str(expression) == "ifThenElse(isNull(a), 'none', concat(a, '-', upper(b)))"
