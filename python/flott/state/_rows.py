"""The rows of a state, from the bytes that a checkpoint has of it: as docs/checkpoint-format.md lists them."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flott.state._unpickle import load_all, loads

__all__ = ["PICKLE", "ROWS_OF", "WITH_TTL", "Rows", "keyed_rows", "layout", "plain_rows"]

Rows = tuple[list[str], list[tuple[Any, ...]]]
#: The columns, and the rows of one entry ``(key, what belongs to it)``.
Layout = tuple[list[str], Callable[[Any, Any], Iterable[tuple[Any, ...]]]]

#: In front of the kind of a state whose values are pickled, and behind it.
PICKLE, WITH_TTL = "pickle ", " with time to live"


def layout(kind: str) -> Layout:
    """The columns of a state of that kind, and how its rows are made."""
    ttl = kind.endswith(WITH_TTL)
    kind = kind.removesuffix(WITH_TTL)
    last = ["last_access"] if ttl else []
    if kind == "ListState":
        if ttl:
            return [
                "key",
                "list",
                "last_access",
            ], lambda key, values: [(key, *map(list, zip(*values)))] if values else []
        return ["key", "list"], lambda key, values: [(key, list(values))]
    if kind == "MapState":
        return ["key", "map_key", "value", *last], (
            lambda key, entries: [(key, at, *(value if ttl else (value,))) for at, value in entries.items()]
        )
    if kind in ("ValueState", "ReducingState", "AggregatingState"):
        return ["key", "value", *last], lambda key, value: [(key, *(value if ttl else (value,)))]
    if kind == "timers":
        return ["key", "time", "place"], lambda key, timer: [(key, *timer)]
    if kind.startswith("windows of time of"):
        return ["key", "start", "end", "arrival", "contents"], lambda key, window: [(key, *window)]
    if kind.startswith("slices of"):
        return ["key", "fired_until", "slices"], lambda key, held: [(key, *held)]
    if kind.startswith("windows of"):
        return ["key", "kind", "details"], lambda key, held: [(key, held[0], tuple(held[1:]))]
    return ["key", "value"], lambda key, value: [(key, value)]


def keyed_rows(encoding: str, pieces: Iterable[tuple[int, int, bytes]], trusted: bool) -> Rows:
    """The rows of keyed state.

    :param pieces: subtask, key group and bytes
    """
    if not encoding.startswith(PICKLE):
        return ["bytes", "key_group", "subtask"], [(data, group, subtask) for subtask, group, data in pieces]
    names, rows = layout(encoding.removeprefix(PICKLE))
    return [*names, "key_group", "subtask"], [
        (*row, group, subtask)
        for subtask, group, data in pieces
        for entries in load_all(data, trusted)
        for key, held in entries
        for row in rows(key, held)
    ]


class _Bytes:
    """Takes numbers and texts off the front, as ``checkpoint/codec.rs`` writes them."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def bytes(self) -> bytes:
        return self.take(struct.unpack("<I", self.take(4))[0])


def _split(item: bytes, trusted: bool) -> Iterator[tuple[Any, ...]]:
    data = _Bytes(item)
    finished = data.take(1) == b"\1"
    split = data.bytes().decode()
    yield split, None if finished else _plain(data.bytes(), trusted), finished


def _split_time(item: bytes, trusted: bool) -> Iterator[tuple[Any, ...]]:
    data = _Bytes(item)
    yield data.bytes().decode(), data.bytes()


def _plain(data: bytes, trusted: bool) -> Any:
    """What connectors in Python have pickled, what others write as JSON, or the bytes."""
    if data[:2] == b"\x80\x05":
        return loads(data, trusted)
    try:
        return json.loads(data) if data[:1] in (b"{", b"[") else data
    except ValueError:
        return data


#: The columns and the rows of an item, by the encoding of a state without keys.
ROWS_OF: dict[str, tuple[list[str], Callable[[bytes, bool], Iterable[tuple[Any, ...]]]]] = {
    "split": (["split", "position", "finished"], _split),
    "event time of splits": (["split", "event_time"], _split_time),
    "pickle BroadcastState": (["key", "value"], lambda item, trusted: loads(item, trusted).items()),
    "sink": (["prepared"], lambda item, trusted: [(_plain(item, trusted),)]),
    "i64": (["value"], lambda item, _: [struct.unpack("<q", item)]),
}


def plain_rows(
    columns: tuple[list[str], Callable[[bytes, bool], Iterable[tuple[Any, ...]]]] | None,
    items: Iterable[tuple[int, bytes]],
    trusted: bool,
) -> Rows:
    """The rows of state without keys.

    :param items: subtask and bytes
    """
    names, rows = columns or (["value"], lambda item, trusted: [(_plain(item, trusted),)])
    return [*names, "subtask"], [(*row, subtask) for subtask, item in items for row in rows(item, trusted)]
