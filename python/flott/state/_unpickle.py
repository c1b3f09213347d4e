"""Unpickles what a checkpoint has, without running code that a stranger may have put there."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
from typing import Any

__all__ = ["UntrustedClassError", "load_all", "loads"]

#: Classes whose objects are nothing but data: making one runs no code that the bytes could choose.
_PLAIN = {
    "builtins": {
        *("bytearray", "complex", "frozenset", "range", "set", "slice"),
        # what a defaultdict makes
        *("int", "float", "str", "bytes", "bool", "list", "dict", "tuple"),
    },
    "collections": {"Counter", "OrderedDict", "defaultdict", "deque"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "ipaddress": {"IPv4Address", "IPv6Address"},
    "uuid": {"UUID", "SafeUUID"},
    "flott.common.types": {"RowKind", "_restore"},
}


class UntrustedClassError(Exception):
    """State holds objects of a class that is not plain; says which, and what to do."""


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name in _PLAIN.get(module, ()):
            return super().find_class(module, name)
        raise UntrustedClassError(
            f"the state holds an object of {module}.{name}, and making one runs that class's code. If nobody but you "
            "can have written the checkpoint: flott.state.read(path, trusted=True)"
        )


def loads(data: bytes, trusted: bool) -> Any:
    """The object of these bytes.

    :raises UntrustedClassError: for a class that is not plain, unless ``trusted``
    """
    return pickle.loads(data) if trusted else _Plain(io.BytesIO(data)).load()


def load_all(data: bytes, trusted: bool) -> Iterator[Any]:
    """The objects of pickles that stand one behind the other.

    :raises UntrustedClassError: for a class that is not plain, unless ``trusted``
    """
    rest = io.BytesIO(data)
    while rest.tell() < len(data):
        yield (pickle.Unpickler if trusted else _Plain)(rest).load()
