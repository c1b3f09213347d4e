"""The rows that a checkpoint has of a state in RocksDB: as docs/checkpoint-format.md lists their bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flott.state._rows import PICKLE, WITH_TTL, Rows, layout
from flott.state._unpickle import loads

__all__ = ["database_rows"]

#: What follows the first byte of a value; 0x80 is that of a pickle.
_VALUES: dict[int, Callable[[bytes], Any]] = {
    ord("N"): lambda _: None,
    ord("T"): lambda _: True,
    ord("F"): lambda _: False,
    ord("i"): lambda data: struct.unpack("<q", data)[0],
    ord("f"): lambda data: struct.unpack("<d", data)[0],
    ord("s"): lambda data: data.decode(),
    ord("b"): lambda data: data,
}
#: The same for a key's canonical encoding.
_KEYS: dict[int, Callable[[bytes], Any]] = {
    0: lambda _: None,
    1: lambda data: data != b"\0",
    2: lambda data: struct.unpack("<q", data)[0],
    3: lambda data: struct.unpack("<d", data)[0],
    5: lambda data: data[4:].decode(),
    6: lambda data: data[4:],
}


def _value(data: bytes, trusted: bool) -> Any:
    if data[0] == 0x80:
        return loads(data, trusted)
    return _VALUES[data[0]](data[1:])


def _elements(data: bytes) -> Iterator[bytes]:
    """What stands one behind the other, each behind its length."""
    while data:
        end = 4 + struct.unpack_from("<I", data)[0]
        yield data[4:end]
        data = data[end:]


def _key(key: bytes, value: bytes, trusted: bool) -> tuple[Any, bytes]:
    """The key of a row, and the value without what of it stands in front."""
    if key[0] == 1:
        pickled = next(_elements(value))
        return loads(pickled, trusted), value[4 + len(pickled) :]
    return _KEYS[key[1]](key[2:]), value


def database_rows(encoding: str, rows: Iterable[tuple[int, int, bytes, bytes, bytes]], trusted: bool) -> Rows:
    """The rows of keyed state in databases.

    :param rows: subtask, key group, key, a map's key, and value
    """
    kind = encoding.removeprefix(PICKLE)
    expires = kind.endswith(WITH_TTL)
    names, rows_of = layout(kind)

    def stored(data: bytes) -> Any:
        if expires:
            return _value(data[8:], trusted), struct.unpack_from("<q", data)[0]
        return _value(data, trusted)

    def held(entry: bytes, data: bytes) -> Any:
        if kind.startswith("ListState"):
            return [stored(element) for element in _elements(data)]
        return {_value(entry, trusted): stored(data)} if kind.startswith("MapState") else stored(data)

    found: list[tuple[Any, ...]] = []
    for subtask, group, encoded, entry, data in rows:
        key, value = _key(encoded, data, trusted)
        found.extend((*row, group, subtask) for row in rows_of(key, held(entry, value)))
    return [*names, "key_group", "subtask"], found
