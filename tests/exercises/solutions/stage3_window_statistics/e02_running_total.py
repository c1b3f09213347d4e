"""Solution of exercise 3.2."""

from flott.datastream import DataStream


def totals(sales: DataStream) -> DataStream:
    return sales.key_by(lambda sale: sale[0]).reduce(lambda a, b: (a[0], a[1] + b[1]))
