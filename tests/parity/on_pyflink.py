"""Runs a program on PyFlink: ``python on_pyflink.py program.py``.

A program that doesn't set its parallelism gets 1 here, not the number of the machine's cores.
"""

from __future__ import annotations

import runpy
import sys

from pyflink.java_gateway import get_gateway

if __name__ == "__main__":
    streaming = get_gateway().jvm.org.apache.flink.streaming.api.environment
    streaming.StreamExecutionEnvironment.setDefaultLocalParallelism(1)
    runpy.run_path(sys.argv[1], run_name="__main__")
