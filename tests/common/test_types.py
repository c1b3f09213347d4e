"""Rows: expected values were read off PyFlink 1.20.3."""

from __future__ import annotations

import copy
import pickle

import pytest

from flott.common import Row, RowKind


def test_positional_row() -> None:
    row = Row(1, "x")
    assert repr(row) == "<Row(1, 'x')>"
    assert (row[0], row[-1], row[0:1], len(row), list(row)) == (1, "x", [1], 2, [1, "x"])
    assert 1 in row
    with pytest.raises(IndexError):
        row[5]
    with pytest.raises(AttributeError, match="no field names"):
        _ = row.a
    with pytest.raises(TypeError, match="Cannot convert a Row class into dict"):
        row.as_dict()


def test_named_row() -> None:
    row = Row(b=1, a="x")
    assert repr(row) == "Row(b=1, a='x')"  # the order is the one given
    assert (row.a, row["b"], row[1]) == ("x", 1, "x")
    assert "a" in row and 1 not in row
    assert row.as_dict() == {"b": 1, "a": "x"}
    with pytest.raises(AttributeError, match="zz"):
        _ = row.zz
    with pytest.raises(ValueError, match="zz"):
        row["zz"]


def test_row_as_a_maker_of_rows() -> None:
    person = Row("name", "age")
    assert repr(person("Alice", 11)) == "Row(name='Alice', age=11)"
    assert repr(person("Alice")) == "Row(name='Alice')"
    with pytest.raises(ValueError, match="expected 2 values but got"):
        person("Alice", 1, 2)


def test_fields_are_set_by_item_not_by_attribute() -> None:
    row = Row(x=1, y=2)
    row["y"] = 6
    row[0] = 5
    assert repr(row) == "Row(x=5, y=6)"
    with pytest.raises(AttributeError):
        row.y = 7
    with pytest.raises(ValueError, match="q"):
        row["q"] = 1
    with pytest.raises(KeyError):
        Row(1)["x"] = 1


def test_set_field_names() -> None:
    row = Row(1, 2)
    row.set_field_names(["x", "y"])
    assert row.x == 1 and row == Row(x=1, y=2)
    row.set_field_names(["x"])
    assert repr(row) == "Row(x=1)" and len(row) == 2


def test_equality_and_hash() -> None:
    assert Row(1) == Row(1)
    assert Row(x=1, y=2) == Row(y=2, x=1) and hash(Row(x=1, y=2)) == hash(Row(y=2, x=1))
    assert Row(x=1) != Row(1) and Row(x=1) != Row(y=1) and Row(1) != (1,)
    assert Row.of_kind(RowKind.DELETE, 1) != Row(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Row([1]))


def test_kinds() -> None:
    row = Row.of_kind(RowKind.UPDATE_BEFORE, a=1)
    assert row.get_row_kind() is RowKind.UPDATE_BEFORE
    row.set_row_kind(RowKind.DELETE)
    assert str(row.get_row_kind()) == "-D"
    assert [str(kind) for kind in RowKind] == ["+I", "-U", "+U", "-D"]
    with pytest.raises(TypeError, match="RowKind"):
        row.set_row_kind("+I")  # type: ignore[arg-type]


def test_as_dict_recursive() -> None:
    row = Row(a=Row(x=1), b=[Row(y=2)], c={"k": Row(z=1)})
    assert row.as_dict(True) == {"a": {"x": 1}, "b": [{"y": 2}], "c": {"k": {"z": 1}}}
    assert row.as_dict()["a"] == Row(x=1)


def test_get_fields_by_names() -> None:
    row = Row(a=1, b="x")
    assert row.get_fields_by_names(["b"]) == ["x"]
    assert Row(1).get_fields_by_names(["a"]) == [1]
    with pytest.raises(KeyError, match="zz"):
        row.get_fields_by_names(["zz"])


@pytest.mark.parametrize("row", [Row(1, [2]), Row(a=1, b={"k": 2}), Row.of_kind(RowKind.DELETE, 1)])
def test_copies_and_pickles_are_equal(row: Row) -> None:
    for other in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):
        assert other == row and repr(other) == repr(row) and other.get_row_kind() is row.get_row_kind()


def test_both_kinds_of_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="both args and kwargs"):
        Row(1, b=2)
