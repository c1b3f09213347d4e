"""The process function of the programs ``state`` and ``state_typed``, with state and timers."""

from flott.common import Types
from flott.datastream import KeyedProcessFunction
from flott.datastream.state import MapStateDescriptor, ValueStateDescriptor

MINUTE, PAY_WITHIN = 60_000, 1_800_000


class Watch(KeyedProcessFunction):
    """Of each user: more than five orders in a minute, and orders that are not paid within half an hour."""

    def open(self, runtime_context):
        self.total = runtime_context.get_state(ValueStateDescriptor("total", Types.LONG()))
        self.minutes = runtime_context.get_map_state(MapStateDescriptor("minutes", Types.LONG(), Types.LONG()))
        self.unpaid = runtime_context.get_map_state(MapStateDescriptor("unpaid", Types.STRING(), Types.LONG()))

    def process_element(self, value, ctx):
        user, order, status, at = value
        if status == "CREATED":
            self.total.update((self.total.value() or 0) + 1)
            minute = at // MINUTE
            count = (self.minutes.get(minute) or 0) + 1
            self.minutes.put(minute, count)
            if count == 1:
                ctx.timer_service().register_event_time_timer((minute + 1) * MINUTE)
            if count == 6:
                yield f"OFTEN,{user},{minute}"
            if self.unpaid.contains(order):
                self.unpaid.remove(order)
            else:
                self.unpaid.put(order, at)
                ctx.timer_service().register_event_time_timer(at + PAY_WITHIN)
        elif self.unpaid.contains(order):
            self.unpaid.remove(order)
        else:
            # paid before it was created: the records are out of order
            self.unpaid.put(order, -1)

    def on_timer(self, timestamp, ctx):
        if timestamp % MINUTE == 0:
            self.minutes.remove(timestamp // MINUTE - 1)
        for order in [order for order, created in self.unpaid.items() if 0 <= created <= timestamp - PAY_WITHIN]:
            self.unpaid.remove(order)
            yield f"UNPAID,{ctx.get_current_key()},{order}"
