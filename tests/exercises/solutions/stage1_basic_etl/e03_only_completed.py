"""Solution of exercise 1.3."""

from flott.datastream import DataStream


def completed_above(orders: DataStream, least: float) -> DataStream:
    return orders.filter(lambda order: order["status"] == "completed" and order["amount"] >= least)
