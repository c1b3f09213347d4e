"""Functions that make expressions. Mirrors ``pyflink.table.expressions``.

Where an argument may be an expression, it may be a plain value too.
https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/functions/systemfunctions/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.table import _nodes as nodes
from flott.table.expression import Expression, JsonOnNull, TimePointUnit

if TYPE_CHECKING:
    from flott.common.typeinfo import TypeInformation
    from flott.table.types import DataType

__all__ = [
    "CURRENT_RANGE",
    "CURRENT_ROW",
    "UNBOUNDED_RANGE",
    "UNBOUNDED_ROW",
    "and_",
    "array",
    "atan2",
    "call",
    "call_sql",
    "coalesce",
    "col",
    "concat",
    "concat_ws",
    "convert_tz",
    "current_database",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_watermark",
    "date_format",
    "e",
    "from_unixtime",
    "if_then_else",
    "json_array",
    "json_array_agg",
    "json_object",
    "json_object_agg",
    "json_string",
    "lit",
    "local_time",
    "local_timestamp",
    "log",
    "map_",
    "map_from_arrays",
    "negative",
    "not_",
    "null_of",
    "or_",
    "pi",
    "rand",
    "rand_integer",
    "range_",
    "row",
    "row_interval",
    "source_watermark",
    "temporal_overlaps",
    "timestamp_diff",
    "to_date",
    "to_timestamp",
    "to_timestamp_ltz",
    "unix_timestamp",
    "uuid",
    "with_all_columns",
    "with_columns",
    "without_columns",
]


def _call(name: str, *args: Any) -> Expression:
    return Expression(nodes.call(name, *(nodes.node(arg) for arg in args)))


def _optional(name: str, *args: Any) -> Expression:
    return _call(name, *(arg for arg in args if arg is not None))


UNBOUNDED_ROW = Expression(nodes.symbol("UNBOUNDED_ROW"))
"""All rows before, or behind, as a bound of an over window by rows."""
UNBOUNDED_RANGE = Expression(nodes.symbol("UNBOUNDED_RANGE"))
"""All rows before, or behind, as a bound of an over window by values."""
CURRENT_ROW = Expression(nodes.symbol("CURRENT_ROW"))
"""This row, as a bound of an over window by rows."""
CURRENT_RANGE = Expression(nodes.symbol("CURRENT_RANGE"))
"""This row and those of its value, as a bound of an over window by values."""


def col(name: str) -> Expression:
    """The column of that name::

    orders.filter(col("amount") > 100)
    """
    return Expression(name)


def lit(v: Any, data_type: DataType | TypeInformation | None = None) -> Expression:
    """A value, the same for every record.

    :param v: None, bool, int (INT, or BIGINT where it needs more than 32 bits), float (DOUBLE), str, bytes,
        Decimal, date, time, datetime (TIMESTAMP; with a time zone TIMESTAMP_LTZ), timedelta, or a list of these
    :param data_type: another type than the value's own
    :raises TypeError: if values of that Python type have no SQL type
    """
    if data_type is None:
        return Expression(nodes.node(v))
    from flott.table.types import type_text

    return Expression(nodes.literal(v, type_text(data_type)))


def null_of(data_type: DataType | TypeInformation) -> Expression:
    """NULL, of that type."""
    return lit(None, data_type)


# columns of a select


def range_(start: str | int, end: str | int) -> Expression:
    """In a select: the columns from one to another, by name or by index from 1."""
    return _call("rangeTo", start, end)


def with_all_columns() -> Expression:
    """In a select: all columns."""
    return col("*")


def with_columns(head: Any, *tails: Any) -> Expression:
    """In a select: these columns and ranges."""
    return _call("withColumns", head, *tails)


def without_columns(head: Any, *tails: Any) -> Expression:
    """In a select: all columns but these."""
    return _call("withoutColumns", head, *tails)


# logic


def and_(predicate0: Any, predicate1: Any, *predicates: Any) -> Expression:
    """Whether all conditions are true; unknown (NULL) if none is false but one is NULL."""
    return _call("and", predicate0, predicate1, *predicates)


def or_(predicate0: Any, predicate1: Any, *predicates: Any) -> Expression:
    """Whether one of the conditions is true; unknown (NULL) if none is but one is NULL."""
    return _call("or", predicate0, predicate1, *predicates)


def not_(expression: Expression) -> Expression:
    """The opposite of a condition; NULL stays NULL (``~`` makes it true)."""
    return _call("not", expression)


def if_then_else(condition: Any, if_true: Any, if_false: Any) -> Expression:
    """One value where a condition is true, another where it is false or NULL. Only that one is evaluated::

    if_then_else(col("n") != 0, col("total") / col("n"), null_of(DataTypes.INT()))
    """
    return _call("ifThenElse", condition, if_true, if_false)


def coalesce(*args: Any) -> Expression:
    """The first value that is not NULL."""
    return _call("COALESCE", *args)


# numbers


def pi() -> Expression:
    """3.14159…, DOUBLE."""
    return _call("pi")


def e() -> Expression:
    """2.71828…, DOUBLE."""
    return _call("e")


def rand(seed: Any = None) -> Expression:
    """A random DOUBLE from 0 to 1; streams refuse it, as replayed records would change."""
    return _optional("rand", seed)


def rand_integer(bound: Any, seed: Any = None) -> Expression:
    """A random INT from 0 to the bound; streams refuse it, as replayed records would change."""
    return _call("randInteger", bound) if seed is None else _call("randInteger", seed, bound)


def uuid() -> Expression:
    """A random UUID; streams refuse it, as replayed records would change."""
    return _call("uuid")


def atan2(y: Any, x: Any) -> Expression:
    """The angle of a point in radians, DOUBLE."""
    return _call("atan2", y, x)


def negative(v: Any) -> Expression:
    """The number with its sign changed."""
    return _call("minusPrefix", v)


def log(v: Any, base: Any = None) -> Expression:
    """The logarithm to a base, or the natural one, DOUBLE."""
    return _call("log", v) if base is None else _call("log", base, v)


# texts


def concat(first: Any, *others: Any) -> Expression:
    """The texts, one behind the other; NULL if one of them is NULL."""
    return _call("concat", first, *others)


def concat_ws(separator: Any, first: Any, *others: Any) -> Expression:
    """The texts with a separator between; NULLs are left out."""
    return _call("concat_ws", separator, first, *others)


# times


def to_date(date_str: Any, format: Any = None) -> Expression:
    """A text as DATE; NULL where it does not follow the format.

    :param format: a Java date pattern, ``yyyy-MM-dd`` unless given
    """
    return _optional("toDate", date_str, format)


def to_timestamp(timestamp_str: Any, format: Any = None) -> Expression:
    """A text as TIMESTAMP; NULL where it does not follow the format.

    :param format: a Java date pattern, ``yyyy-MM-dd HH:mm:ss`` with an optional fraction unless given
    """
    return _optional("toTimestamp", timestamp_str, format)


def to_timestamp_ltz(numeric_epoch_time: Any, precision: Any) -> Expression:
    """Seconds (precision 0) or milliseconds (3) since 1970-01-01 UTC as TIMESTAMP_LTZ."""
    return _call("toTimestampLtz", numeric_epoch_time, precision)


def date_format(timestamp: Any, format: Any) -> Expression:
    """A time as text, by a Java date pattern: ``date_format(col("ts"), "yyyy-MM-dd HH")``."""
    return _call("dateFormat", timestamp, format)


def from_unixtime(unixtime: Any, format: Any = None) -> Expression:
    """Seconds since 1970-01-01 UTC as text.

    :param format: a Java date pattern, ``yyyy-MM-dd HH:mm:ss`` unless given
    """
    return _optional("fromUnixtime", unixtime, format)


def unix_timestamp(date_str: Any = None, format: Any = None) -> Expression:
    """A text as seconds since 1970-01-01 UTC, BIGINT.

    :param format: a Java date pattern, ``yyyy-MM-dd HH:mm:ss`` unless given
    """
    return _optional("unixTimestamp", date_str, format)


def timestamp_diff(time_point_unit: TimePointUnit, time_point1: Any, time_point2: Any) -> Expression:
    """How many whole units lie between two times, INT."""
    return _call("timestampDiff", time_point_unit, time_point1, time_point2)


def convert_tz(date_str: Any, tz_from: Any, tz_to: Any) -> Expression:
    """A time's text in another time zone; streams refuse it."""
    return _call("convertTz", date_str, tz_from, tz_to)


