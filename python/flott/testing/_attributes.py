"""Finds what functions keep in attributes while records come: what a crash loses."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from flott.datastream import _calls

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Watch"]


class Watch:
    """Looks at the attributes of all functions that are opened inside ``with``."""

    def __init__(self) -> None:
        #: Each function with its attributes as they were when it was opened.
        self._opened: list[tuple[Any, dict[str, Any]]] = []

    def __enter__(self) -> Watch:
        _calls.opened.append(self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _calls.opened.remove(self._note)

    def _note(self, function: Any) -> None:
        self._opened.append((function, _fingerprints(function)))

    def changed(self) -> list[str]:
        """The attributes that are not as they were: ``Count.seen, such as {'a': 3}``."""
        found: dict[str, str] = {}
        for function, before in self._opened:
            for name, now in _fingerprints(function).items():
                if before.get(name) != now:
                    value = repr(vars(function)[name])
                    value = value if len(value) <= 60 else value[:57] + "..."
                    found.setdefault(f"{type(function).__name__}.{name}", value)
        return [f"{name}, such as {value}" for name, value in found.items()]


def _fingerprints(function: Any) -> dict[str, Any]:
    """What tells whether an attribute has changed. Handles of state are the engine's, and stay the same."""
    return {
        name: _fingerprint(value)
        for name, value in getattr(function, "__dict__", {}).items()
        if type(value).__module__ != "flott._flott"
    }


def _fingerprint(value: Any) -> Any:
    try:
        return pickle.dumps(value, 5)
    except Exception:
        return id(value)
