"""The three steps over integers as a Bytewax dataflow. usage: lambdas_bytewax.py COUNT"""

import sys
import time

import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource, run_main
from outcome import tell

count = int(sys.argv[1])
seen = 0


def counted(value):
    global seen
    seen += 1
    return (f"COUNT={seen}",) if value == count + 1 else ()


flow = Dataflow("numbers")
numbers = op.input("numbers", flow, TestingSource(range(1, count + 1), batch_size=1000))
odd = op.filter("odd", op.map("add", numbers, lambda n: n + 1), lambda n: n & 1 == 1)
op.output("out", op.flat_map("count", odd, counted), StdOutSink())
started = time.perf_counter()
run_main(flow)
tell(time.perf_counter() - started)
