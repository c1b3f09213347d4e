"""What windows themselves can do: where they begin, end, meet, cover one another, and how they compare."""

from io import BytesIO

from pyflink.datastream.window import (
    CountWindow,
    CountWindowSerializer,
    GlobalWindow,
    MergingWindowAssigner,
    TimeWindow,
    TimeWindowSerializer,
)

window = TimeWindow(10, 20)
print(window, window.start, window.end, window.max_timestamp())
for start, end in ((0, 9), (0, 10), (0, 11), (12, 15), (19, 30), (20, 30), (21, 30), (0, 50), (10, 20)):
    other = TimeWindow(start, end)
    print(start, end, window.intersects(other), window.cover(other), window == other, window < other, other < window)
for time in (0, 1, 9, 10, -1, -10, -11, 1_700_000_000_123):
    starts = [TimeWindow.get_window_start_with_offset(time, offset, 10) for offset in (0, 1, -1, 9, -9)]
    print(time, starts)
print(sorted([TimeWindow(5, 6), TimeWindow(1, 9), TimeWindow(1, 3), TimeWindow(-4, 0)]))
print(len({TimeWindow(1, 2), TimeWindow(1, 2), TimeWindow(2, 3)}), TimeWindow(1, 2) == "1..2")


class Merged(MergingWindowAssigner.MergeCallback):
    def merge(self, to_be_merged, merge_result):
        print(sorted(to_be_merged), "become", merge_result)


windows = [TimeWindow(30, 40), TimeWindow(0, 10), TimeWindow(10, 12), TimeWindow(5, 7), TimeWindow(50, 51)]
TimeWindow.merge_windows([*windows, TimeWindow(39, 45)], Merged())
TimeWindow.merge_windows([TimeWindow(0, 10), TimeWindow(11, 12)], Merged())
TimeWindow.merge_windows([], Merged())

print(
    CountWindow(7), CountWindow(7).max_timestamp(), CountWindow(7) == CountWindow(7), CountWindow(7) == CountWindow(8)
)
print(GlobalWindow.get(), GlobalWindow().max_timestamp(), GlobalWindow.get() == GlobalWindow(), hash(GlobalWindow()))
for serializer, value in ((TimeWindowSerializer(), TimeWindow(-5, 2**40)), (CountWindowSerializer(), CountWindow(9))):
    stream = BytesIO()
    serializer.serialize(value, stream)
    print(stream.getvalue().hex(), serializer.deserialize(BytesIO(stream.getvalue())))
