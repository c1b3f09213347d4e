"""Solution of exercise 2.2."""

from typing import Any

from flott.datastream import FilterFunction


class AmountBetween(FilterFunction):
    def __init__(self, least: float, most: float) -> None:
        self.least = least
        self.most = most

    def filter(self, value: dict[str, Any]) -> bool:
        amount = value.get("amount")
        return amount is not None and self.least <= amount <= self.most
