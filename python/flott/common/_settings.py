"""Typed access to settings, for the classes that are views of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flott.common._units import parse_duration_ms
from flott.common.configuration import Configuration

if TYPE_CHECKING:
    from enum import Enum


class SettingsView:
    """The base of classes that read and write a :class:`Configuration` under Flink's names.

    ``env.configure(...)`` and the methods of ``ExecutionConfig`` then never disagree: both are the same settings.
    """

    def __init__(self, configuration: Configuration | None = None) -> None:
        self._configuration = Configuration() if configuration is None else configuration

    def _millis(self, key: str, default: int) -> int:
        text = self._configuration.get_string(key, "")
        return parse_duration_ms(text, key) if text else default

    def _set_millis(self, key: str, millis: int) -> None:
        self._configuration.set_string(key, f"{whole_number(millis, key)} ms")

    def _member(self, key: str, default: Enum) -> Enum:
        """The enum member a setting names, in any of the ways Flink's configuration writes it."""
        text = self._configuration.get_string(key, "").strip()
        if not text:
            return default
        name = text.upper().replace("-", "_")
        members = {member.name: member for member in type(default)}
        if name not in members:
            raise ValueError(f"{key}: '{text}' is not one of {', '.join(members)}")
        return members[name]


def whole_number(value: object, name: str) -> int:
    """``value`` if it is an ``int``, else a TypeError that names it."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected a whole number, got {value!r} ({type(value).__name__})")
    return value
