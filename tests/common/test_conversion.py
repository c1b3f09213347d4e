"""What a declared type makes of a value: docs/types.md as a table.

``PYFLINK`` was read off PyFlink 1.20.3: the value was the result of ``map(..., output_type=type)``, and what the
function behind ``rebalance()`` was given is what stands here. ``BEYOND`` is what PyFlink fails on and Flott takes.
"""

from __future__ import annotations

import datetime as dt
import enum
import pickle
from array import array
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from flott.common import Instant, Row, RowKind, TypeInformation, Types
from flott.common.typeinfo import LocalTimeTypeInfo

AB = Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.STRING()])
PAIR = Types.ROW([Types.INT(), Types.STRING()])
NESTED = Types.ROW_NAMED(
    ["id", "lines"], [Types.LONG(), Types.LIST(Types.ROW_NAMED(["qty", "at"], [Types.INT(), Types.SQL_TIMESTAMP()]))]
)


class Text(str):
    pass


class Level(enum.IntEnum):
    HIGH = 3


@dataclass
class Order:
    a: int
    b: str


PYFLINK = [
    (Types.STRING(), "é", "é"),
    (Types.STRING(), Text("x"), "x"),
    (Types.STRING(), None, None),
    (Types.BYTE(), -128, -128),
    (Types.SHORT(), 32767, 32767),
    (Types.INT(), True, 1),
    (Types.INT(), 2.0, 2),
    (Types.INT(), Decimal("2"), 2),
    (Types.INT(), Level.HIGH, 3),
    (Types.LONG(), 2**63 - 1, 2**63 - 1),
    (Types.BOOLEAN(), 1, True),
    (Types.BOOLEAN(), 0, False),
    (Types.FLOAT(), 0.1, 0.10000000149011612),  # the nearest 32-bit number
    (Types.FLOAT(), 1, 1.0),
    (Types.DOUBLE(), 1, 1.0),
    (Types.DOUBLE(), True, 1.0),
    (Types.DOUBLE(), Decimal("1.50"), 1.5),
    (Types.DOUBLE(), 2**53 + 1, 9007199254740992.0),
    (Types.BIG_DEC(), Decimal("1E+3"), Decimal("1E+3")),
    (Types.BIG_DEC(), 1, Decimal(1)),
    (Types.BIG_DEC(), 0.1, Decimal("0.1")),
    (Types.BIG_DEC(), "12", Decimal(12)),
    (Types.INSTANT(), Instant(1, 5), Instant(1, 5)),
    (Types.INSTANT(), None, None),
    (Types.SQL_DATE(), dt.date(1960, 1, 2), dt.date(1960, 1, 2)),
    (Types.SQL_DATE(), dt.datetime(2024, 1, 2, 3), dt.date(2024, 1, 2)),
    (Types.SQL_TIME(), dt.datetime(2024, 1, 2, 3, 4, 5), dt.time(3, 4, 5)),
    (Types.SQL_TIME(), dt.time(1, 2, 3, tzinfo=dt.timezone.utc), dt.time(1, 2, 3)),
    (Types.SQL_TIMESTAMP(), dt.datetime(1960, 1, 2, 3, 4, 5), dt.datetime(1960, 1, 2, 3, 4, 5)),
    (PAIR, Row(1, "a"), Row(f0=1, f1="a")),
    (PAIR, Row(f1="a", f0=1), Row(f0=1, f1="a")),
    (PAIR, Row(1, None), Row(f0=1, f1=None)),
    (PAIR, Row(2.0, "a"), Row(f0=2, f1="a")),
    (AB, Row(1, "x"), Row(a=1, b="x")),
    (AB, Row(b="x", a=1), Row(a=1, b="x")),
    (Types.TUPLE([Types.INT(), Types.ROW([Types.INT()])]), (1, Row(2)), (1, Row(f0=2))),
    (Types.LIST(Types.INT()), [1, 2.0], [1, 2]),
    (Types.LIST(Types.BYTE()), b"ab", b"ab"),
    (Types.PRIMITIVE_ARRAY(Types.INT()), [1, 2], [1, 2]),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), b"ab", b"ab"),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), bytearray(b"ab"), b"ab"),
    (Types.BASIC_ARRAY(Types.STRING()), ["a", None], ["a", None]),
    (Types.OBJECT_ARRAY(Types.ROW([Types.INT()])), [Row(1)], [Row(f0=1)]),
    (Types.MAP(Types.STRING(), Types.INT()), {"a": 1, "b": None}, {"a": 1, "b": None}),
    (
        Types.ROW([Types.ROW([Types.INT()]), Types.LIST(Types.STRING())]),
        Row(Row(1), ["x"]),
        Row(f0=Row(f0=1), f1=["x"]),
    ),
    (Types.PICKLED_BYTE_ARRAY(), {"a": (1,)}, {"a": (1,)}),
]

