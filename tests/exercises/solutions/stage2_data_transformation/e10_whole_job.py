"""Solution of exercise 2.10."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flott.common import Types
from flott.datastream import DataStream, OutputTag, ProcessFunction

ANY = Types.PICKLED_BYTE_ARRAY()
REJECTED = OutputTag("rejected", ANY)
LINES = OutputTag("lines", ANY)
STATUSES = ("completed", "pending", "failed")


@dataclass(frozen=True)
class Transformed:
    headers: DataStream
    lines: DataStream
    rejected: DataStream


def money(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def reasons(order: dict[str, Any]) -> list[str]:
    broken = [f"missing {field}" for field in ("order_id", "user_id", "amount") if order.get(field) is None]
    amount, items = money(order.get("amount")), order.get("items")
    if amount is not None and amount <= 0:
        broken.append("amount not positive")
    if order["status"] not in STATUSES:
        broken.append("unknown status")
    total = sum(item["price"] * item["quantity"] for item in items or [])
    if items and amount is not None and abs(total - amount) >= Decimal("0.01"):
        broken.append("amount mismatch")
    return broken


class Read(ProcessFunction):
    def process_element(self, value: str, ctx: ProcessFunction.Context) -> Iterator[Any]:
        try:
            order = json.loads(value, parse_float=Decimal)
        except ValueError:
            order = None
        if isinstance(order, dict):
            yield value, order
        else:
            yield REJECTED, (value, ["not an order"])


class Validate(ProcessFunction):
    def process_element(self, value: tuple[str, dict[str, Any]], ctx: ProcessFunction.Context) -> Iterator[Any]:
        raw, order = value
        broken = reasons(order)
        if broken:
            yield REJECTED, (raw, broken)
        else:
            yield order


class Split(ProcessFunction):
    def process_element(self, value: dict[str, Any], ctx: ProcessFunction.Context) -> Iterator[Any]:
        yield value["order_id"], value["user_id"], money(value["amount"]), value["status"]
        for number, item in enumerate(value.get("items") or [], start=1):
            amount = Decimal(item["price"]) * item["quantity"]
            yield LINES, (value["order_id"], number, item["id"], item["quantity"], amount)


def cleaned(message: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    raw, order = message
    return raw, {**order, "status": str(order.get("status") or "").strip().lower() or "pending"}


def transform(messages: DataStream) -> Transformed:
    read = messages.process(Read()).name("read")
    orders = read.map(cleaned).name("clean").process(Validate()).name("validate")
    headers = orders.process(Split()).name("split")
    rejected = read.get_side_output(REJECTED).union(orders.get_side_output(REJECTED))
    return Transformed(headers, headers.get_side_output(LINES), rejected)
