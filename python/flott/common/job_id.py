"""What names a job."""

from __future__ import annotations

__all__ = ["JobID"]


class JobID:
    """The name of one run of a job: 32 hexadecimal digits."""

    def __init__(self, value: str | None = None) -> None:
        """:param value: the digits; random ones unless given"""
        if value is None:
            from os import urandom

            value = urandom(16).hex()
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobID) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __str__(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"JobID({self._value})"
