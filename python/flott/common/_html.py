"""How objects show themselves in a notebook: small pieces of HTML, without scripts, in the notebook's own fonts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["box", "shorten", "table"]

_STYLE = (
    "display:inline-block;border:1px solid rgba(128,128,128,.4);border-radius:6px;padding:8px 12px;margin:2px 0;"
    "font-variant-numeric:tabular-nums"
)
_CELL = "padding:2px 10px 2px 0;white-space:nowrap"
_LONGEST = 80


def shorten(value: Any) -> str:
    """A value as text that fits into a cell."""
    text = str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], right: Iterable[int] = ()) -> str:
    """A table.

    :param right: the columns that have numbers
    """
    aligned = set(right)

    def cells(tag: str, values: Sequence[Any]) -> str:
        sides = ["right" if at in aligned else "left" for at in range(len(values))]
        return "".join(
            f'<{tag} style="text-align:{side};{_CELL}">{escape(shorten(value))}</{tag}>'
            for side, value in zip(sides, values)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<table style="margin:0"><thead><tr>{cells("th", headings)}</tr></thead><tbody>{body}</tbody></table>'


def box(title: str, content: str, below: str = "") -> str:
    """Content under a title, and a line below it.

    :param title: text
    :param content: HTML
    :param below: text
    """
    foot = f'<div style="opacity:.7;margin-top:4px">{escape(below)}</div>' if below else ""
    head = f'<div style="margin-bottom:4px"><b>{escape(title)}</b></div>' if title else ""
    return f'<div style="{_STYLE}">{head}{content}{foot}</div>'
