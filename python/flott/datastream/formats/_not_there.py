"""What the formats say that PyFlink has and this version of Flott has not."""

from __future__ import annotations

__all__ = ["not_there"]


def not_there(what: str, format: str) -> NotImplementedError:
    """The error for a class or function of such a format."""
    return NotImplementedError(
        f"{what}: {format} is not in this version of Flott; JSON and CSV are (flott.datastream.formats), and a "
        "function in Python can read other files, for example with pyarrow or fastavro in flat_map()"
    )
