//! The operator of DataStreams with and without an evictor: assigners, triggers, evictors and functions of Flink's tests.

use serde_json::{Value as Json, json};

use super::super::super::{
    BuiltInEvictor, BuiltInTrigger, Evictor, Merge, Place, TimeAssigner, TimeSpan, TimeWindow, merge_overlapping,
};
use super::super::*;
use super::Outcome;
use super::job::{Emit, Job};

/// The assigners of the traces.
#[derive(Clone)]
pub enum TraceAssigner {
    Time(TimeAssigner),
    /// Sessions whose gap follows from the record.
    Dynamic {
        event_time: bool,
    },
    /// Sessions in which a record of 33 is a point: its window ends where it begins.
    Points {
        size: i64,
    },
}

impl Assigner<String, i64, TimeWindow> for TraceAssigner {
    fn assign(
        &mut self,
        key: (&String, u16),
        value: &i64,
        timestamp: i64,
        now: i64,
        windows: &mut Vec<TimeWindow>,
    ) -> Result<()> {
        let (from, size) = match self {
            TraceAssigner::Time(assigner) => return assigner.assign(key, value, timestamp, now, windows),
            TraceAssigner::Dynamic { event_time } => {
                let gap = match (key.0.as_str(), *value) {
                    ("key1", _) => 3_000,
                    (_, 10) => 1_000,
                    _ => 2_000,
                };
                (if *event_time { timestamp } else { now }, gap)
            }
            TraceAssigner::Points { size } => (timestamp, if *value == 33 { 0 } else { *size }),
        };
        windows.push(TimeWindow::new(from, from + size));
        Ok(())
    }

    fn is_event_time(&self) -> bool {
        match self {
            TraceAssigner::Time(TimeAssigner { event_time, .. }) | TraceAssigner::Dynamic { event_time } => *event_time,
            TraceAssigner::Points { .. } => true,
        }
    }

    fn merges(&self) -> bool {
        match self {
            TraceAssigner::Time(TimeAssigner { span, .. }) => matches!(span, TimeSpan::Session { .. }),
            _ => true,
        }
    }

    fn merge(&mut self, windows: Vec<TimeWindow>) -> Result<Vec<Merge<TimeWindow>>> {
        Ok(merge_overlapping(windows, |window| *window, |window| window))
    }
}

/// What a window function makes of its numbers.
#[derive(Clone, Copy)]
enum Function {
    /// `(key, sum)`.
    Sum,
    /// `(key-sum, start, end)`.
    Session,
    /// Each `(key, number)`.
    Each,
}

/// Numbers with their timestamps, and the function.
pub struct Numbers {
    /// Only their sum is kept.
    reducing: bool,
    function: Function,
    evictor: Option<Evictor>,
    lists: KeyedTable<(String, TimeWindow), Vec<(i64, i64)>>,
    output: Vec<Json>,
}

impl Emit<TimeWindow> for Numbers {
    fn part(&self, keep: impl Fn(u16) -> bool) -> Self {
        let mut lists = KeyedTable::default();
        for (group, key, list) in self.lists.iter().filter(|(group, ..)| keep(*group)) {
            lists.insert(group, key.clone(), list.clone());
        }
        Numbers { lists, output: Vec::new(), ..*self }
    }

    fn output(&mut self) -> &mut Vec<Json> {
        &mut self.output
    }
}

impl Numbers {
    fn evict(evictor: Option<Evictor>, after: bool, list: &mut Vec<(i64, i64)>) -> Result<()> {
        let Some(evictor) = evictor.filter(|evictor| evictor.after == after) else { return Ok(()) };
        let times: Vec<i64> = list.iter().map(|(_, time)| *time).collect();
        let last = list.last().map_or(0, |(value, _)| *value);
        let mut evicted = evictor.rule.evicted(&times, |index| Ok((last - list[index].0) as f64))?.into_iter();
        list.retain(|_| !evicted.next().unwrap_or(false));
        Ok(())
    }

    fn push(&mut self, key: &String, group: u16, state: &TimeWindow, records: Vec<(i64, i64)>) {
        let place = Place(key, state);
        if self.lists.get(group, &place).is_none() {
            self.lists.insert(group, (key.clone(), *state), Vec::new());
        }
        let Some(list) = self.lists.get_mut(group, &place) else { return };
        list.extend(records);
        if self.reducing {
            *list = vec![(list.iter().map(|(value, _)| value).sum(), 0)];
        }
    }
}

