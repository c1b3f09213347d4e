"""What week 4's tests share: messages by hand, and a function on a harness that a test feeds."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from flott.datastream import KeyedProcessFunction, OutputTag
from flott.testing import OneInputHarness, one_input_harness
from stage3_window_statistics.window_aggregators import millis_of
from stage4_state_cep.anomaly import ANOMALY_FIELDS
from utils.order_models import Order, parse_order


def at(time: str) -> str:
    """A time of the day that all tests play on: ``10:05``, ``10:05:30``, or of the next day ``+ 10:05``."""
    day, clock = (2, time[2:]) if time.startswith("+ ") else (1, time)
    return f"2024-01-0{day} {clock if clock.count(':') == 2 else f'{clock}:00'}"


def moment(time: str) -> datetime:
    return datetime.fromisoformat(at(time))


def millis(time: str) -> int:
    return millis_of(moment(time))


def message(order_id: str, time: str, status: str = "CREATED", amount: float = 10, user: str = "U1") -> str:
    """A message as it comes from Kafka."""
    fields = {"order_id": order_id, "user_id": user, "amount": amount, "status": status, "timestamp": at(time)}
    return json.dumps(fields)


def step(*args: Any, **fields: Any) -> Order:
    return parse_order(message(*args, **fields))


class Fed:
    """A function on a harness; the messages come with their time, and watermarks when a test says so."""

    def __init__(self, function: KeyedProcessFunction, key: str) -> None:
        self.harness: OneInputHarness = one_input_harness(function, key_selector=lambda order: getattr(order, key))

    def send(self, *steps: Order) -> None:
        for order in steps:
            self.harness.process_element(order, millis_of(order.order_time))

    def watermark(self, time: str, later: int = 0) -> None:
        self.harness.process_watermark(millis(time) + later)

    def close(self) -> None:
        self.harness.close()

    def anomalies(self, tag: OutputTag | None = None) -> list[tuple[str, str, str, str, str]]:
        """Order, kind, time of the day, amount and detail of each, as they came."""
        records = self.harness.extract_output_values() if tag is None else self._values(tag)
        return [short(dict(zip(ANOMALY_FIELDS, row, strict=True))) for row in records]

    def _values(self, tag: OutputTag) -> list[Any]:
        return [record.value for record in self.harness.get_side_output(tag)]


def short(anomaly: dict[str, Any]) -> tuple[str, str, str, str, str]:
    time = anomaly["event_time"]
    time = time if isinstance(time, datetime) else datetime.fromisoformat(time)
    amount = f"{Decimal(str(anomaly['amount'])):.2f}"
    return anomaly["order_id"], anomaly["anomaly_type"], f"{time:%H:%M:%S}", amount, anomaly["detail"]
