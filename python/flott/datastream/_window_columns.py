"""Windows of typed streams with aggregates that are expressions: they run in the engine alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flott.datastream._columns import is_expression, list_json
from flott.datastream._windows import assigner_spec, trigger_spec

if TYPE_CHECKING:
    from flott._flott import ColumnsType, NativeOperator
    from flott.datastream.data_stream import DataStream

__all__ = ["aggregated"]

_CALL = "aggregate(expression)"


def aggregated(windowed: Any, expressions: list[Any]) -> DataStream:
    """The aggregates of each window.

    :raises TypeError: if not all are expressions, or the windows or the keys are a Python function's
    """
    from flott._flott import NativeOperator

    for expression in expressions:
        if not is_expression(expression):
            raise TypeError(
                f"aggregate() takes either an AggregateFunction or expressions such as col('amount').sum, "
                f"not both: {expression!r} is no expression"
            )
    assigner, trigger, stream = windowed._window_assigner, windowed._trigger(), windowed._stream
    windows, fires = assigner_spec(assigner), trigger_spec(trigger)
    if windows is None or windows[0] == "dynamic_session":
        raise TypeError(_needs_python(type(assigner).__name__, "an assigner of fixed times or numbers"))
    if fires is None:
        raise TypeError(_needs_python(type(trigger).__name__, "a trigger of flott.datastream.window"))
    if windowed._evictor is not None:
        raise TypeError(
            f"{_CALL} keeps no records that an evictor could take out: use aggregate() with an AggregateFunction"
        )
    keys = "[]"
    if not windowed._OF_ALL:
        if stream._key is None or stream._columns is None:
            raise TypeError(
                f"{_CALL} needs a stream that is keyed by columns, as with key_by('user') or key_by(col('user')); "
                "for keys of a Python function use aggregate() with an AggregateFunction"
            )
        keys = stream._key
    late = windowed._late_data_output_tag

    def make(columns: ColumnsType) -> NativeOperator:
        return NativeOperator.window(
            columns,
            keys,
            windows,
            assigner.is_event_time(),
            fires,
            windowed._allowed_lateness,
            list_json(expressions),
            None if late is None else late.tag_id,
        )

    made: DataStream = stream._native(type(assigner).__name__, _CALL, make)
    return made.force_non_parallel() if windowed._OF_ALL else made


def _needs_python(name: str, instead: str) -> str:
    return (
        f"{_CALL} runs without Python, and {name} is a Python function: take {instead}, "
        "or use aggregate() with an AggregateFunction"
    )
