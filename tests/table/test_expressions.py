"""The functions of flott.table.expressions: their text, and that every name of PyFlink's is there."""

from __future__ import annotations

import pytest

from flott.table import DataTypes, Expression
from flott.table import expressions as functions
from flott.table.expression import JsonOnNull, TimePointUnit
from flott.table.expressions import (
    and_,
    array,
    call,
    coalesce,
    col,
    concat_ws,
    date_format,
    from_unixtime,
    json_object_agg,
    lit,
    log,
    map_,
    negative,
    not_,
    null_of,
    or_,
    pi,
    rand,
    range_,
    row,
    row_interval,
    timestamp_diff,
    to_date,
    to_timestamp_ltz,
    unix_timestamp,
    with_all_columns,
    with_columns,
    without_columns,
)

a, b, c = col("a"), col("b"), col("c")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        # as PyFlink 1.20 prints them
        (lit(10, DataTypes.INT(False)), "10"),
        (null_of(DataTypes.BIGINT()), "null"),
        (range_(1, 2), "rangeTo(1, 2)"),
        (and_(a, b, c), "and(a, b, c)"),
        (or_(a, b, True), "or(a, b, true)"),
        (not_(a), "not(a)"),
        (functions.UNBOUNDED_ROW, "UNBOUNDED_ROW"),
        (functions.current_timestamp(), "currentTimestamp()"),
        (to_date("2018-03-18"), "toDate('2018-03-18')"),
        (to_date("2018-03-18", "yyyy-MM-dd"), "toDate('2018-03-18', 'yyyy-MM-dd')"),
        (to_timestamp_ltz(123, 0), "toTimestampLtz(123, 0)"),
        (date_format(a, "yyyy"), "dateFormat(a, 'yyyy')"),
        (
            timestamp_diff(TimePointUnit.DAY, lit("2016-06-15").to_date, a),
            "timestampDiff(DAY, cast('2016-06-15', DATE), a)",
        ),
        (from_unixtime(1), "fromUnixtime(1)"),
        (unix_timestamp(), "unixTimestamp()"),
        (array(1, 2, 3), "array(1, 2, 3)"),
        (row("key1", 1), "row('key1', 1)"),
        (map_("key1", 1, "key2", 2), "map('key1', 1, 'key2', 2)"),
        (row_interval(4), "4"),
        (pi(), "pi()"),
        (rand(4), "rand(4)"),
        (negative(a), "minusPrefix(a)"),
        (concat_ws(", ", b, c), "concat_ws(', ', b, c)"),
        (log(a), "log(a)"),
        (log(8, 2), "log(2, 8)"),
        (coalesce(a, b, 0), "COALESCE(a, b, 0)"),
        (with_all_columns(), "*"),
        (with_columns(range_("a", "c"), b), "withColumns(rangeTo('a', 'c'), b)"),
        (without_columns(a), "withoutColumns(a)"),
        (json_object_agg(JsonOnNull.ABSENT, a, b), "JSON_OBJECTAGG_ABSENT_ON_NULL(a, b)"),
        (call("a.b.c", a), "a.b.c(a)"),
    ],
)
def test_text(expression: Expression, text: str) -> None:
    assert str(expression) == text


def test_typed_literals_carry_their_type() -> None:
    assert null_of(DataTypes.BIGINT())._to_json() == {"lit": None, "type": "BIGINT"}
    assert lit(5, DataTypes.DECIMAL(10, 2))._to_json() == {"lit": 5, "type": "DECIMAL(10, 2)"}
    assert lit("2024-01-01", DataTypes.DATE())._to_json() == {"lit": "2024-01-01", "type": "DATE"}


def test_python_functions_are_not_called_natively() -> None:
    with pytest.raises(TypeError, match="use map\\(\\) or process\\(\\) for Python functions"):
        call(len, a)


def test_every_name_of_pyflink_is_there() -> None:
    # __all__ of pyflink.table.expressions 1.20
    names = """if_then_else lit col range_ and_ or_ not_ UNBOUNDED_ROW UNBOUNDED_RANGE CURRENT_ROW CURRENT_RANGE
        current_database current_date current_time current_timestamp current_watermark local_time local_timestamp
        temporal_overlaps date_format timestamp_diff array row map_ row_interval pi e rand rand_integer atan2 negative
        concat concat_ws uuid null_of log with_columns without_columns json_string json_object json_object_agg
        json_array json_array_agg call call_sql source_watermark to_timestamp_ltz from_unixtime to_date to_timestamp
        convert_tz unix_timestamp coalesce map_from_arrays with_all_columns"""
    assert [name for name in names.split() if not hasattr(functions, name)] == []
    assert sorted(functions.__all__) == sorted(set(names.split()))


def test_data_types() -> None:
    row_type = DataTypes.ROW(
        [DataTypes.FIELD("id", DataTypes.BIGINT(False)), DataTypes.FIELD("at", DataTypes.TIMESTAMP(3))]
    )
    assert str(row_type) == "ROW<`id` BIGINT NOT NULL, `at` TIMESTAMP(3)>"
    assert str(DataTypes.MAP(DataTypes.STRING(), DataTypes.ARRAY(DataTypes.INT()))) == "MAP<STRING, ARRAY<INT>>"
    assert DataTypes.INT() == DataTypes.INT(False).nullable()
    assert DataTypes.INT() != DataTypes.INT().not_null()
    with pytest.raises(ValueError, match="precision is 1 to 38"):
        DataTypes.DECIMAL(39, 0)
