"""Exercise 1.9: a function with a life of its own."""

from __future__ import annotations

from flott.datastream import DataStream


def read_orders(messages: DataStream) -> DataStream:
    """Make a dict of each message that is JSON; count the others and leave them out.

    The operator is called "read orders" (``.name(...)``), and its counter "broken". A lambda can't have a counter:
    write a class that extends ``FlatMapFunction`` (of ``flott.datastream``) with

    - ``open(self, runtime_context)``: called once, before the first record;
      ``runtime_context.get_metrics_group().counter("broken")`` makes the counter;
    - ``flat_map(self, value)``: yields one dict or none; ``counter.inc()`` counts.

    in:  '{"order_id": "O1"}', 'oops', '{"order_id": "O2"}'
    out: {"order_id": "O1"}, {"order_id": "O2"}, and the counter says 1

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/ops/metrics/
    """
    raise NotImplementedError("exercise 1.9")
