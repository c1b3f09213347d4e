"""The statistics by name: their fields, the table they are upserted into, and how they look in the topic."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flott.common import Row, Types
from flott.common.typeinfo import RowTypeInfo, TypeInformation
from flott.datastream import MapFunction


@dataclass(frozen=True)
class Statistic:
    """One statistic.

    :param name: what it is called in the topic and as an operator.
    :param keys: the fields that say what it is about; a window's result replaces the one with the same key.
    :param figures: the fields that are counted or summed.
    :param table: where it is upserted; None for those that only go to the topic.
    """

    name: str
    keys: tuple[str, ...]
    figures: tuple[str, ...]
    table: str | None = None

    @property
    def fields(self) -> list[str]:
        """All fields, in the order of the rows."""
        keys = [field for field in self.keys if field not in _WINDOW]
        return [*keys, *(_WINDOW if "window_start" in self.keys else ()), *self.figures]

    @property
    def row_type(self) -> RowTypeInfo:
        return Types.ROW_NAMED(self.fields, [_type_of(field) for field in self.fields])

    def as_dict(self, row: Row) -> dict[str, Any]:
        """A row as the message of the topic, before it becomes text.

        Times are the shop's clock, as in orders. Amounts are texts with two decimals: a reader that makes floats of
        JSON's numbers cannot harm them.
        """
        values = {field: _json_value(value) for field, value in zip(self.fields, row, strict=True)}
        return {"statistic": self.name, **values}


class ToJson(MapFunction):
    """Rows of a statistic as lines of JSON."""

    def __init__(self, statistic: Statistic) -> None:
        self._statistic = statistic

    def map(self, value: Row) -> str:
        return json.dumps(self._statistic.as_dict(value), ensure_ascii=False)


_WINDOW = ("window_start", "window_end")
_ORDERS = ("order_count", "total_amount")
_SALES = ("quantity", "sales")

MINUTE = Statistic("minute", ("window_start",), _ORDERS, "order_statistics_minute")
HOUR = Statistic("hour", ("window_start",), _ORDERS, "order_statistics_hour")
USER = Statistic("user", ("user_id", *_WINDOW), _ORDERS, "order_statistics_user")
PRODUCT = Statistic("product", ("item_id", *_WINDOW), _SALES, "order_statistics_product")
STATUS = Statistic("status", ("status", *_WINDOW), _ORDERS, "order_statistics_status")
STATUS_CHANGE = Statistic(
    "status_change", ("from_status", "to_status", *_WINDOW), ("change_count",), "order_statistics_status_change"
)
LAST_FIVE_MINUTES = Statistic("last_five_minutes", ("window_start",), _ORDERS)
USER_SESSION = Statistic("user_session", ("user_id", *_WINDOW), _ORDERS)
TEN_ORDERS = Statistic("ten_orders", ("user_id",), _ORDERS)

STATISTICS = (MINUTE, HOUR, USER, PRODUCT, STATUS, STATUS_CHANGE, LAST_FIVE_MINUTES, USER_SESSION, TEN_ORDERS)


def _type_of(field: str) -> TypeInformation:
    if field in _WINDOW:
        return Types.SQL_TIMESTAMP()
    if field in ("total_amount", "sales"):
        return Types.BIG_DEC()
    return Types.LONG() if field in ("order_count", "quantity", "change_count") else Types.STRING()


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return f"{value:.2f}" if isinstance(value, Decimal) else value