impl Contents<String, i64, TimeWindow> for Numbers {
    fn add(&mut self, key: &String, group: u16, state: &TimeWindow, value: &i64, timestamp: i64) -> Result<()> {
        self.push(key, group, state, vec![(*value, timestamp)]);
        Ok(())
    }

    fn fire(
        &mut self,
        key: &String,
        group: u16,
        state: &TimeWindow,
        window: &TimeWindow,
        _: &WindowTimers<String, TimeWindow>,
    ) -> Result<()> {
        let Some(list) = self.lists.get_mut(group, &Place(key, state)) else { return Ok(()) };
        Self::evict(self.evictor, false, list)?;
        let sum: i64 = list.iter().map(|(value, _)| value).sum();
        let values = match self.function {
            Function::Session => vec![json!([format!("{key}-{sum}"), window.start, window.end])],
            Function::Each => list.iter().map(|(value, _)| json!([key, value])).collect(),
            Function::Sum => vec![json!([key, sum])],
        };
        let at = window.max_timestamp();
        self.output.extend(values.into_iter().map(|value| json!({"value": value, "ts": at})));
        Self::evict(self.evictor, true, list)?;
        if list.is_empty() {
            self.lists.remove(group, &Place(key, state));
        }
        Ok(())
    }

    fn purge(&mut self, key: &String, group: u16, state: &TimeWindow) -> Result<()> {
        self.lists.remove(group, &Place(key, state));
        Ok(())
    }

    fn merge(&mut self, key: &String, group: u16, state: &TimeWindow, others: &[TimeWindow]) -> Result<()> {
        for other in others {
            if let Some(list) = self.lists.remove(group, &Place(key, other)) {
                self.push(key, group, state, list);
            }
        }
        Ok(())
    }

    fn close(&mut self, _: &String, _: u16, _: &TimeWindow, _: &WindowTimers<String, TimeWindow>) -> Result<()> {
        Ok(())
    }
}

/// A constant of Flink's tests, as their expected output shows it.
fn constant(name: &str) -> Option<i64> {
    Some(match name {
        "sessionSize" | "gapSize" => 3,
        "windowSize" => 4,
        "windowSlide" | "triggerCount" | "threshold" => 2,
        _ => return None,
    })
}

/// A number or a duration as the traces write it: `3000 ms`, `Time.seconds(2)`, `3000`, `windowSize`.
fn amount(text: &str) -> Outcome<i64> {
    let inner = text.rsplit('(').next().unwrap_or(text).trim_end_matches(')').trim_end_matches(" ms");
    // a window that is said in milliseconds is one of a second
    let known = if text == "Time.milliseconds(windowSize)" { Some(1_000) } else { constant(inner) };
    let number = known.or_else(|| inner.trim_end_matches('L').parse().ok());
    let number = number.ok_or_else(|| format!("no such number: {text}"))?;
    Ok(if text.contains("econds(") && !text.contains("illi") { number * 1_000 } else { number })
}

fn assigner(operator: &Json) -> Outcome<TraceAssigner> {
    let parts: Vec<&str> =
        operator["assigner"].as_array().into_iter().flatten().map(|part| part.as_str().unwrap_or_default()).collect();
    let time = |at: usize| amount(parts.get(at).ok_or_else(|| format!("{parts:?} lacks a duration"))?);
    let offset = |at: usize| if parts.len() > at { time(at) } else { Ok(0) };
    let of = |span, event_time| Ok(TraceAssigner::Time(TimeAssigner { span, event_time }));
    let name = parts.first().map_or("GlobalWindows", |name| name.split('.').next().unwrap_or(name));
    let event_time = name.contains("EventTime");
    match name {
        "TumblingEventTimeWindows" | "TumblingProcessingTimeWindows" => {
            of(TimeSpan::Tumbling { size: time(1)?, offset: offset(2)? }, event_time)
        }
        "SlidingEventTimeWindows" | "SlidingProcessingTimeWindows" => {
            of(TimeSpan::Sliding { size: time(1)?, slide: time(2)?, offset: offset(3)? }, event_time)
        }
        "EventTimeSessionWindows" | "ProcessingTimeSessionWindows" => {
            of(TimeSpan::Session { gap: time(1)? }, event_time)
        }
        "DynamicEventTimeSessionWindows" | "DynamicProcessingTimeSessionWindows" => {
            Ok(TraceAssigner::Dynamic { event_time })
        }
        "PointSessionWindows" => Ok(TraceAssigner::Points { size: time(1)? }),
        "GlobalWindows" => of(TimeSpan::Global, true),
        other => Err(format!("no such assigner: {other}")),
    }
}

