"""Orders to order lines as a Bytewax dataflow. usage: etl_bytewax.py IN OUT"""

import os
import sys
import time

import bytewax.operators as op
from bytewax.connectors.files import FileSink, FileSource
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main
from order_functions import order_lines, read_order
from outcome import tell

source, out = sys.argv[1:]
for folder in ("lines", "rejects"):
    os.makedirs(f"{out}/{folder}")


def validate(line):
    order = read_order(line)
    return line if order is None else order


def keyed(step, stream):
    # its file sink takes keyed streams only
    return op.key_on(step, stream, lambda _: "")


flow = Dataflow("etl")
read = op.map("validate", op.input("orders", flow, FileSource(source, batch_size=1000)), validate)
split = op.branch("usable", read, lambda record: isinstance(record, dict))
lines = op.flat_map("split", split.trues, order_lines)
op.output("lines", keyed("key lines", lines), FileSink(f"{out}/lines/part"))
op.output("rejects", keyed("key rejects", split.falses), FileSink(f"{out}/rejects/part"))
started = time.perf_counter()
run_main(flow)
tell(time.perf_counter() - started)
