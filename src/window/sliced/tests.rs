//! The same programs on [`SlicedWindows`] and on [`TimedWindows`](super::super::TimedWindows).

mod stored;

use super::super::{TimeSpan, TimedWindows};
use super::*;

/// Lists of numbers. What comes out is sorted: only the order in which records were added differs.
#[derive(Default)]
struct Lists {
    seen: Vec<String>,
    merged: u64,
    added: u64,
}

impl Cells<u32, i64> for Lists {
    type Value = Vec<i64>;

    fn first(&mut self, record: &i64) -> Result<Vec<i64>> {
        self.added += 1;
        Ok(vec![*record])
    }

    fn add(&mut self, value: &mut Vec<i64>, record: &i64) -> Result<()> {
        self.added += 1;
        value.push(*record);
        Ok(())
    }

    fn fire(&mut self, window: TimeWindow, held: &Held<u32, Vec<i64>>, clocks: Clocks) -> Result<()> {
        let mut values = held.value.clone();
        values.sort_unstable();
        self.seen.push(format!("{} {}..{} {values:?} at {clocks:?}", held.key, window.start, window.end));
        Ok(())
    }
}

impl Merges<u32, i64> for Lists {
    fn merge(&mut self, older: &Vec<i64>, newer: &Vec<i64>) -> Result<Vec<i64>> {
        self.merged += 1;
        Ok([older.as_slice(), newer].concat())
    }

    fn copy(&mut self, value: &Vec<i64>) -> Result<Vec<i64>> {
        Ok(value.clone())
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Record { key: u32, timestamp: i64 },
    Watermark(i64),
    Time(i64),
}

/// Numbers from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn program(&mut self, steps: usize) -> Vec<Step> {
        let (mut watermark, mut now) = (-48, -48);
        let mut program = Vec::new();
        for _ in 0..steps {
            program.push(match self.below(10) {
                0 => {
                    // now and then nothing comes for a long time
                    watermark += if self.below(20) == 0 { 300 } else { self.below(12) as i64 };
                    Step::Watermark(watermark)
                }
                1 => {
                    // never the last millisecond of a window
                    now += 4 * self.below(3) as i64;
                    Step::Time(now)
                }
                _ => Step::Record { key: self.below(4) as u32, timestamp: watermark - 45 + self.below(80) as i64 },
            });
        }
        program.push(Step::Watermark(i64::MAX));
        program
    }
}

/// Both kinds of windows, behind the same methods.
enum Either {
    Timed(TimedWindows<u32, Vec<i64>>),
    Sliced(SlicedWindows<u32, Vec<i64>>),
}

impl Either {
    fn run(self, program: &[Step], event_time: bool) -> Lists {
        self.run_with(program, event_time, |windows, _| windows)
    }

    /// `between` is called behind each step, and gives the windows for the next.
    fn run_with(mut self, program: &[Step], event_time: bool, between: impl Fn(Self, Clocks) -> Self) -> Lists {
        let mut lists = Lists::default();
        let mut clocks = Clocks { watermark: i64::MIN, now: -48 };
        for (at, step) in program.iter().enumerate() {
            match *step {
                Step::Watermark(watermark) => clocks.watermark = watermark,
                Step::Time(now) => clocks.now = now,
                Step::Record { .. } => {}
            }
            match &mut self {
                Either::Timed(windows) => windows.clocks = clocks,
                Either::Sliced(windows) => windows.clocks = clocks,
            }
            match *step {
                Step::Record { key, timestamp } => {
                    let record = at as i64;
                    let in_time = match &mut self {
                        Either::Timed(windows) => windows.add(&key, 0, &record, timestamp, &mut lists),
                        Either::Sliced(windows) => windows.add(&key, 0, &record, timestamp, &mut lists),
                    };
                    lists.seen.push(format!("{step:?} in time: {}", in_time.unwrap()));
                }
                Step::Watermark(until) if event_time => self.advance(until, &mut lists),
                Step::Time(until) if !event_time => self.advance(until, &mut lists),
                Step::Watermark(_) | Step::Time(_) => {}
            }
            let times = match &self {
                Either::Timed(windows) => windows.times(),
                Either::Sliced(windows) => windows.times(),
            };
            lists.seen.push(format!("{times:?}"));
            self = between(self, clocks);
        }
        lists
    }

