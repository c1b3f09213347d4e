//! The operator of Flink SQL's group windows: a sum and a count for each window, and a log of their changes.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::super::super::{BuiltInTrigger, Merge, Place, TimeAssigner, TimeSpan, TimeWindow, merge_overlapping};
use super::super::*;
use super::Outcome;
use super::job::{Emit, Job};

#[derive(Clone, PartialEq, Eq, Hash)]
pub enum TableWindow {
    Time(TimeWindow),
    Count(i64),
}

impl Window for TableWindow {
    fn max_timestamp(&self) -> i64 {
        match self {
            TableWindow::Time(window) => window.max_timestamp(),
            TableWindow::Count(_) => i64::MAX,
        }
    }
}

#[derive(Clone)]
pub enum Span {
    Time(TimeSpan),
    /// Windows that begin together and end one step after the other.
    Cumulative {
        longest: i64,
        step: i64,
    },
    /// Sessions in which a record of 33 is a point.
    Points {
        gap: i64,
    },
}

#[derive(Clone)]
pub enum TableAssigner {
    Time { span: Span, event_time: bool },
    Count { size: i64, slide: i64, counts: HashMap<String, i64> },
}

impl Assigner<String, i64, TableWindow> for TableAssigner {
    fn assign(
        &mut self,
        (key, _): (&String, u16),
        value: &i64,
        timestamp: i64,
        now: i64,
        windows: &mut Vec<TableWindow>,
    ) -> Result<()> {
        match self {
            TableAssigner::Time { span, event_time } => {
                let moment = if *event_time { timestamp } else { now };
                let mut add = |window| windows.push(TableWindow::Time(window));
                match span {
                    Span::Time(span) => {
                        let assigner = TimeAssigner { span: *span, event_time: *event_time };
                        span.windows(assigner.moment(timestamp, now)?, add);
                    }
                    Span::Cumulative { longest, step } => {
                        let whole = TimeWindow::tumbling(moment, 0, *longest);
                        let mut end = TimeWindow::tumbling(moment, 0, *step).end;
                        while end <= whole.end {
                            add(TimeWindow::new(whole.start, end));
                            end += *step;
                        }
                    }
                    Span::Points { gap } => add(TimeWindow::new(moment, moment + if *value == 33 { 0 } else { *gap })),
                }
            }
            TableAssigner::Count { size, slide, counts } => {
                let count = counts.entry(key.clone()).or_default();
                let ids = (0..=*count / *slide).filter(|id| id * *slide + *size > *count);
                windows.extend(ids.map(TableWindow::Count));
                *count += 1;
            }
        }
        Ok(())
    }

    fn is_event_time(&self) -> bool {
        matches!(self, TableAssigner::Time { event_time: true, .. })
    }

    fn merges(&self) -> bool {
        let sessions = |span: &Span| matches!(span, Span::Time(TimeSpan::Session { .. }) | Span::Points { .. });
        matches!(self, TableAssigner::Time { span, .. } if sessions(span))
    }

    fn merge(&mut self, windows: Vec<TableWindow>) -> Result<Vec<Merge<TableWindow>>> {
        let span = |window: &TableWindow| match window {
            TableWindow::Time(window) => *window,
            TableWindow::Count(_) => TimeWindow::GLOBAL,
        };
        Ok(merge_overlapping(windows, span, TableWindow::Time))
    }
}

/// When a window emits.
#[derive(Clone)]
pub struct TableTrigger {
    then: BuiltInTrigger,
    /// Also before its end: every so many ms of processing time from its first record on.
    early: Option<i64>,
    next: HashMap<(String, TableWindow), i64>,
}

type Context<'a> = TriggerContext<'a, String, TableWindow>;

impl TableTrigger {
    fn schedule(&mut self, context: &mut Context<'_>, interval: i64) {
        let next = context.timers.now + interval;
        self.next.insert((context.key.clone(), context.window.clone()), next);
        context.register(false, next);
    }
}

impl Trigger<String, i64, TableWindow> for TableTrigger {
    fn on_element(&mut self, value: &i64, timestamp: i64, context: &mut Context<'_>) -> Result<Decision> {
        let decision = self.then.on_element(value, timestamp, context)?;
        let known = self.next.contains_key(&(context.key.clone(), context.window.clone()));
        if let (Some(interval), false, false) = (self.early, decision.fire, known) {
            self.schedule(context, interval);
        }
        Ok(decision)
    }

    fn on_event_time(&mut self, time: i64, context: &mut Context<'_>) -> Result<Decision> {
        Trigger::<String, i64, TableWindow>::on_event_time(&mut self.then, time, context)
    }

    fn on_processing_time(&mut self, time: i64, context: &mut Context<'_>) -> Result<Decision> {
        let next = self.next.get(&(context.key.clone(), context.window.clone()));
        match self.early {
            Some(interval) if next == Some(&time) => {
                // from its own time, as the clock may have jumped
                let next = time + interval;
                self.next.insert((context.key.clone(), context.window.clone()), next);
                context.register(false, next);
                Ok(Decision::FIRE)
            }
            _ => Trigger::<String, i64, TableWindow>::on_processing_time(&mut self.then, time, context),
        }
    }

