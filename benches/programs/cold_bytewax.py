"""Ten records as a Bytewax dataflow."""

import bytewax.operators as op
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSource, run_main

flow = Dataflow("cold")
op.output("out", op.map("add", op.input("in", flow, TestingSource(range(10))), lambda n: n + 1), StdOutSink())
run_main(flow)
