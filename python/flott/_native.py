"""Classes of the native module that count as PyFlink's abstract ones, without loading that module."""

from __future__ import annotations

from typing import Any

__all__ = ["counts_as"]


def counts_as(cls: type, subclass: type, native: str, module: str) -> Any:
    """What an abstract class's ``__subclasshook__`` answers.

    :param native: the name of the engine's own class
    :param module: where the abstract classes are defined that it counts as; a program's subclasses are elsewhere
    """
    if (subclass.__module__, subclass.__name__) == ("flott._flott", native):
        return cls.__module__ == module
    return NotImplemented
