"""Exercise 2.8: two side outputs, one stream of dead letters."""

from __future__ import annotations

from flott.common import Types
from flott.datastream import DataStream, OutputTag

REJECTED = OutputTag("rejected", Types.STRING())


def dead_letters(messages: DataStream) -> tuple[DataStream, DataStream]:
    """Read, then validate; return the good orders, and the dead letters of both steps as one stream of JSON texts.

    - The operator "read" makes a dict of a JSON object. Others are refused with {"step": "read", "raw": the message}.
    - The operator "validate" keeps orders with an "order_id". Others are refused with {"step": "validate", "raw": ...},
      where raw is the message *as it came*. So what travels between the two has to carry it: a tuple (raw, order).

    ``union`` makes one stream of several of one type; ``json.dumps(..., ensure_ascii=False)`` makes the text.

    in:  '{"order_id": "O1"}', 'oops', '{"x":1}'
    out: {"order_id": "O1"}, and '{"step": "read", "raw": "oops"}', '{"step": "validate", "raw": "{\\"x\\":1}"}'

    https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/datastream/operators/overview/#union
    """
    raise NotImplementedError("exercise 2.8")
