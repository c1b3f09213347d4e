"""What a system wrote, as a few numbers that do not depend on the order or on who wrote it."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MASK = (1 << 64) - 1


def etl(out: Path) -> dict[str, int]:
    """Totals of the item lines below ``out/lines`` and of what is below ``out/rejects``.

    A checksum adds up over records, so that a record that is there twice, or is another one's, shows.
    """
    items = quantity = cents = checksum = 0
    for text in _lines(out / "lines"):
        line = json.loads(text)
        amount = round(line["amount"] * 100)
        items += 1
        quantity += line["quantity"]
        cents += amount
        parts = (line["order_id"], line["user_id"], line["product_id"], line["quantity"], amount, line["order_time"])
        checksum += _hash("|".join(map(str, parts)))
    rejects = reject_checksum = 0
    for text in _lines(out / "rejects"):
        rejects += 1
        reject_checksum += _hash(_canonical(text))
    return {
        "items": items,
        "quantity": quantity,
        "cents": cents,
        "checksum": checksum & _MASK,
        "rejects": rejects,
        "rejects_checksum": reject_checksum & _MASK,
    }


def windows(out: Path) -> dict[str, int]:
    """Totals of the lines ``user,window_start,count,total`` below ``out/windows``.

    Amounts count in cents: in which order a sum was made shows in its last digits.
    """
    lines = orders = cents = checksum = 0
    for text in _lines(out / "windows"):
        user, start, count, total = text.split(",")
        amount = round(float(total) * 100)
        lines += 1
        orders += int(count)
        cents += amount
        checksum += _hash(f"{user}|{start}|{count}|{amount}")
    return {"windows": lines, "orders": orders, "cents": cents, "checksum": checksum & _MASK}


def texts(out: Path) -> dict[str, tuple[int, int]]:
    """How many lines there are below each folder of ``out``, and a checksum over them."""
    return {folder.name: _sum(_lines(folder)) for folder in sorted(out.iterdir())}


def _sum(lines: Iterator[str]) -> tuple[int, int]:
    count = checksum = 0
    for text in lines:
        count += 1
        checksum += _hash(text)
    return count, checksum & _MASK


def _canonical(text: str) -> str:
    """A rejected order that was read and written again is the same order; what is no JSON must be the same text."""
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text


def _hash(text: str) -> int:
    data = text.encode()
    return zlib.crc32(data) << 32 | zlib.adler32(data)


def _lines(folder: Path) -> Iterator[str]:
    # hidden files too: Flink leaves the last part in progress where a job has no checkpoints
    for base, _, names in os.walk(folder):
        for name in names:
            if not name.endswith(".crc"):
                with open(os.path.join(base, name), encoding="utf-8") as file:
                    yield from (line.rstrip("\n") for line in file)
