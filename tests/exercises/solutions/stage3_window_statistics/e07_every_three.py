"""Solution of exercise 3.7."""

from flott.datastream import DataStream


def every_three_orders(orders: DataStream) -> DataStream:
    return orders.key_by(lambda order: order[0]).count_window(3).reduce(lambda a, b: (a[0], a[1] + b[1]))
