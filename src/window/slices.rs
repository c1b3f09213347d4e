//! Slices: windows of one size, one beginning every so often, are made of the same pieces.
//!
//! A slice is as long as the greatest number that divides both the windows' size and the distance at which they begin, so
//! that each window is a run of whole slices. What is kept of a slice is kept once, however many windows it is in.
//!
//! ```
//! use flott::window::{Slices, TimeWindow};
//!
//! let slices = Slices::new(60_000, 25_000, 0);
//! assert_eq!(slices.length(), 5_000);
//! assert_eq!(slices.of(27_001), Some(25_000));
//! let windows: Vec<_> = slices.windows_of(25_000).map(|window| window.start).collect();
//! assert_eq!(windows, [25_000, 0, -25_000]);
//! assert_eq!(slices.windows_of(60_000).count(), 2);
//! ```

use super::{TimeSpan, TimeWindow};

/// Windows of `size`, one beginning every `slide` from `offset`; all in ms. Slices are named by their start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slices {
    size: i64,
    slide: i64,
    offset: i64,
    length: i64,
}

impl Slices {
    /// `size` and `slide` are above 0.
    pub fn new(size: i64, slide: i64, offset: i64) -> Slices {
        Slices { size, slide, offset, length: greatest_divisor(size, slide) }
    }

    /// Of windows that are of one size; `None` for others.
    pub fn of_span(span: TimeSpan) -> Option<Slices> {
        match span {
            TimeSpan::Tumbling { size, offset } => Some(Slices::new(size, size, offset)),
            TimeSpan::Sliding { size, slide, offset } => Some(Slices::new(size, slide, offset)),
            TimeSpan::Session { .. } | TimeSpan::Global => None,
        }
    }

    /// How long a slice is.
    pub fn length(&self) -> i64 {
        self.length
    }

    /// How long a window is.
    pub fn size(&self) -> i64 {
        self.size
    }

    /// Whether a slice is a window and belongs to no other.
    pub fn is_tumbling(&self) -> bool {
        self.size == self.slide
    }

    /// The slice of that moment; `None` where it is between two windows, which there are if they begin further apart
    /// than they are long.
    pub fn of(&self, moment: i64) -> Option<i64> {
        let slice = floor(moment, self.offset, self.length);
        let in_a_window =
            self.slide <= self.size || moment.saturating_sub(floor(moment, self.offset, self.slide)) < self.size;
        in_a_window.then_some(slice)
    }

    /// The windows of which a slice is a part, the newest first.
    pub fn windows_of(&self, slice: i64) -> impl Iterator<Item = TimeWindow> + use<> {
        let Slices { size, slide, .. } = *self;
        let newest = floor(slice, self.offset, slide);
        let starts = std::iter::successors(Some(newest), move |start| start.checked_sub(slide));
        starts.take_while(move |start| slice.saturating_sub(*start) < size).map(move |start| window(start, size))
    }

    /// The first window of which a slice is a part: it ends first.
    pub fn first_window(&self, slice: i64) -> TimeWindow {
        let newest = floor(slice, self.offset, self.slide);
        let before = (self.size - 1 - slice.saturating_sub(newest)).max(0) / self.slide;
        window(newest.saturating_sub(before.saturating_mul(self.slide)), self.size)
    }

    /// The last window of which a slice is a part: when it is over, so is the slice.
    pub fn last_window(&self, slice: i64) -> TimeWindow {
        window(floor(slice, self.offset, self.slide), self.size)
    }

    /// How many windows have a part in these slices, which are in order: of those that begin at `next` or later, and of
    /// those from `alive` on that begin before.
    pub fn count(&self, slices: impl Iterator<Item = i64>, alive: i64, next: i64) -> (usize, usize) {
        let (mut later, mut before) = (0, 0);
        // windows of neighbouring slices are the same ones: each counts once
        let mut counted = i64::MIN;
        for slice in slices {
            let last = self.last_window(slice).start;
            let first = self.first_window(slice).start.max(counted.saturating_add(1)).max(alive);
            counted = last;
            let between = |from: i64, to: i64| match from <= to {
                // windows begin at `last` and every slide before
                true => ((to - from) / self.slide + 1) as usize,
                false => 0,
            };
            let from_next = between(first.max(next), last);
            later += from_next;
            before += between(first, last) - from_next;
        }
        (later, before)
    }

    /// The first of all windows whose largest timestamp is above `moment`.
    pub fn next_after(&self, moment: i64) -> TimeWindow {
        // its end - 1 is above the moment: its start is above moment + 1 - size
        let above = moment.saturating_add(1).saturating_sub(self.size);
        window(floor(above, self.offset, self.slide).saturating_add(self.slide), self.size)
    }
}

