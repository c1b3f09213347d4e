"""What ``flott doctor`` looks at, a module each: the installation, a broker, a database, a file of settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "Mark", "bad", "fine", "note"]


class Mark(Enum):
    """What a finding means for whoever reads it."""

    FINE = "ok"
    NOTE = "--"
    BAD = "!!"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    :param advice: what to do about it.
    """

    mark: Mark
    text: str
    advice: str | None = None


def fine(text: str) -> Finding:
    """It is as it should be."""
    return Finding(Mark.FINE, text)


def note(text: str, advice: str | None = None) -> Finding:
    """Worth knowing, and no mistake."""
    return Finding(Mark.NOTE, text, advice)


def bad(text: str, advice: str) -> Finding:
    """A job can't work so."""
    return Finding(Mark.BAD, text, advice)