    fn on_merge(&mut self, merged: &[TableWindow], context: &mut Context<'_>) -> Result<()> {
        Trigger::<String, i64, TableWindow>::on_merge(&mut self.then, merged, context)
    }

    fn clear(&mut self, context: &mut Context<'_>) -> Result<()> {
        if let Some(next) = self.next.remove(&(context.key.clone(), context.window.clone())) {
            context.delete(false, next);
        }
        Trigger::<String, i64, TableWindow>::clear(&mut self.then, context)
    }
}

/// Sum and count of a window, and those that it has emitted last.
#[derive(Clone, Copy, Default)]
struct Totals {
    sum: i64,
    count: i64,
    emitted: Option<(i64, i64)>,
}

/// One row a window.
pub struct Rows {
    /// Whether a window that emits again takes back what it said before.
    updates: bool,
    totals: KeyedTable<(String, TableWindow), Totals>,
    output: Vec<Json>,
}

impl Emit<TableWindow> for Rows {
    fn part(&self, keep: impl Fn(u16) -> bool) -> Self {
        let mut totals = KeyedTable::default();
        for (group, key, own) in self.totals.iter().filter(|(group, ..)| keep(*group)) {
            totals.insert(group, key.clone(), *own);
        }
        Rows { updates: self.updates, totals, output: Vec::new() }
    }

    fn output(&mut self) -> &mut Vec<Json> {
        &mut self.output
    }
}

impl Rows {
    fn change(&mut self, key: &String, group: u16, state: &TableWindow, change: impl FnOnce(&mut Totals)) {
        let place = Place(key, state);
        let mut totals = self.totals.get(group, &place).copied().unwrap_or_default();
        change(&mut totals);
        self.totals.insert(group, (key.clone(), state.clone()), totals);
    }
}

impl Contents<String, i64, TableWindow> for Rows {
    fn add(&mut self, key: &String, group: u16, state: &TableWindow, value: &i64, _: i64) -> Result<()> {
        self.change(key, group, state, |totals| (totals.sum, totals.count) = (totals.sum + value, totals.count + 1));
        Ok(())
    }

    fn fire(
        &mut self,
        key: &String,
        group: u16,
        state: &TableWindow,
        window: &TableWindow,
        _: &WindowTimers<String, TableWindow>,
    ) -> Result<()> {
        let Some(totals) = self.totals.get_mut(group, &Place(key, state)) else { return Ok(()) };
        let now = (totals.sum, totals.count);
        let changes: &[_] = match totals.emitted {
            Some(before) if self.updates && before == now => &[],
            Some(before) if self.updates => &[("updateBeforeRecord", before), ("updateAfterRecord", now)],
            _ => &[("insertRecord", now)],
        };
        totals.emitted = Some(now);
        let rows = changes.iter().map(|(call, (sum, count))| match window {
            TableWindow::Time(window) => row(call, key, *sum, *count, &[window.start, window.end, window.end - 1]),
            TableWindow::Count(id) => row(call, key, *sum, *count, &[*id]),
        });
        self.output.extend(rows);
        Ok(())
    }

    fn purge(&mut self, key: &String, group: u16, state: &TableWindow) -> Result<()> {
        self.totals.remove(group, &Place(key, state));
        Ok(())
    }

    fn merge(&mut self, key: &String, group: u16, state: &TableWindow, others: &[TableWindow]) -> Result<()> {
        for other in others {
            if let Some(part) = self.totals.remove(group, &Place(key, other)) {
                let add = |totals: &mut Totals| {
                    (totals.sum, totals.count) = (totals.sum + part.sum, totals.count + part.count);
                };
                self.change(key, group, state, add);
            }
        }
        Ok(())
    }

    fn close(&mut self, _: &String, _: u16, _: &TableWindow, _: &WindowTimers<String, TableWindow>) -> Result<()> {
        Ok(())
    }
}

fn row(call: &str, key: &str, sum: i64, count: i64, window: &[i64]) -> Json {
    let mut arguments = vec![json!(key), json!(sum), json!(count)];
    arguments.extend(window.iter().map(|part| json!(part)));
    json!({"call": call, "args": arguments})
}