fn trigger(text: &str) -> Outcome<BuiltInTrigger> {
    if let Some(nested) = text.strip_prefix("PurgingTrigger.of(").and_then(|nested| nested.strip_suffix(')')) {
        return Ok(BuiltInTrigger::Purging(Box::new(trigger(nested)?)));
    }
    let (name, argument) = text.split_once('.').unwrap_or((text, ""));
    Ok(match name {
        // that of windows which end with the stream fires when the watermark has passed them too
        "EventTimeTrigger" | "EndOfStreamTrigger" => BuiltInTrigger::EventTime,
        "ProcessingTimeTrigger" => BuiltInTrigger::ProcessingTime,
        "CountTrigger" => BuiltInTrigger::Count(amount(argument)? as u64),
        "ContinuousEventTimeTrigger" => BuiltInTrigger::ContinuousEventTime(amount(argument)?),
        "ContinuousProcessingTimeTrigger" => BuiltInTrigger::ContinuousProcessingTime(amount(argument)?),
        "NeverTrigger" => BuiltInTrigger::Never,
        other => return Err(format!("no such trigger: {other}")),
    })
}

/// `CountEvictor.of(windowSize,evictAfter)`, where the test's name says when.
fn evictor(text: &str, test: &str) -> Outcome<Evictor> {
    let (name, arguments) = text.split_once(".of(").unwrap_or((text.split('.').next().unwrap_or(text), ""));
    let arguments = arguments.strip_suffix(')').unwrap_or(arguments);
    let last = arguments.rsplit(',').next().unwrap_or_default();
    let after = match last {
        "evictAfter" => !test.contains("EvictBefore"),
        other => other == "true",
    };
    let first = arguments.split(',').next().unwrap_or_default();
    let rule = match name {
        "CountEvictor" => BuiltInEvictor::Count(amount(first)? as usize),
        "TimeEvictor" => BuiltInEvictor::Time(amount(first)?),
        // the one distance of the tests is how much larger the last number is
        "DeltaEvictor" if arguments.contains("newDataPoint.f1-oldDataPoint.f1") => {
            BuiltInEvictor::Delta(amount(first)? as f64)
        }
        "DeltaEvictor" => return Err(format!("no such distance: {arguments}")),
        other => return Err(format!("no such evictor: {other}")),
    };
    Ok(Evictor { rule, after })
}

fn function(operator: &Json) -> Outcome<Function> {
    let mut found = Function::Sum;
    for name in operator["function"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        match name {
            "SessionWindowFunction"
            | "ReducedSessionWindowFunction"
            | "SessionProcessWindowFunction"
            | "ReducedProcessSessionWindowFunction" => found = Function::Session,
            "PassThroughFunction" => found = Function::Each,
            "InternalIterableWindowFunction"
            | "InternalIterableProcessWindowFunction"
            | "InternalSingleValueWindowFunction"
            | "InternalSingleValueProcessWindowFunction"
            | "PassThroughWindowFunction"
            | "ReduceApplyWindowFunction"
            | "SumReducer"
            | "RichSumReducer" => {}
            other => return Err(format!("no such function: {other}")),
        }
    }
    Ok(found)
}

/// The operator of a trace.
pub fn subject(trace: &Json) -> Outcome<Job<TimeWindow, TraceAssigner, BuiltInTrigger, Numbers>> {
    let operator = &trace["operator"];
    let assigner = assigner(operator)?;
    let trigger = match (operator["trigger"].as_str(), assigner.is_event_time()) {
        (Some(text), _) => trigger(text)?,
        (None, true) => BuiltInTrigger::EventTime,
        (None, false) => BuiltInTrigger::ProcessingTime,
    };
    let evictor = operator["evictor"].as_str();
    let evictor = evictor.map(|text| evictor_of(text, trace)).transpose()?;
    let numbers = Numbers {
        reducing: operator["state"] == "reducing",
        function: function(operator)?,
        evictor,
        lists: KeyedTable::default(),
        output: Vec::new(),
    };
    let settings = Settings { allowed_lateness: operator["allowed_lateness"].as_i64().unwrap_or(0) };
    Ok(Job::new(assigner, trigger, settings, numbers, operator["late_tag"] == true))
}

fn evictor_of(text: &str, trace: &Json) -> Outcome<Evictor> {
    evictor(text, trace["test"].as_str().unwrap_or_default())
}
