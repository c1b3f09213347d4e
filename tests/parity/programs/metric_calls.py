"""Metrics: what can be counted and read back in a function."""

from pyflink.common import Types
from pyflink.datastream import MapFunction, StreamExecutionEnvironment

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)


class Count(MapFunction):
    def open(self, runtime_context):
        group = runtime_context.get_metrics_group()
        self.counter = group.add_group("mine").counter("records")
        self.meter = group.add_group("key", "value").meter("rate")
        self.distribution = group.distribution("sizes")
        self.last = 0
        group.gauge("last", lambda: self.last)

    def map(self, value):
        self.counter.inc()
        self.counter.inc(10)
        self.counter.dec(2)
        self.counter.dec()
        self.meter.mark_event()
        self.meter.mark_event(4)
        self.distribution.update(value)
        self.last = value
        return f"{value} {self.counter.get_count()}"


env.from_collection([5, 6, 7], type_info=Types.INT()).map(Count(), output_type=Types.STRING()).print()
env.execute("metrics")
