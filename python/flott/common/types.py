"""Rows and the kinds of change a row can stand for."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from flott._flott import RowBase

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Row", "RowKind"]


class RowKind(Enum):
    """What a row means in a changelog.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/concepts/dynamic_tables/
    """

    INSERT = 0
    UPDATE_BEFORE = 1
    UPDATE_AFTER = 2
    DELETE = 3

    def __str__(self) -> str:
        """Flink's short form: ``+I``, ``-U``, ``+U`` or ``-D``."""
        return _SHORT[self._value_]

    def to_j_row_kind(self) -> Any:
        """Not available: there are no Java objects here. Use the member itself."""
        from flott.common.utils import java_only

        raise java_only("RowKind.to_j_row_kind()", "use the RowKind member itself")


_SHORT = ("+I", "-U", "+U", "-D")
_INSERT = RowKind.INSERT


class Row(RowBase):
    """A record with a fixed number of fields, by position or by name, and a :class:`RowKind`.

    ``Row(1, "a")`` has positions only, ``Row(id=1, name="a")`` has names too. A row of names makes rows::

        >>> Person = Row("name", "age")
        >>> Person("Alice", 11)
        Row(name='Alice', age=11)

    Fields are read as ``row[0]``, ``row["name"]`` or ``row.name`` and set as ``row[0] = x`` or ``row["name"] = x``.
    Setting an attribute raises AttributeError, as in PyFlink. Two rows are equal when their kinds and their
    fields are; between named rows the order of the names does not count.

    https://nightlies.apache.org/flink/flink-docs-release-1.20/api/python/reference/pyflink.common/api/pyflink.common.Row.html
    """

    # Fields are kept and read by the base, which makes the objects of a row of columns when they are asked for.
    # No __setattr__: without a dict an unknown attribute is refused, and building a row stays cheap.
    # `_fields` is None for a row without names.
    __slots__ = ()

    @staticmethod
    def _make(fields: list[str] | None, values: list[Any], kind: RowKind = _INSERT) -> Row:
        """A row that keeps both lists as they are: the engine's way to build one."""
        row = _new(Row)
        row._fields = fields
        row._values = values
        row._row_kind = kind
        return row

    @staticmethod
    def of_kind(row_kind: RowKind, *args: Any, **kwargs: Any) -> Row:
        """Makes a row of the given kind: ``Row.of_kind(RowKind.DELETE, 1, "a")``."""
        row = Row(*args, **kwargs)
        row.set_row_kind(row_kind)
        return row

    def as_dict(self, recursive: bool = False) -> dict[str, Any]:
        """The fields as a dict.

        :param recursive: also turn rows inside fields, lists and dicts into dicts
        :raises TypeError: if the row has no field names
        """
        if self._fields is None:
            raise TypeError("Cannot convert a Row class into dict: it has no field names (see set_field_names)")
        if recursive:
            return {name: _plain(value) for name, value in zip(self._fields, self._values, strict=False)}
        return dict(zip(self._fields, self._values, strict=False))

    def get_row_kind(self) -> RowKind:
        """The row's kind, ``RowKind.INSERT`` unless it was set."""
        return self._row_kind

    def set_row_kind(self, row_kind: RowKind) -> None:
        """Sets the row's kind.

        :raises TypeError: if ``row_kind`` is not a :class:`RowKind`
        """
        if not isinstance(row_kind, RowKind):
            raise TypeError(f"a row's kind is a RowKind such as RowKind.INSERT, not {row_kind!r}")
        self._row_kind = row_kind

    def set_field_names(self, field_names: list[str]) -> None:
        """Names the fields. As in PyFlink, fields beyond the last name stay reachable by position only."""
        self._fields = list(field_names)

    def get_fields_by_names(self, names: list[str]) -> list[Any]:
        """The values of the named fields, in that order; all values if the row has no names.

        :raises KeyError: if there is no field of such a name
        """
        fields = self._fields
        if fields is None or not names:
            return self._values
        missing = [name for name in names if name not in fields]
        if missing:
            raise KeyError(f"Field names {missing} not exist in {fields}.")
        return [self._values[fields.index(name)] for name in names]

    def __call__(self, *args: Any) -> Row:
        """Makes a row whose field names are this row's values."""
        if len(args) > len(self._values):
            raise ValueError(
                f"Can not create Row with fields {self}, expected {len(self._values)} values but got {args}"
            )
        return Row._make(list(self._values), list(args))

    def __contains__(self, item: object) -> bool:
        return item in (self._values if self._fields is None else self._fields)

    def __repr__(self) -> str:
        if self._fields is not None:
            pairs = zip(self._fields, self._values, strict=False)
            return f"Row({', '.join([f'{name}={value!r}' for name, value in pairs])})"
        return f"<Row({', '.join([repr(value) for value in self._values])})>"

    def __hash__(self) -> int:
        if self._fields is None:
            return hash(tuple(self._values))
        # Named rows are equal in any order of their names, so their hash must not depend on it.
        return hash(frozenset(self._values))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._fields, self._values, self._row_kind._value_)


_new = Row.__new__
_KINDS: Sequence[RowKind] = tuple(RowKind)


def _restore(fields: list[str] | None, values: list[Any], kind: int) -> Row:
    return Row._make(fields, values, _KINDS[kind])


def _plain(value: Any) -> Any:
    """The value with rows in it turned into dicts."""
    if isinstance(value, Row):
        return value.as_dict(True)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
