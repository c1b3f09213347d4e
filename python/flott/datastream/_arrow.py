"""Streams from and to pandas, polars, pyarrow and whatever else speaks Arrow's PyCapsule interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flott._flott import ArrowTable

__all__ = ["ArrowResult", "table_of"]


#: How many records a notebook shows of a result.
_SHOWN = 20


class ArrowResult:
    """The records of a stream in columns, for other libraries to take over without a copy.

    ::

        result = stream.execute_and_collect_arrow()
        polars.DataFrame(result)
        pyarrow.table(result)
        result.to_pandas()
    """

    def __init__(self, table: ArrowTable) -> None:
        """Use :meth:`DataStream.execute_and_collect_arrow`."""
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A capsule with the table, for whoever implements Arrow's interface; as often as it is asked for."""
        return self._table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        """The number of records."""
        return len(self._table)

    def __repr__(self) -> str:
        return f"ArrowResult({len(self)} records of {', '.join(self.column_names)})"

    def _repr_html_(self) -> str:
        from flott.common._html import box, table

        columns = [self._table.objects(at)[:_SHOWN] for at in range(len(self.column_names))]
        more = f"the first {_SHOWN} of {len(self):,} records" if len(self) > _SHOWN else f"{len(self):,} records"
        numbers = [at for at, values in enumerate(columns) if any(isinstance(each, (int, float)) for each in values)]
        return box("", table(self.column_names, zip(*columns), right=numbers), more)

    @property
    def column_names(self) -> list[str]:
        """The names of the columns; ``value`` for a stream of values without fields."""
        return self._table.columns.names

    def column(self, name: str) -> list[Any]:
        """The values of a column as Python objects.

        :raises KeyError: if there is no such column
        """
        names = self.column_names
        if name not in names:
            raise KeyError(f"there is no column {name!r}: the columns are {', '.join(names)}")
        return self._table.objects(names.index(name))

    def to_pandas(self) -> Any:
        """A pandas DataFrame; works without pyarrow.

        Numbers and truth values with nulls are of pandas' own types that can hold them (``Int64``, ``boolean``); times
        are ``datetime64[us]``, instants with the zone UTC; dates, decimals and lists are Python objects.
        """
        import pandas

        names = self.column_names
        frame = pandas.DataFrame({at: _series(self._table, at) for at in range(len(names))}, index=range(len(self)))
        frame.columns = names
        return frame


def _series(table: ArrowTable, at: int) -> Any:
    import numpy
    import pandas

    found = table.buffers(at)
    if found is None:
        values = table.objects(at)
        text = any(isinstance(value, str) for value in values)
        return pandas.Series(values) if text else pandas.Series(values, dtype=object)
    kind, data, valid = found
    kind, zone = (f"{kind[:-5]}]", "UTC") if kind.endswith(",UTC]") else (kind, None)
    numbers = numpy.frombuffer(data, kind).copy()
    if valid is not None:
        null = numpy.frombuffer(valid, "bool") == 0
        if kind == "bool":
            return pandas.Series(pandas.arrays.BooleanArray(numbers, null))
        if kind.startswith("int"):
            return pandas.Series(pandas.arrays.IntegerArray(numbers, null))
        numbers[null] = numpy.datetime64("NaT") if kind.startswith("datetime64") else numpy.nan
    series = pandas.Series(numbers)
    return series if zone is None else series.dt.tz_localize(zone)


def table_of(data: Any) -> ArrowTable:
    """The columns of ``data``.

    :raises TypeError: if it is no table, or has a column of a type that no stream has
    """
    from flott._flott import ArrowTable

    if _is_pandas(data):
        return _of_pandas(data)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return ArrowTable.read(data)
    raise TypeError(
        "from_arrow() takes a table that speaks Arrow's PyCapsule interface, such as polars' or pandas' DataFrame or "
        f"pyarrow's Table, not {type(data).__name__}; for Python objects there is from_collection()"
    )


def _is_pandas(data: Any) -> bool:
    import sys

    # pandas' own export needs pyarrow
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _of_pandas(frame: Any) -> ArrowTable:
    from flott._flott import ArrowTable

    columns = []
    for at, label in enumerate(frame.columns):
        if not isinstance(label, str):
            raise TypeError(f"the columns of a stream have names, and one of this DataFrame is called {label!r}")
        columns.append((label, *_of_series(frame.iloc[:, at], label)))
    return ArrowTable.of_columns(len(frame), columns)


def _of_series(series: Any, name: str) -> tuple[str, bytes | list[Any], bytes | None]:
    """The kind, the values and which of them are there, as ``ArrowTable.of_columns`` takes them."""
    missing = series.isna().to_numpy()
    valid = (~missing).tobytes() if missing.any() else None
    dtype, zone = series.dtype, ""
    if getattr(dtype, "tz", None) is not None:
        series, zone = series.dt.tz_convert("UTC").dt.tz_localize(None), ",UTC"
    elif getattr(dtype, "numpy_dtype", None) is not None and dtype.numpy_dtype.kind in "biuf":
        # pandas' Int64, boolean and the like, with something in place of what is missing
        series = series.fillna(dtype.numpy_dtype.type()).astype(dtype.numpy_dtype)
    values = series.to_numpy()
    if values.dtype.kind in "biufM":
        kind = values.dtype.name
        return (f"{kind[:-1]}{zone}]" if zone else kind), values.tobytes(), valid
    objects = [None if gone else value for gone, value in zip(missing, series.astype(object))]
    return _descriptor(objects, name), objects, None


def _descriptor(objects: list[Any], name: str) -> str:
    """The type of Python objects, by the first that is not None."""
    from datetime import date, datetime, time
    from decimal import Decimal

    kinds = {
        bool: "BOOLEAN",
        int: "LONG",
        float: "DOUBLE",
        str: "STRING",
        Decimal: "BIG_DEC",
        datetime: "SQL_TIMESTAMP",
        date: "SQL_DATE",
        time: "SQL_TIME",
    }
    first = next((value for value in objects if value is not None), "")
    if isinstance(first, bytes):
        return '{"kind": "PRIMITIVE_ARRAY", "element": {"kind": "BYTE"}}'
    for kind, descriptor in kinds.items():
        if isinstance(first, kind):
            return f'{{"kind": "{descriptor}"}}'
    raise TypeError(f"the column '{name}' holds objects of type {type(first).__name__}: convert it first")