    fn advance(&mut self, until: i64, lists: &mut Lists) {
        match self {
            Either::Timed(windows) => {
                let clocks = windows.clocks;
                while let Some(due) = windows.next(until) {
                    if due.fires {
                        lists.fire(due.window, due.held, clocks).unwrap();
                    }
                }
            }
            Either::Sliced(windows) => {
                while let Some((window, held)) = windows.next(until, lists).unwrap() {
                    lists.fire(window, &held, windows.clocks).unwrap();
                }
            }
        }
    }
}

#[test]
fn they_do_what_windows_without_slices_do() {
    let sliding = |size, slide, offset| TimeSpan::Sliding { size, slide, offset };
    let spans = [
        sliding(32, 4, 0),
        sliding(36, 4, -1),
        sliding(30, 4, 2),
        sliding(48, 12, 0),
        sliding(4, 4, 0),
        sliding(4, 8, 0),
    ];
    let mut random = Random(4711);
    for span in spans {
        for (event_time, lateness) in [(true, 0), (true, 3), (true, 20), (true, i64::MAX), (false, 0)] {
            for _ in 0..2 {
                let assigner = TimeAssigner { span, event_time };
                let program = random.program(200);
                let timed = Either::Timed(TimedWindows::new(assigner, lateness).unwrap()).run(&program, event_time);
                let sliced = Either::Sliced(SlicedWindows::new(assigner, lateness).unwrap()).run(&program, event_time);
                for (at, (expected, seen)) in timed.seen.iter().zip(&sliced.seen).enumerate() {
                    assert_eq!(seen, expected, "line {at} of {assigner:?}, allowed lateness {lateness}");
                }
                assert_eq!(sliced.seen.len(), timed.seen.len());
                assert!(timed.seen.iter().any(|line| line.contains("..")), "no window has fired");
            }
        }
    }
}

/// One key in windows of 1,000 slices, of which each gets two records.
fn many_slices() -> (SlicedWindows<u32, Vec<i64>>, Lists) {
    let assigner = TimeAssigner { span: TimeSpan::Sliding { size: 1_000, slide: 1, offset: 0 }, event_time: true };
    let mut windows = SlicedWindows::new(assigner, 0).unwrap();
    let mut lists = Lists::default();
    for timestamp in 0..4_000 {
        for record in [0, 1] {
            windows.add(&7, 0, &record, timestamp, &mut lists).unwrap();
        }
        windows.clocks.watermark = timestamp;
        while windows.next(timestamp, &mut lists).unwrap().is_some() {}
    }
    (windows, lists)
}

#[test]
fn the_work_does_not_grow_with_the_windows_of_a_record() {
    let (windows, lists) = many_slices();
    // 8,000 records in 4,000 slices, and as many windows
    assert_eq!(lists.added, 8_000);
    assert!(lists.merged <= 3 * 4_000, "{}", lists.merged);
    assert_eq!(windows.iter().count(), 999, "slices of windows to come are kept, no others");
}

#[test]
fn a_late_record_costs_few_merges_too() {
    let (mut windows, mut lists) = many_slices();
    let before = (lists.added, lists.merged);
    // too late for the windows that have fired: each of the next 500 has it
    windows.add(&7, 0, &5, 3_500, &mut lists).unwrap();
    for until in 4_000..4_500 {
        windows.clocks.watermark = until;
        while let Some((window, held)) = windows.next(until, &mut lists).unwrap() {
            assert_eq!(held.value.contains(&5), window.start <= 3_500, "{window:?}");
        }
    }
    // to its slice, and to nodes for 1,000 slices: 10 bits
    assert!(lists.added - before.0 <= 11, "{}", lists.added - before.0);
    assert!(lists.merged - before.1 <= 12 * 500, "{}", lists.merged - before.1);
}

#[test]
fn a_long_time_without_records_is_skipped() {
    let (mut windows, mut lists) = many_slices();
    windows.add(&7, 0, &5, i64::MAX / 2, &mut lists).unwrap();
    windows.clocks.watermark = i64::MAX;
    let mut fired = 0;
    while windows.next(i64::MAX, &mut lists).unwrap().is_some() {
        fired += 1;
    }
    // those that began before the 4,000th, and those of the last record
    assert_eq!(fired, 999 + 1_000);
    assert_eq!(windows.iter().count(), 0);
}
