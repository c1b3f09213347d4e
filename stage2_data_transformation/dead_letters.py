"""Dead letters: messages that could not be used, with all that a person needs to find out why.

They leave the operators through one side output, become one line of JSON each, and go to a topic (to be repaired and
sent again) and to a log.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone

from flott.common import Row, Types
from flott.datastream import OutputTag, ProcessFunction
from utils.order_models import InvalidOrder

DEAD_LETTER_FIELDS = ["operator", "reason", "detail", "raw", "ts", "rejected_at"]
DEAD_LETTER_TYPE = Types.ROW_NAMED(
    DEAD_LETTER_FIELDS,
    [*(Types.STRING(), Types.STRING(), Types.STRING(), Types.STRING()), *(Types.LONG(), Types.LONG())],
)
REJECTED = OutputTag("rejected", DEAD_LETTER_TYPE)


def dead_letter(operator: str, raw: str, errors: Sequence[InvalidOrder], ctx: ProcessFunction.Context) -> Row:
    """A row of the side output.

    :param operator: which step refused the message.
    :param raw: the message as it came.
    :param errors: what is wrong, at least one; the first gives the reason, the detail names all of them.
    :param ctx: where the times come from: the message's own (Kafka's) and now, both in ms.
    """
    detail = "; ".join(error.detail for error in errors)
    now = ctx.timer_service().current_processing_time()
    return Row(operator, errors[0].reason.value, detail, raw, ctx.timestamp(), now)


def dead_letter_json(letter: Row) -> str:
    """A dead letter as the message of the dead-letter topic."""
    return json.dumps(dict(zip(DEAD_LETTER_FIELDS, letter, strict=True)), ensure_ascii=False)


def log_line(letter: Row) -> str:
    """A dead letter as a line of the log: for people and for grep, with the beginning of the message."""
    operator, reason, detail, raw, _, rejected_at = letter
    time = datetime.fromtimestamp(rejected_at / 1000, timezone.utc)
    line = {
        "time": time.isoformat(timespec="milliseconds"),
        "operator": operator,
        "reason": reason,
        "detail": detail,
        "message": raw if len(raw) <= 80 else raw[:80] + "…",
    }
    return json.dumps(line, ensure_ascii=False)