/// The operator of a test. The data says nothing of it, so it follows from the name: the kind of windows, in the sizes
/// that this class of tests uses throughout.
pub fn subject(test: &str) -> Outcome<Job<TableWindow, TableAssigner, TableTrigger, Rows>> {
    let has = |part: &str| test.contains(part);
    let second = if has("CleanupTimeOverflow") { 1_000 } else { 2_000 };
    let time = |span| TableAssigner::Time { span, event_time: !has("ProcessingTime") };
    let count = |size, slide| TableAssigner::Count { size, slide, counts: HashMap::new() };
    let (assigner, every) = match () {
        () if has("TumblingCountWindow") => (count(3, 3), 3),
        () if has("SlidingCountWindow") => (count(5, 3), 5),
        () if has("CumulativeWindows") => (time(Span::Cumulative { longest: 3_000, step: 1_000 }), 0),
        () if has("SlidingWindows") => {
            (time(Span::Time(TimeSpan::Sliding { size: 3_000, slide: 1_000, offset: 0 })), 0)
        }
        () if has("SessionWindows") => (time(Span::Time(TimeSpan::Session { gap: 3_000 })), 0),
        () if has("PointSessions") => (time(Span::Points { gap: 3_000 }), 0),
        () if has("testLateness") || has("CleanupTime") => {
            (time(Span::Time(TimeSpan::Tumbling { size: second, offset: 0 })), 0)
        }
        () if has("TumblingWindows") || has("WindowCloseWithoutOpen") => {
            (time(Span::Time(TimeSpan::Tumbling { size: 3_000, offset: 0 })), 0)
        }
        () => return Err(format!("no operator is known for the test '{test}'")),
    };
    let allowed_lateness = match () {
        () if has("LateArrival") || has("testLateness") => 500,
        () if has("LateFiring") => 3_000,
        () if has("CleanupTimeOverflow") => 2_000,
        () if has("CleanupTimer") => 1,
        () => 0,
    };
    let early = has("EarlyFiring") || has("EarlyAndLateFiring");
    let then = match () {
        () if every > 0 => BuiltInTrigger::Count(every),
        () if assigner.is_event_time() => BuiltInTrigger::EventTime,
        () => BuiltInTrigger::ProcessingTime,
    };
    let trigger = TableTrigger { then, early: early.then_some(1_000), next: HashMap::new() };
    let updates = early || allowed_lateness > 0;
    let rows = Rows { updates, totals: KeyedTable::default(), output: Vec::new() };
    Ok(Job::new(assigner, trigger, Settings { allowed_lateness }, rows, false))
}

/// What is expected at each check beside what the data says, for tests whose rows are not in it. By hand.
pub fn added(test: &str) -> Vec<Vec<Json>> {
    let row = |key: &str, total: i64, start: i64, end: i64| {
        self::row("insertRecord", key, total, total, &[start, end, end - 1])
    };
    let count = |key: &str, sum: i64, size: i64, id: i64| self::row("insertRecord", key, sum, size, &[id]);
    match test {
        // all records are ones; key2 at 3, twice at 1000; key1 twice at 2000, three times at 3000
        "testProcessingTimeSlidingWindows" => vec![
            vec![row("key2", 1, -2_000, 1_000)],
            vec![row("key2", 3, -1_000, 2_000)],
            vec![row("key2", 3, 0, 3_000), row("key1", 2, 0, 3_000)],
            vec![
                row("key2", 2, 1_000, 4_000),
                row("key1", 5, 1_000, 4_000),
                row("key1", 5, 2_000, 5_000),
                row("key1", 3, 3_000, 6_000),
            ],
        ],
        // key1 at 0, 20, 999; key2 at 1000, 1998, 1999, 2999, 3000
        "testEventTimeCumulativeWindows" => vec![
            vec![row("key1", 3, 0, 1_000)],
            vec![row("key1", 3, 0, 2_000), row("key2", 3, 0, 2_000)],
            vec![row("key1", 3, 0, 3_000), row("key2", 4, 0, 3_000)],
            vec![row("key2", 1, 3_000, 4_000)],
            vec![row("key2", 1, 3_000, 5_000)],
            vec![row("key2", 1, 3_000, 6_000)],
        ],
        // key1 at 0, 20, 999; key2 at 1000, 1998, 1999, 3000, 3999; the checks are at 999, 1999, 2999 and so on
        "testEventTimeTumblingWindows" => vec![
            vec![],
            vec![],
            vec![row("key1", 3, 0, 3_000), row("key2", 3, 0, 3_000)],
            vec![],
            vec![],
            vec![row("key2", 2, 3_000, 6_000)],
        ],
        // at 3, and at 5000
        "testProcessingTimeTumblingWindows" => {
            vec![vec![row("key2", 3, 0, 3_000), row("key1", 2, 0, 3_000)], vec![row("key1", 3, 3_000, 6_000)]]
        }
        // key2 at 3 and 1000; both keys at 5000
        "testProcessingTimeSessionWindows" => {
            vec![vec![row("key2", 2, 3, 4_000)], vec![row("key2", 2, 5_000, 8_000), row("key1", 3, 5_000, 8_000)]]
        }
        // key2: 1 + 2 + 3, 4 + 5 + 5, 6 + 10 + 20; key1: 1 + 2 + 2, 3 + 2 + 2
        "testTumblingCountWindow" => vec![
            vec![count("key2", 6, 3, 0)],
            vec![count("key1", 5, 3, 0)],
            vec![count("key2", 14, 3, 1)],
            vec![count("key2", 36, 3, 2)],
            vec![count("key1", 7, 3, 1)],
        ],
        // the numbers from 1 on: 1 to 5, 4 to 8, 7 to 11
        "testSlidingCountWindow" => vec![
            vec![count("key2", 15, 5, 0)],
            vec![count("key1", 15, 5, 0)],
            vec![count("key2", 30, 5, 1)],
            vec![count("key1", 30, 5, 1), count("key2", 45, 5, 2)],
        ],
        _ => vec![],
    }
}
