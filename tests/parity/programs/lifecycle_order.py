"""Every kind of function is opened once before its first record and closed once after its last, timers included."""

import os
import tempfile

from pyflink.common import Types
from pyflink.datastream import (
    BroadcastProcessFunction,
    CoMapFunction,
    CoProcessFunction,
    FilterFunction,
    FlatMapFunction,
    KeyedProcessFunction,
    MapFunction,
    ProcessFunction,
    ReduceFunction,
    StreamExecutionEnvironment,
)
from pyflink.datastream.state import MapStateDescriptor

folder = tempfile.mkdtemp()
env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class Logged:
    def open(self, runtime_context):
        self.log = [type(self).__name__, "open"]

    def close(self):
        self.log.append("close")
        with open(os.path.join(folder, self.log[0]), "a") as file:
            file.write(" ".join(self.log[1:]) + "\n")


class AMap(Logged, MapFunction):
    def map(self, value):
        self.log.append(str(value))
        return value


class AFlatMap(Logged, FlatMapFunction):
    def flat_map(self, value):
        self.log.append(str(value))
        yield value


class AFilter(Logged, FilterFunction):
    def filter(self, value):
        self.log.append(str(value))
        return True


class AProcess(Logged, ProcessFunction):
    def process_element(self, value, ctx):
        self.log.append(str(value))
        yield value


class AKeyedProcess(Logged, KeyedProcessFunction):
    def process_element(self, value, ctx):
        self.log.append(str(value))
        ctx.timer_service().register_event_time_timer(value)
        yield value

    def on_timer(self, timestamp, ctx):
        self.log.append(f"timer {timestamp}")
        return []


class AReduce(Logged, ReduceFunction):
    def reduce(self, value1, value2):
        self.log.append(f"{value1}+{value2}")
        return value1 + value2


class ACoMap(Logged, CoMapFunction):
    def map1(self, value):
        self.log.append(str(value))
        return value

    def map2(self, value):
        return value


class ACoProcess(Logged, CoProcessFunction):
    def process_element1(self, value, ctx):
        return []

    def process_element2(self, value, ctx):
        self.log.append(str(value))
        yield value


class ABroadcast(Logged, BroadcastProcessFunction):
    def process_element(self, value, ctx):
        return []

    def process_broadcast_element(self, value, ctx):
        self.log.append(str(value))
        yield value


numbers = env.from_collection([1, 2, 3], type_info=Types.INT())
numbers.map(AMap(), output_type=Types.INT()).flat_map(AFlatMap(), output_type=Types.INT()).filter(AFilter()).process(
    AProcess(), output_type=Types.INT()
).key_by(lambda n: 0, key_type=Types.INT()).process(AKeyedProcess(), output_type=Types.INT()).key_by(
    lambda n: 0, key_type=Types.INT()
).reduce(AReduce()).print()
numbers.connect(env.from_collection([0], type_info=Types.INT())).map(ACoMap(), output_type=Types.INT())
nothing = env.from_collection([0], type_info=Types.INT())
nothing.connect(numbers).process(ACoProcess(), output_type=Types.INT())
nothing.connect(numbers.broadcast(MapStateDescriptor("state", Types.INT(), Types.INT()))).process(
    ABroadcast(), output_type=Types.INT()
)
env.execute("lives")
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name)) as file:
        print(name, file.read().splitlines())
