//! The same programs on [`TimedWindows`] and on [`Windows`](super::super::Windows) with the default trigger: the same
//! results, in the same order.

mod stored;

use std::collections::HashMap;

use super::super::{BuiltInTrigger, Contents, Settings, WindowTimers, Windows};
use super::*;

/// What happened, in order.
#[derive(Default)]
struct Log {
    lists: HashMap<(u32, TimeWindow), Vec<i64>>,
    seen: Vec<String>,
}

impl Log {
    fn fired(&mut self, key: u32, window: TimeWindow, values: &[i64], watermark: i64, now: i64) {
        self.seen.push(format!("{key} {}..{} {values:?} at {watermark} {now}", window.start, window.end));
    }

    fn closed(&mut self, key: u32, window: TimeWindow) {
        self.seen.push(format!("{key} {}..{} is over", window.start, window.end));
    }
}

impl Contents<u32, i64, TimeWindow> for Log {
    fn add(&mut self, key: &u32, _: u16, state: &TimeWindow, value: &i64, _: i64) -> Result<()> {
        self.lists.entry((*key, *state)).or_default().push(*value);
        Ok(())
    }

    fn fire(
        &mut self,
        key: &u32,
        _: u16,
        state: &TimeWindow,
        window: &TimeWindow,
        timers: &WindowTimers<u32, TimeWindow>,
    ) -> Result<()> {
        let values = self.lists[&(*key, *state)].clone();
        self.fired(*key, *window, &values, timers.watermark, timers.now);
        Ok(())
    }

    fn purge(&mut self, key: &u32, _: u16, state: &TimeWindow) -> Result<()> {
        self.lists.remove(&(*key, *state));
        Ok(())
    }

    fn merge(&mut self, _: &u32, _: u16, _: &TimeWindow, _: &[TimeWindow]) -> Result<()> {
        unreachable!("these windows do not merge")
    }

    fn close(&mut self, key: &u32, _: u16, window: &TimeWindow, _: &WindowTimers<u32, TimeWindow>) -> Result<()> {
        self.closed(*key, *window);
        Ok(())
    }
}

impl Cells<u32, i64> for Log {
    type Value = Vec<i64>;

    fn first(&mut self, record: &i64) -> Result<Vec<i64>> {
        Ok(vec![*record])
    }

    fn add(&mut self, value: &mut Vec<i64>, record: &i64) -> Result<()> {
        value.push(*record);
        Ok(())
    }

    fn fire(&mut self, window: TimeWindow, held: &Held<u32, Vec<i64>>, clocks: Clocks) -> Result<()> {
        self.fired(held.key, window, &held.value, clocks.watermark, clocks.now);
        Ok(())
    }
}

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

    /// Records around a watermark that advances now and then, some of them late.
    fn program(&mut self, steps: usize) -> Vec<Step> {
        let (mut watermark, mut now) = (-50, -50);
        let mut program = Vec::new();
        for _ in 0..steps {
            program.push(match self.below(12) {
                0 => {
                    watermark += self.below(30) as i64;
                    Step::Watermark(watermark)
                }
                1 => {
                    now += self.below(15) as i64;
                    Step::Time(now)
                }
                _ => Step::Record { key: self.below(4) as u32, timestamp: watermark - 25 + self.below(60) as i64 },
            });
        }
        program.push(Step::Watermark(i64::MAX));
        program
    }
}

/// What the general windows do, with the timers they have behind each step.
fn by_triggers(assigner: TimeAssigner, allowed_lateness: i64, program: &[Step]) -> Vec<String> {
    let trigger = if assigner.event_time { BuiltInTrigger::EventTime } else { BuiltInTrigger::ProcessingTime };
    let mut windows: Windows<u32, i64, TimeWindow, _, _> =
        Windows::new(assigner, trigger, Settings { allowed_lateness });
    let mut log = Log::default();
    windows.timers.now = -50;
    for (at, step) in program.iter().enumerate() {
        match step {
            Step::Record { key, timestamp } => {
                let in_time = windows.add(key, 0, &(at as i64), *timestamp, &mut log).unwrap();
                log.seen.push(format!("{key} at {timestamp} in time: {in_time}"));
            }
            Step::Watermark(watermark) => {
                windows.timers.watermark = *watermark;
                while let Some(fired) = windows.pop(true, *watermark) {
                    windows.fire(&fired, &mut log).unwrap();
                }
            }
            Step::Time(now) => {
                windows.timers.now = *now;
                while let Some(fired) = windows.pop(false, *now) {
                    windows.fire(&fired, &mut log).unwrap();
                }
            }
        }
        let timers = if assigner.event_time { &windows.timers.event } else { &windows.timers.processing };
        let timers: Vec<_> = timers.iter().map(|(time, (key, _), _)| (time, *key)).collect();
        log.seen.push(format!("{timers:?}"));
    }
    log.seen
}

