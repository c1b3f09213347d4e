//! Assigners: the windows of a record.

use super::{TimeWindow, Window};
use crate::batch::NO_TIMESTAMP;
use crate::error::{Error, Result};

/// Windows that become one.
pub struct Merge<W> {
    pub result: W,
    pub parts: Vec<W>,
}

/// Says which windows a record belongs to.
pub trait Assigner<K, V, W> {
    /// Adds the windows of a record of that key. `timestamp` is its event time, `now` the processing time, in ms.
    fn assign(&mut self, key: (&K, u16), value: &V, timestamp: i64, now: i64, windows: &mut Vec<W>) -> Result<()>;

    /// Whether its windows end by event time; otherwise by processing time.
    fn is_event_time(&self) -> bool;

    /// Whether windows of a key that meet become one.
    fn merges(&self) -> bool {
        false
    }

    /// The windows among these that become one.
    fn merge(&mut self, _windows: Vec<W>) -> Result<Vec<Merge<W>>> {
        Ok(Vec::new())
    }
}

/// The windows that follow from a moment alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeSpan {
    /// One window a record, each `size` long.
    Tumbling { size: i64, offset: i64 },
    /// Windows of `size`, one beginning every `slide`.
    Sliding { size: i64, slide: i64, offset: i64 },
    /// A window that lasts until there was no record for `gap`.
    Session { gap: i64 },
    /// One window for all.
    Global,
}

impl TimeSpan {
    /// Adds the windows of a moment (ms).
    pub fn windows(self, moment: i64, mut add: impl FnMut(TimeWindow)) {
        match self {
            TimeSpan::Tumbling { size, offset } => add(TimeWindow::tumbling(moment, offset, size)),
            TimeSpan::Sliding { size, slide, offset } => {
                // the newest first, as in Flink
                let mut start = TimeWindow::tumbling(moment, offset, slide).start;
                while start > moment.saturating_sub(size) {
                    add(TimeWindow::new(start, start.saturating_add(size)));
                    match start.checked_sub(slide) {
                        Some(before) => start = before,
                        None => break,
                    }
                }
            }
            TimeSpan::Session { gap } => add(TimeWindow::new(moment, moment.saturating_add(gap))),
            TimeSpan::Global => add(TimeWindow::GLOBAL),
        }
    }
}

/// Windows by event time or by processing time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeAssigner {
    pub span: TimeSpan,
    pub event_time: bool,
}

impl TimeAssigner {
    /// The moment that decides, in ms.
    pub fn moment(&self, timestamp: i64, now: i64) -> Result<i64> {
        match self.event_time {
            _ if self.span == TimeSpan::Global => Ok(0),
            true if timestamp == NO_TIMESTAMP => {
                Err(Error::data("the record has no event time, and its window goes by it").with_hint(
                    "call assign_timestamps_and_watermarks() before the window, or use a window of processing time",
                ))
            }
            true => Ok(timestamp),
            false => Ok(now),
        }
    }
}

impl<K, V> Assigner<K, V, TimeWindow> for TimeAssigner {
    fn assign(
        &mut self,
        _key: (&K, u16),
        _value: &V,
        timestamp: i64,
        now: i64,
        windows: &mut Vec<TimeWindow>,
    ) -> Result<()> {
        self.span.windows(self.moment(timestamp, now)?, |window| windows.push(window));
        Ok(())
    }

    fn is_event_time(&self) -> bool {
        self.event_time
    }

    fn merges(&self) -> bool {
        matches!(self.span, TimeSpan::Session { .. })
    }

    fn merge(&mut self, windows: Vec<TimeWindow>) -> Result<Vec<Merge<TimeWindow>>> {
        Ok(merge_overlapping(windows, |window| *window, |window| window))
    }
}

/// Joins windows that meet. `span` is the time of a window, `made` a window of a time.
pub fn merge_overlapping<W: Window>(
    mut windows: Vec<W>,
    span: impl Fn(&W) -> TimeWindow,
    made: impl Fn(TimeWindow) -> W,
) -> Vec<Merge<W>> {
    windows.sort_by_key(&span);
    let mut merges: Vec<(TimeWindow, Vec<W>)> = Vec::new();
    for window in windows {
        let own = span(&window);
        match merges.last_mut() {
            Some((result, parts)) if result.intersects(&own) => {
                *result = result.cover(&own);
                parts.push(window);
            }
            _ => merges.push((own, vec![window])),
        }
    }
    let several = merges.into_iter().filter(|(_, parts)| parts.len() > 1);
    several.map(|(result, parts)| Merge { result: made(result), parts }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(span: TimeSpan, moment: i64) -> Vec<(i64, i64)> {
        let mut windows = Vec::new();
        span.windows(moment, |window| windows.push((window.start, window.end)));
        windows
    }

    #[test]
    fn sliding_windows_overlap() {
        let sliding = TimeSpan::Sliding { size: 3_000, slide: 1_000, offset: 0 };
        assert_eq!(windows(sliding, 3_999), [(3_000, 6_000), (2_000, 5_000), (1_000, 4_000)]);
        assert_eq!(windows(sliding, 0), [(0, 3_000), (-1_000, 2_000), (-2_000, 1_000)]);
        let offset = TimeSpan::Sliding { size: 3_000, slide: 2_000, offset: 500 };
        assert_eq!(windows(offset, 3_000), [(2_500, 5_500), (500, 3_500)]);
        // a slide longer than the window leaves gaps
        let gaps = TimeSpan::Sliding { size: 1_000, slide: 3_000, offset: 0 };
        assert_eq!(windows(gaps, 500), [(0, 1_000)]);
        assert_eq!(windows(gaps, 1_000), []);
    }

    #[test]
    fn a_record_without_time_has_no_window_of_event_time() {
        let mut assigner = TimeAssigner { span: TimeSpan::Tumbling { size: 1_000, offset: 0 }, event_time: true };
        let error = assigner.assign((&(), 0), &(), NO_TIMESTAMP, 5, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("assign_timestamps_and_watermarks()"), "{error}");
        let mut windows = Vec::new();
        assigner.event_time = false;
        assigner.assign((&(), 0), &(), NO_TIMESTAMP, 1_005, &mut windows).unwrap();
        assert_eq!(windows, [TimeWindow::new(1_000, 2_000)]);
    }

    #[test]
    fn windows_that_meet_merge() {
        let windows = [(20, 30), (0, 10), (5, 12), (12, 13), (40, 50)];
        let windows = windows.map(|(start, end)| TimeWindow::new(start, end)).to_vec();
        let merges = merge_overlapping(windows, |window| *window, |window| window);
        let merges: Vec<_> = merges.into_iter().map(|merge| (merge.result, merge.parts.len())).collect();
        assert_eq!(merges, [(TimeWindow::new(0, 13), 3)]);
    }
}