def temporal_overlaps(
    left_time_point: Any, left_temporal: Any, right_time_point: Any, right_temporal: Any
) -> Expression:
    """Whether two intervals overlap; streams refuse it."""
    return _call("temporalOverlaps", left_time_point, left_temporal, right_time_point, right_temporal)


# rows, arrays, maps


def array(head: Any, *tail: Any) -> Expression:
    """An array of values."""
    return _call("array", head, *tail)


def row(head: Any, *tail: Any) -> Expression:
    """A row of values, with the fields f0, f1, …"""
    return _call("row", head, *tail)


def map_(key: Any, value: Any, *tail: Any) -> Expression:
    """A map of keys and values, in turn."""
    return _call("map", key, value, *tail)


def map_from_arrays(key: Any, value: Any) -> Expression:
    """A map of an array of keys and an array of values."""
    return _call("mapFromArrays", key, value)


# what only tables have: streams refuse these, saying what to use


def row_interval(rows: int) -> Expression:
    """So many rows, for windows of a table."""
    return Expression(nodes.literal(rows, "BIGINT"))


def current_database() -> Expression:
    """The current database."""
    return _call("currentDatabase")


def current_date() -> Expression:
    """Today."""
    return _call("currentDate")


def current_time() -> Expression:
    """The time of day."""
    return _call("currentTime")


