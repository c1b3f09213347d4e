"""Collections without a type: any objects, mixed, empty, in both modes.

compare: lines in any order, without subtasks
"""

from collections import namedtuple
from datetime import date
from enum import Enum

from pyflink.common import Row
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment


class Color(Enum):
    RED = 1


class Point:
    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return f"Point({self.x})"


Pair = namedtuple("Pair", ["left", "right"])

for mode in (RuntimeExecutionMode.STREAMING, RuntimeExecutionMode.BATCH):
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_runtime_mode(mode)
    values = [1, "two", 3.0, (4, "four"), [5, None], {"six": 6}, {7}, date(2024, 9, 9), Row(10), 2**80, True]
    mixed = env.from_collection(values)
    mixed.print(mode.name)
    mixed.map(lambda value: type(value).__name__).print(f"{mode.name}_types")
    env.from_collection([(1, Point(2)), (2, Color.RED), (3, Pair(1, "b"))]).map(lambda value: repr(value[1])).print(
        f"{mode.name}_objects"
    )
    env.from_collection([]).print(f"{mode.name}_empty")
    env.execute(mode.name)
