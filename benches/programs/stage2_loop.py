"""Week 2 of the course in a bare loop: its functions, no engine. usage: stage2_loop.py IN OUT"""

import os
import sys
import time
from contextlib import ExitStack
from datetime import datetime

from outcome import tell

from stage1_basic_etl.flink_order_etl import header_row, line_rows
from stage2_data_transformation.order_cleaner import ChangeLines, RawOrder, clean_order
from stage2_data_transformation.order_validator import READ, VALIDATE, check_order
from utils.order_models import InvalidOrder, read_fields


def text(row):
    return "|".join(map(str, row)) + "\n"


def letter(operator, raw, errors):
    return text((operator, errors[0].reason.value, "; ".join(error.detail for error in errors), raw))


source, out = sys.argv[1:]
load_time = datetime(2024, 1, 2)
change_lines = ChangeLines().flat_map
started = time.perf_counter()
with ExitStack() as files:
    messages = files.enter_context(open(source, encoding="utf-8"))
    outputs = []
    for folder in ("headers", "lines", "rejected", "changes"):
        os.makedirs(f"{out}/{folder}")
        outputs.append(files.enter_context(open(f"{out}/{folder}/part", "w", encoding="utf-8")))
    headers, lines, rejected, changes = outputs
    for line in messages:
        raw = line.removesuffix("\n")
        try:
            fields = read_fields(raw)
        except InvalidOrder as error:
            rejected.write(letter(READ, raw, [error]))
            continue
        fields, changed = clean_order(fields)
        if changed:
            for change in change_lines(RawOrder(raw, fields, changed)):
                changes.write(change + "\n")
        order, errors = check_order(fields)
        if order is None:
            rejected.write(letter(VALIDATE, raw, errors))
            continue
        headers.write(text(header_row(order, load_time)))
        for row in line_rows(order):
            lines.write(text(row))
tell(time.perf_counter() - started)
