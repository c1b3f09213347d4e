"""Solution of exercise 2.3."""

from collections.abc import Iterator
from decimal import Decimal

from flott.datastream import FlatMapFunction


class ReadBatch(FlatMapFunction):
    def flat_map(self, value: str) -> Iterator[tuple[str, int]]:
        for line in map(str.strip, value.splitlines()):
            if line and not line.startswith("#"):
                order_id, _, amount = line.partition(";")
                yield order_id.strip(), int(Decimal(amount.strip()) * 100)