BEYOND = [
    (Types.INT(), None, None),
    (Types.CHAR(), "é", "é"),
    (Types.BIG_INT(), 2**70, 2**70),
    (PAIR, (1, "a"), Row(f0=1, f1="a")),
    (PAIR, [1, "a"], Row(f0=1, f1="a")),
    (PAIR, Row(x=1, y="a"), Row(f0=1, f1="a")),  # no names were declared
    (AB, {"b": "x", "a": 1}, Row(a=1, b="x")),
    (AB, {"a": 1}, Row(a=1, b=None)),
    (AB, Order(1, "x"), Row(a=1, b="x")),
    (Types.TUPLE([Types.INT(), Types.STRING()]), [1, None], (1, None)),
    (Types.TUPLE([Types.INT(), Types.STRING()]), Row(1, "a"), (1, "a")),
    (Types.LIST(Types.INT()), (1, None), [1, None]),
    (Types.LIST(Types.INT()), range(2), [0, 1]),
    (Types.PRIMITIVE_ARRAY(Types.BYTE()), [1, -1], b"\x01\xff"),
    (NESTED, Row(lines=[{"qty": 2}], id=1), Row(id=1, lines=[Row(qty=2, at=None)])),
    # PyFlink cuts what is finer than a millisecond, and fails on fractions of a second before 1970
    (Types.SQL_TIMESTAMP(), dt.datetime(1960, 1, 2, 3, 4, 5, 6), dt.datetime(1960, 1, 2, 3, 4, 5, 6)),
    # PyFlink's from_collection() does this; its exchanges drop the zone and keep the hour
    (
        Types.SQL_TIMESTAMP(),
        dt.datetime(2024, 1, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=8))),
        dt.datetime(2024, 1, 1),
    ),
    (
        LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_DATE),
        dt.datetime(2024, 1, 2, 3),
        dt.date(2024, 1, 2),
    ),
]


@pytest.mark.parametrize(("type_info", "value", "converted"), [*PYFLINK, *BEYOND])
def test_convert(type_info: TypeInformation, value: Any, converted: Any) -> None:
    result = type_info._convert(value)
    assert result == converted and type(result) is type(converted)
    assert repr(result) == repr(converted)  # items of a tuple or list have their types too


@pytest.mark.parametrize(
    ("type_info", "value"),
    [
        (Types.STRING(), "text" * 3),
        (Types.INT(), 2**31 - 1),
        (Types.DOUBLE(), 1.25),
        (Types.FLOAT(), 0.5),
        (Types.BIG_DEC(), Decimal("1.50")),
        (Types.SQL_TIMESTAMP(), dt.datetime(2024, 1, 2)),
        (AB, Row(a=1, b=None)),
        (Types.TUPLE([Types.INT(), Types.LIST(Types.STRING())]), (1, ["a", None])),
        (Types.MAP(Types.STRING(), AB), {"a": Row(a=1, b="x")}),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), b"ab"),
    ],
)
def test_what_is_of_the_type_stays_the_object_it_is(type_info: TypeInformation, value: Any) -> None:
    assert type_info._convert(value) is value


def test_a_row_that_is_converted_is_another_row() -> None:
    given = Row.of_kind(RowKind.DELETE, 2.0, "a")
    made = PAIR._convert(given)
    assert repr(made) == "Row(f0=2, f1='a')" and made.get_row_kind() is RowKind.DELETE
    assert repr(given) == "<Row(2.0, 'a')>"


