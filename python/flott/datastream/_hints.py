"""What to write in the place of a name that is not there: people know Java's names, and those of pandas and Spark."""

from __future__ import annotations

from typing import Any

__all__ = ["no_attribute"]

_COLLECT = "read the records with execute_and_collect(), or the first ten with execute_and_collect(limit=10)"
_AGGREGATE = "aggregate(col('amount').sum) on a typed stream, or reduce(...) of two records"
_RESULT = "a window has a result behind reduce(...), aggregate(...), apply(...) or process(...)"
_PLACES: dict[str, dict[str, str]] = {
    "DataStream": {
        "apply": "call a function for each record with map()",
        "agg": "group with key_by(...), and then reduce(...) or window(...).aggregate(...)",
        "collect": _COLLECT,
        "count": "a stream has no end to count to: count in a window, or key_by(...) and reduce(...)",
        "distinct": "key_by(...) and a KeyedProcessFunction that keeps in state what it has seen",
        "drop_duplicates": "key_by(...) and a KeyedProcessFunction that keeps in state what it has seen",
        "execute": "a program is run by its environment: env.execute()",
        "foreach": "call a function for each record with map(), or end the stream with sink_to(...)",
        "for_each": "call a function for each record with map(), or end the stream with sink_to(...)",
        "groupBy": "it is key_by(...) here",
        "group_by": "it is key_by(...) here",
        "groupby": "it is key_by(...) here",
        "head": _COLLECT,
        "keyby": "it is key_by(...) here",
        "limit": _COLLECT,
        "show": "it is print() and env.execute() here",
        "take": _COLLECT,
        "to_pandas": "execute_and_collect_arrow().to_pandas() gives a DataFrame",
        "where": "it is filter(...) here",
        "write_as_text": "sink_to(FileSink...) writes files",
    },
    "_Windowed": {
        "avg": _AGGREGATE,
        "count": "aggregate(lit(1).count) on a typed stream, or aggregate(...) with an AggregateFunction that counts",
        "max": _AGGREGATE,
        "mean": _AGGREGATE,
        "min": _AGGREGATE,
        "sum": _AGGREGATE,
        "": _RESULT,
    },
    "DataStreamSink": {
        "execute": "a program is run by its environment: env.execute()",
        "": "a sink is the end of a stream: call this on the stream in front of it",
    },
    "StreamExecutionEnvironment": {
        "create_data_stream": "make a stream with from_collection([...]) or from_source(...)",
        "from_elements": "it is from_collection([...]) here",
        "from_data": "it is from_collection([...]) here",
        "read_csv": "from_source(FileSource...) with a CsvReaderFormat, or from_arrow(...) of a DataFrame",
        "run": "it is execute() here",
        "socket_text_stream": "from_source() takes a PythonSource, which can read a socket",
        "start": "it is execute() here, or execute_async()",
    },
}


def no_attribute(of: object, name: str) -> AttributeError:
    """The error for a name that an object does not have, with what to write in its place."""
    kind = next((each.__name__ for each in type(of).__mro__ if each.__name__ in _PLACES), "")
    text = f"{type(of).__name__!r} object has no attribute {name!r}"
    if not name.startswith("_"):
        hints = _PLACES.get(kind, {})
        hint = hints.get(name, "") or _with_keys(kind, name) or hints.get("", "")
        if hint:
            return AttributeError(f"{text}; {hint}")
    # with these Python itself says which name is meant
    error: Any = AttributeError(text, name=name, obj=of)
    return error  # type: ignore[no-any-return]


def _with_keys(kind: str, name: str) -> str:
    if kind != "DataStream":
        return ""
    from flott.datastream.keyed_stream import KeyedStream

    return f"it needs keys: stream.key_by(lambda record: ...).{name}(...)" if hasattr(KeyedStream, name) else ""
