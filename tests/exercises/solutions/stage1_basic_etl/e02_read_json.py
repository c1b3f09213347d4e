"""Solution of exercise 1.2."""

import json

from flott.datastream import DataStream


def order_amounts(messages: DataStream) -> DataStream:
    return messages.map(json.loads).map(lambda order: (order["order_id"], order["amount"]))
