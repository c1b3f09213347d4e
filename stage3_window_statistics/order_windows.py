"""The windows of week 3: from a stream of orders to streams of statistics. No source, no sink, no clock.

    orders ─> track orders ─┬─> minute, hour             all orders
                  │         ├─> user, product, status    by key, an hour long
                  │         ├─> last_five_minutes        sliding
                  │         ├─> user_session             as long as a user keeps ordering
                  │         └─> ten_orders               counted
                  └ status changes ──> status_change     (side output)

Late orders leave the minutes, late messages about known orders leave ``track orders``, both through side outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flott.common import Duration, Time, Types, WatermarkStrategy
from flott.common.watermark_strategy import TimestampAssigner
from flott.datastream import DataStream, OutputTag, WindowedStream
from flott.datastream.window import (
    EventTimeSessionWindows,
    SlidingEventTimeWindows,
    TumblingEventTimeWindows,
)
from stage3_window_statistics.each_minute import EachMinute
from stage3_window_statistics.order_tracker import LATE_CHANGES, STATUS_CHANGES, TrackOrder
from stage3_window_statistics.statistic import (
    HOUR,
    LAST_FIVE_MINUTES,
    MINUTE,
    PRODUCT,
    STATUS,
    STATUS_CHANGE,
    TEN_ORDERS,
    USER,
    USER_SESSION,
    Statistic,
)
from stage3_window_statistics.window_aggregators import (
    AllWindowRow,
    HowMany,
    KeyedCountRow,
    KeyedWindowRow,
    OrderTotals,
    ProductSales,
    millis_of,
)
from utils.order_models import Order, OrderItem

OUT_OF_ORDER_MS = 5_000
"""How much earlier than the latest one before it an order may be, without being late."""

ALLOWED_LATENESS_MS = 60_000
"""How long a window can still be corrected behind its end; later orders go to the side output."""

SESSION_GAP = Time.minutes(10)
"""A user who orders nothing for this long has left."""

LATE_ORDERS = OutputTag("late orders", Types.PICKLED_BYTE_ARRAY())


class OrderTime(TimestampAssigner):
    """Event time is when the order was placed: not when Kafka, or this job, got to know of it."""

    def extract_timestamp(self, value: Order, record_timestamp: int) -> int:
        return millis_of(value.order_time)


def order_times(out_of_order_ms: int = OUT_OF_ORDER_MS, idle_ms: int | None = None) -> WatermarkStrategy:
    """The watermark is this far behind the latest order, in ms.

    :param idle_ms: time goes on without a subtask that has had nothing for so long; None waits for it for ever.
    """
    strategy = WatermarkStrategy.for_bounded_out_of_orderness(Duration.of_millis(out_of_order_ms))
    strategy = strategy.with_timestamp_assigner(OrderTime())
    return strategy if idle_ms is None else strategy.with_idleness(Duration.of_millis(idle_ms))


@dataclass(frozen=True)
class OrderWindows:
    """What comes of the orders, each as a stream.

    :param placed: each order once.
    :param rows: the rows of each statistic.
    :param late_orders: orders that came too late to be counted.
    :param late_changes: messages about orders that came too late to tell what they changed.
    """

    placed: DataStream
    rows: dict[Statistic, DataStream]
    late_orders: DataStream
    late_changes: DataStream


def order_windows(orders: DataStream, allowed_lateness_ms: int = ALLOWED_LATENESS_MS) -> OrderWindows:
    """Counts and sums orders over windows.

    :param orders: a stream of :class:`~utils.order_models.Order` that has event time and watermarks.
    :param allowed_lateness_ms: see :data:`ALLOWED_LATENESS_MS`.
    """
    placed = orders.key_by(lambda order: order.order_id).process(TrackOrder()).name("track orders")
    changes = placed.get_side_output(STATUS_CHANGES)
    minute, hour = (TumblingEventTimeWindows.of(size) for size in (Time.minutes(1), Time.hours(1)))
    # What an hour has so far comes as it goes on, and each result replaces the one before.
    early = EachMinute()

    minutes = placed.window_all(minute).allowed_lateness(allowed_lateness_ms).side_output_late_data(LATE_ORDERS)
    per_minute = minutes.aggregate(OrderTotals(), AllWindowRow(), output_type=MINUTE.row_type)

    hours = placed.window_all(hour).trigger(early).allowed_lateness(allowed_lateness_ms)
    per_hour = hours.aggregate(OrderTotals(), AllWindowRow(), output_type=HOUR.row_type)

    def by_hour(stream: DataStream, key: Any) -> WindowedStream:
        return stream.key_by(key).window(hour).trigger(early).allowed_lateness(allowed_lateness_ms)

    items = placed.flat_map(items_of).name("items")
    per_user = by_hour(placed, lambda order: order.user_id)
    per_product = by_hour(items, lambda item: item.id)
    per_status = by_hour(placed, lambda order: order.status)
    per_change = changes.key_by(lambda change: tuple(change)).window(minute)

    sliding = placed.window_all(SlidingEventTimeWindows.of(Time.minutes(5), Time.minutes(1)))
    by_user = placed.key_by(lambda order: order.user_id)
    sessions = by_user.window(EventTimeSessionWindows.with_gap(SESSION_GAP))

    rows = {
        MINUTE: per_minute,
        HOUR: per_hour,
        USER: per_user.aggregate(OrderTotals(), KeyedWindowRow(), output_type=USER.row_type),
        PRODUCT: per_product.aggregate(ProductSales(), KeyedWindowRow(), output_type=PRODUCT.row_type),
        STATUS: per_status.aggregate(OrderTotals(), KeyedWindowRow(), output_type=STATUS.row_type),
        STATUS_CHANGE: per_change.aggregate(HowMany(), KeyedWindowRow(), output_type=STATUS_CHANGE.row_type),
        LAST_FIVE_MINUTES: sliding.aggregate(OrderTotals(), AllWindowRow(), output_type=LAST_FIVE_MINUTES.row_type),
        USER_SESSION: sessions.aggregate(OrderTotals(), KeyedWindowRow(), output_type=USER_SESSION.row_type),
        TEN_ORDERS: by_user.count_window(10).aggregate(OrderTotals(), KeyedCountRow(), output_type=TEN_ORDERS.row_type),
    }
    for statistic, stream in rows.items():
        stream.name(statistic.name)
    return OrderWindows(placed, rows, per_minute.get_side_output(LATE_ORDERS), placed.get_side_output(LATE_CHANGES))


def items_of(order: Order) -> Iterator[OrderItem]:
    """The items of an order; their time is the order's."""
    yield from order.items
