"""Types: names as PyFlink 1.20.3 prints them, texts as Java does."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from flott.common import Instant, Row, RowKind, TypeInformation, Types
from flott.common.typeinfo import LocalTimeTypeInfo

NESTED = Types.ROW_NAMED(
    ["id", "lines"], [Types.LONG(), Types.LIST(Types.ROW_NAMED(["qty", "at"], [Types.INT(), Types.SQL_TIMESTAMP()]))]
)


@pytest.mark.parametrize(
    ("type_info", "text"),
    [
        (Types.STRING(), "String"),
        (Types.INT(), "Integer"),
        (Types.BIG_DEC(), "BigDecimal"),
        (Types.INSTANT(), "Instant"),
        (Types.SQL_DATE(), "DateTypeInfo"),
        (Types.PICKLED_BYTE_ARRAY(), "PickledByteArrayTypeInfo"),
        (Types.ROW([Types.INT(), Types.STRING()]), "RowTypeInfo(Integer, String)"),
        (
            Types.ROW_NAMED(["a", "b"], [Types.INT(), Types.ROW([Types.INT()])]),
            "RowTypeInfo(a: Integer, b: RowTypeInfo(Integer))",
        ),
        (Types.TUPLE([Types.INT(), Types.STRING()]), "TupleTypeInfo(Integer, String)"),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), "PrimitiveArrayTypeInfo<Byte>"),
        (Types.BASIC_ARRAY(Types.INT()), "BasicArrayTypeInfo<Integer>"),
        (Types.OBJECT_ARRAY(Types.ROW([Types.INT()])), "ObjectArrayTypeInfo<RowTypeInfo(Integer)>"),
        (Types.MAP(Types.INT(), Types.STRING()), "MapTypeInfo<Integer, String>"),
        (Types.LIST(Types.INT()), "ListTypeInfo<Integer>"),
    ],
)
def test_repr(type_info: TypeInformation, text: str) -> None:
    assert repr(type_info) == text


def test_descriptor_is_json() -> None:
    wanted = {
        "kind": "ROW",
        "names": ["id", "lines"],
        "fields": [
            {"kind": "LONG"},
            {
                "kind": "LIST",
                "element": {
                    "kind": "ROW",
                    "names": ["qty", "at"],
                    "fields": [{"kind": "INT"}, {"kind": "SQL_TIMESTAMP"}],
                },
            },
        ],
    }
    assert json.loads(json.dumps(NESTED._descriptor())) == wanted
    assert Types.MAP(Types.STRING(), Types.TUPLE([Types.BYTE()]))._descriptor() == {
        "kind": "MAP",
        "key": {"kind": "STRING"},
        "value": {"kind": "TUPLE", "fields": [{"kind": "BYTE"}]},
    }


def test_equality_ignores_field_names_as_in_flink() -> None:
    assert Types.INT() == Types.INT() and Types.INT() != Types.LONG()
    assert Types.ROW([Types.INT()]) == Types.ROW_NAMED(["a"], [Types.INT()])
    assert hash(Types.ROW([Types.INT()])) == hash(Types.ROW_NAMED(["a"], [Types.INT()]))
    assert Types.ROW([Types.INT()]) != Types.TUPLE([Types.INT()])
    assert Types.LIST(Types.INT()) != Types.BASIC_ARRAY(Types.INT())


def test_row_fields() -> None:
    assert Types.ROW([Types.INT(), Types.INT()]).get_field_names() == ["f0", "f1"]
    assert NESTED.get_field_index("lines") == 1
    assert NESTED.get_field_types()[0] == Types.LONG()
    with pytest.raises(ValueError, match="zz"):
        NESTED.get_field_index("zz")


@pytest.mark.parametrize(
    ("type_info", "value", "text"),
    [
        (Types.BOOLEAN(), True, "true"),
        (Types.STRING(), None, "null"),
        (Types.DOUBLE(), 1e10, "1.0E10"),
        (Types.DOUBLE(), 1e7, "1.0E7"),
        (Types.DOUBLE(), 9999999.0, "9999999.0"),
        (Types.DOUBLE(), 0.001, "0.001"),
        (Types.DOUBLE(), 0.00012345, "1.2345E-4"),
        (Types.DOUBLE(), -123456789.125, "-1.23456789125E8"),
        (Types.DOUBLE(), 1e300, "1.0E300"),
        (Types.DOUBLE(), float("-inf"), "-Infinity"),
        (Types.DOUBLE(), float("nan"), "NaN"),
        (Types.DOUBLE(), -0.0, "-0.0"),
        (Types.FLOAT(), 0.10000000149011612, "0.1"),
        (Types.FLOAT(), 16777216.0, "1.6777216E7"),
        (Types.FLOAT(), 2.0**-149, "1.4E-45"),
        (Types.DOUBLE(), 5e-324, "4.9E-324"),
        (Types.ROW([Types.STRING(), Types.INT()]), Row("a", 1), "+I[a, 1]"),
        (
            Types.ROW([Types.STRING(), Types.ROW([Types.INT()])]),
            Row.of_kind(RowKind.DELETE, None, Row(1)),
            "-D[null, +I[1]]",
        ),
        (Types.TUPLE([Types.INT(), Types.STRING()]), (1, "hi"), "(1,hi)"),
        (Types.LIST(Types.BOOLEAN()), [True, None], "[true, null]"),
        (Types.MAP(Types.STRING(), Types.DOUBLE()), {"a": 1.0, "b": 2.5}, "{a=1.0, b=2.5}"),
        (Types.PRIMITIVE_ARRAY(Types.BYTE()), b"\x01\xff", "[1, -1]"),
        (Types.SQL_TIMESTAMP(), dt.datetime(2018, 3, 11, 3), "2018-03-11 03:00:00.0"),
        (Types.SQL_TIMESTAMP(), dt.datetime(2018, 3, 11, 3, 0, 0, 120000), "2018-03-11 03:00:00.12"),
        (Types.SQL_DATE(), dt.date(2018, 3, 11), "2018-03-11"),
        (Types.SQL_TIME(), dt.time(1, 2, 3), "01:02:03"),
        (Types.INSTANT(), Instant(0, 250_000_000), "1970-01-01T00:00:00.250Z"),
        (Types.BIG_DEC(), Decimal("1.50"), "1.50"),
        (Types.PICKLED_BYTE_ARRAY(), {"a": True}, "{'a': True}"),
        # Java has a byte[] there, whose bytes are signed
        (Types.PICKLED_BYTE_ARRAY(), bytearray(b"a\xff"), "[97, -1]"),
        (
            LocalTimeTypeInfo(LocalTimeTypeInfo.TimeType.LOCAL_DATE_TIME),
            dt.datetime(2018, 3, 11, 3),
            "2018-03-11T03:00",
        ),
    ],
)
def test_render(type_info: TypeInformation, value: Any, text: str) -> None:
    assert type_info._render(value) == text


@pytest.mark.parametrize(
    ("type_info", "value", "internal"),
    [
        (Types.SQL_DATE(), dt.date(2020, 1, 1), 18262),
        (Types.SQL_TIME(), dt.time(1, 2, 3, 4), 3723000004),
        (Types.SQL_TIMESTAMP(), dt.datetime(2020, 1, 1), 1577836800000000),
        (Types.INSTANT(), Instant(1, 2000), 1000002),
        (Types.ROW_NAMED(["a"], [Types.SQL_DATE()]), Row(a=dt.date(2020, 1, 1)), (0, 18262)),
        (Types.TUPLE([Types.SQL_DATE()]), (dt.date(2020, 1, 1),), (18262,)),
    ],
)
def test_internal_types_go_both_ways(type_info: TypeInformation, value: Any, internal: Any) -> None:
    assert type_info.need_conversion()
    assert type_info.to_internal_type(value) == internal
    assert type_info.from_internal_type(internal) == value


def test_wrong_types_are_refused_when_made() -> None:
    with pytest.raises(TypeError, match=r"call it: Types\.INT\(\)"):
        Types.ROW([Types.INT])  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"Types\.STRING\(\)"):
        Types.LIST(str)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="1 field names for 2 field types"):
        Types.ROW_NAMED(["a"], [Types.INT(), Types.INT()])
    with pytest.raises(ValueError, match="'a' comes twice"):
        Types.ROW_NAMED(["a", "a"], [Types.INT(), Types.INT()])
    with pytest.raises(TypeError, match="BASIC_ARRAY"):
        Types.PRIMITIVE_ARRAY(Types.STRING())
    with pytest.raises(NotImplementedError, match="Java"):
        Types.INT().get_java_type_info()