/// The same from windows of time alone.
fn by_time(assigner: TimeAssigner, allowed_lateness: i64, program: &[Step]) -> Vec<String> {
    let mut windows: TimedWindows<u32, Vec<i64>> = TimedWindows::new(assigner, allowed_lateness).unwrap();
    let mut log = Log::default();
    windows.clocks.now = -50;
    for (at, step) in program.iter().enumerate() {
        follow(&mut windows, at, step, &mut log);
    }
    log.seen
}

fn follow(windows: &mut TimedWindows<u32, Vec<i64>>, at: usize, step: &Step, log: &mut Log) {
    match step {
        Step::Record { key, timestamp } => {
            let in_time = windows.add(key, 0, &(at as i64), *timestamp, log).unwrap();
            log.seen.push(format!("{key} at {timestamp} in time: {in_time}"));
        }
        Step::Watermark(watermark) => {
            windows.clocks.watermark = *watermark;
            if windows.is_event_time() {
                advance(windows, *watermark, log);
            }
        }
        Step::Time(now) => {
            windows.clocks.now = *now;
            if !windows.is_event_time() {
                advance(windows, *now, log);
            }
        }
    }
    let timers: Vec<_> = windows.times().into_iter().map(|(time, key)| (time, *key)).collect();
    assert_eq!(windows.next_time(), timers.first().map(|(time, _)| *time));
    log.seen.push(format!("{timers:?}"));
}

fn advance(windows: &mut TimedWindows<u32, Vec<i64>>, until: i64, log: &mut Log) {
    let clocks = windows.clocks;
    while let Some(due) = windows.next(until) {
        if due.fires {
            Cells::fire(log, due.window, due.held, clocks).unwrap();
        }
        if due.closes {
            log.closed(due.held.key, due.window);
        }
    }
}

#[test]
fn they_do_what_triggers_and_timers_do() {
    let tumbling = |size, offset| TimeSpan::Tumbling { size, offset };
    let sliding = |size, slide, offset| TimeSpan::Sliding { size, slide, offset };
    let spans = [
        tumbling(10, 0),
        tumbling(10, 3),
        sliding(12, 4, 0),
        sliding(10, 4, -1),
        // windows with gaps between them
        sliding(4, 10, 0),
        sliding(20, 20, 0),
    ];
    // with 10 and 20, windows are over when others end
    let lateness = [0, 1, 10, 20, 35, i64::MAX];
    let mut random = Random(42);
    for span in spans {
        for event_time in [true, false] {
            for lateness in lateness {
                let assigner = TimeAssigner { span, event_time };
                let program = random.program(400);
                let (expected, seen) =
                    (by_triggers(assigner, lateness, &program), by_time(assigner, lateness, &program));
                for (at, (expected, seen)) in expected.iter().zip(&seen).enumerate() {
                    assert_eq!(seen, expected, "line {at} of {assigner:?}, allowed lateness {lateness}");
                }
                assert_eq!(seen.len(), expected.len());
                assert!(seen.iter().any(|line| line.contains("..")), "no window has fired");
            }
        }
    }
}

#[test]
fn keys_fire_in_the_order_of_their_first_record() {
    let assigner = TimeAssigner { span: TimeSpan::Tumbling { size: 10, offset: 0 }, event_time: true };
    let mut windows: TimedWindows<u32, Vec<i64>> = TimedWindows::new(assigner, 0).unwrap();
    let mut log = Log::default();
    for (key, timestamp) in [(7, 5), (1, 3), (9, 14), (7, 2), (4, 9)] {
        windows.add(&key, 0, &timestamp, timestamp, &mut log).unwrap();
    }
    windows.clocks.watermark = 9;
    advance(&mut windows, 9, &mut log);
    let expected = [
        "7 0..10 [5, 2] at 9 -9223372036854775808",
        "7 0..10 is over",
        "1 0..10 [3] at 9 -9223372036854775808",
        "1 0..10 is over",
        "4 0..10 [9] at 9 -9223372036854775808",
        "4 0..10 is over",
    ];
    assert_eq!(log.seen, expected);
    assert_eq!(windows.iter().map(|(window, held)| (window.start, held.key)).collect::<Vec<_>>(), [(10, 9)]);
}

#[test]
fn windows_at_the_end_of_time() {
    let assigner = TimeAssigner { span: TimeSpan::Tumbling { size: 1_000, offset: 0 }, event_time: true };
    for lateness in [0, 2_000] {
        let mut windows: TimedWindows<u32, Vec<i64>> = TimedWindows::new(assigner, lateness).unwrap();
        let mut log = Log::default();
        assert!(windows.add(&1, 0, &5, i64::MAX - 1_750, &mut log).unwrap());
        windows.clocks.watermark = i64::MAX;
        advance(&mut windows, i64::MAX, &mut log);
        assert_eq!(log.seen.iter().filter(|line| line.contains("[5]")).count(), 1, "{:?}", log.seen);
    }
}
