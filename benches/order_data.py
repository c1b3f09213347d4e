"""Seeded orders as JSON lines: one to three items each, one in a hundred of no use, in three ways.

Those of the course are others: of one to four items, one in fifty is broken, and one in ten badly written.
"""

from __future__ import annotations

import json
import random
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

#: 2024-01-01 00:00:00 UTC, in ms.
_START = 1_704_067_200_000
_STEP_MS = 20
_LATE_MS = 5000
_USERS = 10_000
_PRODUCTS = 1000
#: So many orders wait for their payment; with one more, one of them waits for ever.
_UNPAID = 2000


def orders(count: int, seed: int = 7) -> Iterator[str]:
    """``count`` lines; those of a smaller count are the first ones of a larger."""
    rng = random.Random(seed)
    for number in range(count):
        yield _spoilt(_order(rng, number), rng)


def _spoilt(order: dict[str, Any], rng: random.Random) -> str:
    """The line of an order, which is of no use in one of a hundred cases."""
    fate = rng.random()
    if fate < 0.004:
        order = {**order, "total_amount": -order["total_amount"]}
    elif fate < 0.007:
        order = {name: value for name, value in order.items() if name != "user_id"}
    text = json.dumps(order)
    if 0.007 <= fate < 0.01:
        text = text[: rng.randint(20, len(text) - 20)]
    return text


def _order(rng: random.Random, number: int) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    cents = 0
    for _ in range(rng.randint(1, 3)):
        product, quantity = rng.randrange(_PRODUCTS), rng.randint(1, 5)
        price = 150 + product * 6007 % 25_000
        items.append({"product_id": f"p{product}", "quantity": quantity, "unit_price": price / 100})
        cents += price * quantity
    return {
        "order_id": f"o{number}",
        # a few users order a lot
        "user_id": f"u{int(_USERS * rng.random() ** 2)}",
        "product_id": items[0]["product_id"],
        "quantity": sum(item["quantity"] for item in items),
        "unit_price": items[0]["unit_price"],
        "total_amount": cents / 100,
        "order_status": rng.choice(("CREATED", "PAID", "SHIPPED")),
        "order_time": _START + number * _STEP_MS - rng.randrange(_LATE_MS),
        "items": items,
    }


def order_steps(count: int, seed: int = 7) -> Iterator[str]:
    """``count`` lines: orders are created, and four of five of them later paid; one line in a hundred is of no use."""
    rng = random.Random(seed)
    unpaid: list[dict[str, Any]] = []
    for number in range(count):
        order = _order(rng, number)
        if unpaid and rng.random() < 0.45:
            paid = _take(unpaid, rng)
            order = {**paid, "order_status": "PAID", "order_time": order["order_time"]}
        else:
            order["order_status"] = "CREATED"
            unpaid.append(order)
            if len(unpaid) > _UNPAID:
                # this one never will be
                _take(unpaid, rng)
        yield _spoilt(order, rng)


def _take(orders: list[dict[str, Any]], rng: random.Random) -> dict[str, Any]:
    """Removes any of the orders."""
    at = rng.randrange(len(orders))
    orders[at], orders[-1] = orders[-1], orders[at]
    return orders.pop()


def course_orders(count: int, seed: int = 7) -> Iterator[str]:
    """``count`` lines as week 2 of the course gets them."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from utils.untidy_orders import UntidyOrderGenerator

    generator = UntidyOrderGenerator(seed, bad_share=0.02, untidy_share=0.1)
    return map(generator.text, range(count))


def order_file(folder: Path, count: int, readable: bool = False) -> Path:
    """A file of that many orders, made on first use; of those that are JSON, if it is to be ``readable``."""
    if readable:
        return _file(folder / f"readable-orders-{count}.jsonl", filter(_is_json, orders(count)))
    return _file(folder / f"orders-{count}.jsonl", orders(count))


def step_file(folder: Path, count: int) -> Path:
    """A file of that many steps of orders, made on first use."""
    return _file(folder / f"order-steps-{count}.jsonl", order_steps(count))


def order_files(folder: Path, count: int, readable: bool = False) -> Path:
    """A folder with the same orders in two files, one by turns."""
    whole = order_file(folder, count, readable)
    parts = folder / f"{whole.stem}-in-two"
    for part in (0, 1):
        with whole.open(encoding="utf-8") as lines:
            _file(parts / f"{part}.jsonl", (line.rstrip("\n") for line in islice(lines, part, None, 2)))
    return parts


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def course_file(folder: Path, count: int) -> Path:
    """A file of that many orders of the course, made on first use."""
    return _file(folder / f"course-orders-{count}.jsonl", course_orders(count))


def _file(path: Path, lines: Iterator[str]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        with unfinished.open("w", encoding="utf-8") as out:
            for line in lines:
                out.write(line + "\n")
        unfinished.rename(path)
    return path
