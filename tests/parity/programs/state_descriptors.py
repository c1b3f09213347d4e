"""What descriptors of states and configurations of their time to live say of themselves."""

from pyflink.common import Time, Types
from pyflink.datastream import AggregateFunction, KeyedProcessFunction, ReduceFunction, StreamExecutionEnvironment
from pyflink.datastream.state import (
    AggregatingStateDescriptor,
    ListStateDescriptor,
    MapStateDescriptor,
    ReducingStateDescriptor,
    StateTtlConfig,
    ValueStateDescriptor,
)


class Sum(ReduceFunction):
    def reduce(self, value1, value2):
        return value1 + value2


class Length(AggregateFunction):
    def create_accumulator(self):
        return 0

    def add(self, value, accumulator):
        return accumulator + 1

    def get_result(self, accumulator):
        return accumulator

    def merge(self, acc_a, acc_b):
        return acc_a + acc_b


for descriptor in (
    ValueStateDescriptor("value", Types.INT()),
    ListStateDescriptor("list", Types.STRING()),
    MapStateDescriptor("map", Types.STRING(), Types.INT()),
    ReducingStateDescriptor("reducing", Sum(), Types.INT()),
    AggregatingStateDescriptor("aggregating", Length(), Types.INT()),
):
    print(descriptor.get_name(), type(descriptor).__name__)
print(ReducingStateDescriptor("r", Sum(), Types.INT()).get_reduce_function().reduce(1, 2))
print(ReducingStateDescriptor("r", lambda a, b: a * b, Types.INT()).get_reduce_function().reduce(5, 2))
print(AggregatingStateDescriptor("a", Length(), Types.INT()).get_agg_function().add("x", 4))
for wrong in (
    lambda: ReducingStateDescriptor("r", 3, Types.INT()),
    lambda: AggregatingStateDescriptor("a", lambda a, b: a, Types.INT()),
):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__)

for config in (
    StateTtlConfig.new_builder(Time.hours(1)).build(),
    StateTtlConfig.new_builder(Time.milliseconds(5))
    .update_ttl_on_read_and_write()
    .return_expired_if_not_cleaned_up()
    .cleanup_full_snapshot()
    .cleanup_incrementally(10, True)
    .cleanup_in_rocksdb_compact_filter(1000)
    .build(),
    StateTtlConfig.new_builder(Time.days(1))
    .set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite)
    .set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)
    .use_processing_time()
    .disable_cleanup_in_background()
    .set_ttl(Time.seconds(9))
    .build(),
):
    cleanup = config.get_cleanup_strategies()
    incremental = cleanup.get_incremental_cleanup_strategy()
    rocksdb = cleanup.get_rocksdb_compact_filter_cleanup_strategy()
    print(
        config.get_update_type(), config.get_state_visibility(), config.get_ttl().to_milliseconds(),
        config.get_ttl_time_characteristic(), config.is_enabled(), cleanup.is_cleanup_in_background(),
        cleanup.in_full_snapshot(), incremental and incremental.get_cleanup_size(),
        incremental and incremental.run_cleanup_for_every_record(),
        rocksdb and rocksdb.get_query_time_after_num_entries(),
    )  # fmt: skip


class Kept(KeyedProcessFunction):
    def open(self, runtime_context):
        descriptor = ValueStateDescriptor("count", Types.INT())
        descriptor.enable_time_to_live(StateTtlConfig.new_builder(Time.days(1)).build())
        self.count = runtime_context.get_state(descriptor)

    def process_element(self, value, ctx):
        self.count.update((self.count.value() or 0) + 1)
        yield f"{value} {self.count.value()}"


env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection(["a", "b", "a"], type_info=Types.STRING()).key_by(lambda value: value).process(
    Kept(), output_type=Types.STRING()
).print()
env.execute("a day to live")