fn window(start: i64, size: i64) -> TimeWindow {
    TimeWindow::new(start, start.saturating_add(size))
}

/// The last of `offset`, `offset ± step`, … that is not above `moment`.
fn floor(moment: i64, offset: i64, step: i64) -> i64 {
    moment.saturating_sub(moment.wrapping_sub(offset).rem_euclid(step))
}

fn greatest_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(slices: &Slices, slice: i64) -> Vec<i64> {
        slices.windows_of(slice).map(|window| window.start).collect()
    }

    #[test]
    fn a_tumbling_window_is_one_slice() {
        let slices = Slices::new(60_000, 60_000, 0);
        assert_eq!((slices.length(), slices.of(119_999), slices.of(-1)), (60_000, Some(60_000), Some(-60_000)));
        assert_eq!(starts(&slices, 60_000), [60_000]);
        assert_eq!(slices.first_window(60_000), TimeWindow::new(60_000, 120_000));
        assert_eq!(slices.last_window(60_000), TimeWindow::new(60_000, 120_000));
        assert_eq!(Slices::new(10, 10, 3).of(2), Some(-7));
    }

    #[test]
    fn a_slice_is_in_each_window_that_covers_it() {
        // windows [0, 10) [4, 14) [8, 18) …: slices of 2
        let slices = Slices::new(10, 4, 0);
        assert_eq!((slices.length(), slices.of(9), slices.of(-1)), (2, Some(8), Some(-2)));
        assert_eq!(starts(&slices, 8), [8, 4, 0]);
        assert_eq!(starts(&slices, 10), [8, 4]);
        assert_eq!(starts(&slices, -2), [-4, -8]);
        for slice in [-6, -4, -2, 0, 2, 4, 6, 8, 10, 12] {
            let windows: Vec<_> = slices.windows_of(slice).collect();
            assert_eq!(Some(&slices.last_window(slice)), windows.first(), "{slice}");
            assert_eq!(Some(&slices.first_window(slice)), windows.last(), "{slice}");
        }
    }

    #[test]
    fn slices_are_the_windows_that_records_are_assigned() {
        for (size, slide, offset) in [(10, 4, 0), (10, 4, 3), (12, 4, -1), (7, 3, 0), (5, 5, 2), (3, 10, 1), (4, 6, 0)]
        {
            let (span, slices) = (TimeSpan::Sliding { size, slide, offset }, Slices::new(size, slide, offset));
            for moment in -40..40 {
                let mut assigned = Vec::new();
                span.windows(moment, |window| assigned.push(window));
                let found: Vec<_> = slices.of(moment).into_iter().flat_map(|slice| slices.windows_of(slice)).collect();
                assert_eq!(found, assigned, "{moment} in windows of {size} every {slide} from {offset}");
            }
        }
    }

    #[test]
    fn windows_further_apart_than_they_are_long_leave_gaps() {
        let slices = Slices::new(1_000, 3_000, 0);
        assert_eq!(
            (slices.of(999), slices.of(1_000), slices.of(2_999), slices.of(3_000)),
            (Some(0), None, None, Some(3_000))
        );
    }

    #[test]
    fn the_next_window_after_a_moment() {
        // largest timestamps: …, 9, 13, 17, …
        let slices = Slices::new(10, 4, 0);
        assert_eq!(slices.next_after(8), TimeWindow::new(0, 10));
        assert_eq!(slices.next_after(9), TimeWindow::new(4, 14));
        assert_eq!(slices.next_after(12), TimeWindow::new(4, 14));
        assert_eq!(slices.next_after(13), TimeWindow::new(8, 18));
        assert_eq!(Slices::new(10, 10, 0).next_after(-1), TimeWindow::new(0, 10));
        assert_eq!(Slices::new(10, 10, 0).next_after(-2), TimeWindow::new(-10, 0));
    }

    #[test]
    fn windows_of_several_slices_count_once() {
        // slices of 20, windows that begin at -40, -20, 0 and, for the second slice, 20
        let slices = Slices::new(60, 20, 0);
        assert_eq!(slices.count([0, 20].into_iter(), i64::MIN, i64::MIN), (4, 0));
        assert_eq!(slices.count([0, 20].into_iter(), i64::MIN, 0), (2, 2));
        assert_eq!(slices.count([0, 20].into_iter(), -20, 0), (2, 1));
        // 0 is in three windows up to 0, 100 in three from 60 on
        assert_eq!(slices.count([0, 100].into_iter(), i64::MIN, i64::MIN), (6, 0));
        let tumbling = Slices::new(60, 60, 0);
        assert_eq!(tumbling.count([0, 60, 120].into_iter(), i64::MIN, 60), (2, 1));
    }
}
