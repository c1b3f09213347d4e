"""Solution of exercise 4.7."""

from flott.common import Time, Types
from flott.datastream.state import StateTtlConfig, ValueStateDescriptor


def coupon_used() -> ValueStateDescriptor:
    ttl = (
        StateTtlConfig.new_builder(Time.hours(24))
        .set_update_type(StateTtlConfig.UpdateType.OnCreateAndWrite)
        .set_state_visibility(StateTtlConfig.StateVisibility.NeverReturnExpired)
        .build()
    )
    descriptor = ValueStateDescriptor("coupon", Types.BOOLEAN())
    descriptor.enable_time_to_live(ttl)
    return descriptor