def current_timestamp() -> Expression:
    """Now, as TIMESTAMP_LTZ."""
    return _call("currentTimestamp")


def current_watermark(rowtimeAttribute: Any) -> Expression:
    """The watermark."""
    return _call("CURRENT_WATERMARK", rowtimeAttribute)


def local_time() -> Expression:
    """The local time of day."""
    return _call("localTime")


def local_timestamp() -> Expression:
    """Now, as TIMESTAMP."""
    return _call("localTimestamp")


def source_watermark() -> Expression:
    """In a table's schema: the watermark that the source makes."""
    return _call("SOURCE_WATERMARK")


def json_string(value: Any) -> Expression:
    """A value as JSON text."""
    return _call("JSON_STRING", value)


def json_object(on_null: JsonOnNull = JsonOnNull.NULL, *args: Any) -> Expression:
    """A JSON object of keys and values, in turn."""
    return _call("JSON_OBJECT", on_null, *args)


def json_object_agg(on_null: JsonOnNull, key_expr: Any, value_expr: Any) -> Expression:
    """A JSON object of all rows' keys and values."""
    return _call(f"JSON_OBJECTAGG_{on_null.name}_ON_NULL", key_expr, value_expr)


def json_array(on_null: JsonOnNull = JsonOnNull.ABSENT, *args: Any) -> Expression:
    """A JSON array of values."""
    return _call("JSON_ARRAY", on_null, *args)


def json_array_agg(on_null: JsonOnNull, item_expr: Any) -> Expression:
    """A JSON array of all rows' values."""
    return _call(f"JSON_ARRAYAGG_{on_null.name}_ON_NULL", item_expr)


def call(f: Any, *args: Any) -> Expression:
    """A function by its name, as Flink names it: ``call("upper", col("a"))``.

    :raises TypeError: for a Python function: use ``map`` or ``process`` of the stream
    """
    if not isinstance(f, str):
        raise TypeError(f"call() takes a function's name, not {f!r}; use map() or process() for Python functions")
    return _call(f, *args)


def call_sql(sql_expression: str) -> Expression:
    """An expression in SQL; streams refuse it."""
    return _call("callSql", sql_expression)
