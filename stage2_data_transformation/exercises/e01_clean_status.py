"""Exercise 2.1: a function as a class."""

from __future__ import annotations

from flott.datastream import MapFunction


class CleanStatus(MapFunction):
    """Returns the order with its status in small letters, without blanks around it.

    An order without a status, or with a blank one, becomes "pending". The order that comes in stays as it is: return a
    new dict, such as ``{**value, "status": ...}``.

    in:  {"order_id": "O1", "status": " Completed "}
    out: {"order_id": "O1", "status": "completed"}

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/user_defined_functions/
    """

    def map(self, value: dict[str, str]) -> dict[str, str]:
        raise NotImplementedError("exercise 2.1")
