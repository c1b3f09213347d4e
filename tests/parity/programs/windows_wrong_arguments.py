"""Assigners and triggers: which arguments they refuse, how they print, and what they say of themselves."""

from pyflink.common import Time
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.window import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    CountSlidingWindowAssigner,
    CountTrigger,
    CountTumblingWindowAssigner,
    DynamicEventTimeSessionWindows,
    EventTimeSessionWindows,
    EventTimeTrigger,
    GlobalWindows,
    NeverTrigger,
    ProcessingTimeSessionWindows,
    ProcessingTimeTrigger,
    PurgingTrigger,
    SessionWindowTimeGapExtractor,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TriggerResult,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)

ms = Time.milliseconds


class One(SessionWindowTimeGapExtractor):
    def extract(self, element):
        return 1


GIVEN = {
    "tumbling": lambda: TumblingEventTimeWindows.of(ms(5)),
    "tumbling, offset": lambda: TumblingEventTimeWindows.of(ms(5), ms(4)),
    "tumbling, offset back": lambda: TumblingEventTimeWindows.of(ms(5), ms(-4)),
    "tumbling, offset of the size": lambda: TumblingEventTimeWindows.of(ms(5), ms(5)),
    "tumbling, offset of the size back": lambda: TumblingEventTimeWindows.of(ms(5), ms(-5)),
    "tumbling, no size": lambda: TumblingEventTimeWindows.of(ms(0)),
    "tumbling, negative": lambda: TumblingEventTimeWindows.of(ms(-5)),
    "tumbling, processing time": lambda: TumblingProcessingTimeWindows.of(Time.seconds(5), ms(1)),
    "tumbling, processing time, offset": lambda: TumblingProcessingTimeWindows.of(ms(5), ms(6)),
    "sliding": lambda: SlidingEventTimeWindows.of(ms(10), ms(5)),
    "sliding, offset": lambda: SlidingEventTimeWindows.of(ms(10), ms(5), ms(-4)),
    "sliding, offset of the slide": lambda: SlidingEventTimeWindows.of(ms(10), ms(5), ms(5)),
    "sliding, no slide": lambda: SlidingEventTimeWindows.of(ms(10), ms(0)),
    "sliding, no size": lambda: SlidingEventTimeWindows.of(ms(0), ms(5)),
    "sliding, longer slide": lambda: SlidingEventTimeWindows.of(ms(5), ms(10)),
    "sliding, processing time": lambda: SlidingProcessingTimeWindows.of(ms(10), ms(5)),
    "sliding, processing time, negative": lambda: SlidingProcessingTimeWindows.of(ms(-10), ms(5)),
    "session": lambda: EventTimeSessionWindows.with_gap(Time.minutes(1)),
    "session, no gap": lambda: EventTimeSessionWindows.with_gap(ms(0)),
    "session, negative": lambda: EventTimeSessionWindows.with_gap(ms(-1)),
    "session, processing time": lambda: ProcessingTimeSessionWindows.with_gap(ms(1)),
    "session, processing time, no gap": lambda: ProcessingTimeSessionWindows.with_gap(ms(0)),
    "count": lambda: CountTumblingWindowAssigner.of(3),
    "count, sliding": lambda: CountSlidingWindowAssigner.of(3, 2),
    "global": lambda: GlobalWindows.create(),
}
for name, make in GIVEN.items():
    try:
        assigner = make()
        print(name, assigner, assigner.is_event_time(), type(assigner.get_default_trigger(None)).__name__)
    except Exception as error:
        # the kind of exception is the engine's, the beginning of its text is not
        text = str(error)
        print(name, "refused:", text[: text.index("must satisfy")])
print(type(EventTimeSessionWindows.with_dynamic_gap(One())) is DynamicEventTimeSessionWindows)
for trigger in (
    EventTimeTrigger.create(), ProcessingTimeTrigger.create(), ContinuousEventTimeTrigger.of(ms(5)), CountTrigger.of(2),
    ContinuousProcessingTimeTrigger.of(ms(5)), NeverTrigger(), PurgingTrigger.of(CountTrigger.of(2)),
    PurgingTrigger.of(NeverTrigger()),
):  # fmt: skip
    print(type(trigger).__name__, trigger.can_merge())
for result in TriggerResult:
    print(result.name, result.is_fire(), result.is_purge())

env = StreamExecutionEnvironment.get_execution_environment()
keyed = env.from_collection([1]).key_by(lambda n: n)
sessions = EventTimeSessionWindows.with_gap(ms(1))
for name, wrong in (
    ("reduce with a number", lambda: keyed.count_window(1).reduce(5)),
    ("reduce, then a lambda", lambda: keyed.count_window(1).reduce(max, lambda key, window, inputs: [])),
    ("aggregate, then a text", lambda: keyed.count_window(1).aggregate(None, "x")),
    ("all: sessions that can't merge", lambda: keyed.window_all(sessions).trigger(NeverTrigger())),
):
    try:
        wrong()
        print(name, "passes")
    except Exception as error:
        print(name, type(error).__name__)