@pytest.mark.parametrize(
    ("type_info", "value", "message"),
    [
        (Types.STRING(), 5, "order: expected a str (Types.STRING), got 5 (int); convert it with str(...)"),
        (Types.STRING(), b"a", "order: expected a str (Types.STRING), got b'a' (bytes); decode it with .decode()"),
        (Types.CHAR(), "ab", "got 'ab' (str); Types.STRING() holds longer text"),
        (Types.BYTE(), 128, "an int from -128 to 127 (Types.BYTE), got 128 (int); Types.SHORT() holds it"),
        (Types.LONG(), 1 << 63, "Types.BIG_INT() holds it"),
        # in PyFlink the next function is given 1
        (Types.INT(), 1.5, "an int (Types.INT), got 1.5 (float); Flink cuts the fraction off"),
        (Types.INT(), Decimal("1.5"), "got Decimal('1.5') (Decimal); Flink cuts the fraction off"),
        (Types.INT(), float("nan"), "got nan (float)"),
        (Types.INT(), "12", "got '12' (str); convert it with int(...)"),
        # in PyFlink it is True
        (Types.BOOLEAN(), 2, "expected True or False (Types.BOOLEAN), got 2 (int)"),
        (Types.BOOLEAN(), "true", "got 'true' (str)"),
        # in PyFlink it is inf
        (Types.FLOAT(), 1e300, "a float up to 3.4E38 (Types.FLOAT), got 1e+300 (float); Types.DOUBLE() holds it"),
        (Types.DOUBLE(), "12", "a float (Types.DOUBLE), got '12' (str); convert it with float(...)"),
        (Types.DOUBLE(), 10**400, "a float goes up to 1.8E308"),
        (Types.DOUBLE(), [1.0], "got [1.0] (list)"),
        (Types.BIG_DEC(), Decimal("NaN"), "a finite decimal.Decimal (Types.BIG_DEC), got Decimal('NaN')"),
        (Types.BIG_DEC(), "x", "convert it with Decimal(...)"),
        (Types.BIG_DEC(), True, "got True (bool)"),
        (Types.INSTANT(), 5, "an Instant (Types.INSTANT), got 5 (int); make one with Instant.of_epoch_milli(...)"),
        (
            Types.SQL_DATE(),
            "2024-01-01",
            "a datetime.date (Types.SQL_DATE), got '2024-01-01' (str); convert it",
        ),
        (Types.SQL_TIME(), 5, "a datetime.time (Types.SQL_TIME), got 5 (int)"),
        (Types.SQL_TIMESTAMP(), dt.date(2024, 1, 2), "a datetime.datetime (Types.SQL_TIMESTAMP), got datetime.date("),
        # in PyFlink the worker reads memory that is not the row's
        (PAIR, Row(1), "a Row of 2 fields (f0, f1; Types.ROW), got <Row(1)> (Row); it has 1 field"),
        # in PyFlink the third is dropped
        (PAIR, Row(1, "a", 3), "it has 3 fields"),
        (AB, Row(a=1), "got Row(a=1) (Row); it has no field 'b'"),
        (AB, Row(a=1, b="x", c=2), "the field 'c' is not declared"),
        (AB, {"a": 1, "c": 2}, "the field 'c' is not declared"),
        (AB, "ab", "got 'ab' (str)"),
        (AB, Row(a="x", b="y"), "field 'a' of order: expected an int (Types.INT), got 'x' (str)"),
        (
            NESTED,
            Row(1, [(2, None), ("x", None)]),
            "field 'lines[1].qty' of order: expected an int (Types.INT)",
        ),
        (Types.TUPLE([Types.INT()]), (1, 2), "a tuple of 1 (Types.TUPLE), got (1, 2) (tuple); it has 2 fields"),
        (Types.TUPLE([Types.INT()]), ("x",), "order, item [0]: expected an int"),
        (Types.LIST(Types.INT()), "ab", "a list (Types.LIST(INT)), got 'ab' (str)"),
        (Types.LIST(Types.INT()), {"a": 1}, "got {'a': 1} (dict)"),
        (Types.PRIMITIVE_ARRAY(Types.INT()), [1, None], "order, item [1]: expected a value, since a primitive array"),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), "ab", "bytes (Types.PRIMITIVE_ARRAY(BYTE)), got 'ab' (str)"),
        (Types.MAP(Types.STRING(), Types.INT()), {"a": "b"}, "order, item ['a']: expected an int"),
        (Types.MAP(Types.STRING(), Types.INT()), {None: 1}, "a map holds no key None"),
        (Types.MAP(Types.STRING(), Types.INT()), [("a", 1)], "a dict (Types.MAP(STRING, INT)), got [('a', 1)] (list)"),
    ],
)
def test_what_is_refused(type_info: TypeInformation, value: Any, message: str) -> None:
    with pytest.raises(TypeError) as raised:
        type_info._convert(value, "order")
    assert message in str(raised.value)


def test_objects_that_stand_for_numbers() -> None:
    # as NumPy's do
    class Int64:
        def __index__(self) -> int:
            return 5

    class Float32:
        def __float__(self) -> float:
            return 0.5

    assert Types.INT()._convert(Int64()) == 5 and type(Types.INT()._convert(Int64())) is int
    assert Types.DOUBLE()._convert(Float32()) == 0.5 and type(Types.DOUBLE()._convert(Float32())) is float
    assert Types.LIST(Types.INT())._convert(array("q", [1, 2])) == [1, 2]


def test_an_error_of_the_value_itself_is_not_hidden() -> None:
    class Broken:
        def __float__(self) -> float:
            raise RuntimeError("no number today")

    with pytest.raises(RuntimeError, match="no number today"):
        Types.DOUBLE()._convert(Broken())


def test_a_type_that_has_converted_can_be_pickled() -> None:
    assert AB._convert((1, "x")) == Row(a=1, b="x")
    assert pickle.loads(pickle.dumps(AB))._convert((2, "y")) == Row(a=2, b="y")
