"""Values counted by key, with the timers' reading of the broadcast rules at the end of the input.

compare: lines in any order, without subtasks
"""

from pyflink.common import Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedBroadcastProcessFunction, StreamExecutionEnvironment, TimeDomain
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

env = StreamExecutionEnvironment.get_execution_environment()
rules_state = MapStateDescriptor("rules", Types.STRING(), Types.LONG())
pair = Types.TUPLE([Types.STRING(), Types.LONG()])


class Second(TimestampAssigner):
    def extract_timestamp(self, value, record_timestamp):
        return value[1]


class Limit(KeyedBroadcastProcessFunction):
    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))

    def process_element(self, value, ctx):
        self.total.update((self.total.value() or 0) + value[1])
        ctx.timer_service().register_event_time_timer(1000)
        yield f"{ctx.get_current_key()} {value[1]} at {ctx.timestamp()}, total {self.total.value()}"

    def process_broadcast_element(self, value, ctx):
        ctx.get_broadcast_state(rules_state).put(value[0], value[1])
        return []

    def on_timer(self, timestamp, ctx):
        rules = ctx.get_broadcast_state(rules_state)
        limit = rules.get(ctx.get_current_key())
        domain = ctx.time_domain() == TimeDomain.EVENT_TIME
        yield f"{ctx.get_current_key()}: {self.total.value()} of {limit} at {timestamp} {ctx.timestamp()} {domain}"
        yield f"rules {sorted(rules.items())} {'a' in rules} {rules.contains('x')} {rules.is_empty()}"


def stream(values):
    strategy = WatermarkStrategy.no_watermarks().with_timestamp_assigner(Second())
    return env.from_collection(values, type_info=pair).assign_timestamps_and_watermarks(strategy)


values = stream([("a", 1), ("b", 20), ("a", 2), ("c", 300)]).key_by(lambda value: value[0], key_type=Types.STRING())
rules = stream([("a", 10), ("b", 15), ("a", 11)])
values.connect(rules.broadcast(rules_state)).process(Limit(), output_type=Types.STRING()).print()
env.execute("limits")
