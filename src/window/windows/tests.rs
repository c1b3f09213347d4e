//! Flink's operator tests as data: inputs, watermarks, and what must come out. `FLOTT_WINDOW_TRACES` names another
//! file of the same form.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::super::{BuiltInTrigger, Merge, TimeAssigner, TimeSpan, TimeWindow, merge_overlapping};
use super::*;

const TRACES: &str = include_str!("../traces.json");

/// The assigners of the traces.
enum TraceAssigner {
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

/// Lists of numbers, and what the functions of the traces make of them.
#[derive(Default)]
struct Numbers {
    lists: HashMap<(String, TimeWindow), Vec<i64>>,
    sessions: bool,
    one_by_one: bool,
    output: Vec<Json>,
}

impl Contents<String, i64, TimeWindow> for Numbers {
    fn add(&mut self, key: &String, _: u16, state: &TimeWindow, value: &i64, _: i64) -> Result<()> {
        self.lists.entry((key.clone(), *state)).or_default().push(*value);
        Ok(())
    }

    fn fire(
        &mut self,
        key: &String,
        _: u16,
        state: &TimeWindow,
        window: &TimeWindow,
        _: &WindowTimers<String, TimeWindow>,
    ) -> Result<()> {
        let Some(list) = self.lists.get(&(key.clone(), *state)) else { return Ok(()) };
        let sum: i64 = list.iter().sum();
        let values = match (self.sessions, self.one_by_one) {
            (true, _) => vec![serde_json::json!([format!("{key}-{sum}"), window.start, window.end])],
            (_, true) => list.iter().map(|number| serde_json::json!([key, number])).collect(),
            _ => vec![serde_json::json!([key, sum])],
        };
        let at = window.max_timestamp();
        self.output.extend(values.into_iter().map(|value| serde_json::json!({"value": value, "ts": at})));
        Ok(())
    }

    fn purge(&mut self, key: &String, _: u16, state: &TimeWindow) -> Result<()> {
        self.lists.remove(&(key.clone(), *state));
        Ok(())
    }

    fn merge(&mut self, key: &String, _: u16, state: &TimeWindow, others: &[TimeWindow]) -> Result<()> {
        for other in others {
            let list = self.lists.remove(&(key.clone(), *other)).unwrap_or_default();
            self.lists.entry((key.clone(), *state)).or_default().extend(list);
        }
        Ok(())
    }

    fn close(&mut self, _: &String, _: u16, _: &TimeWindow, _: &WindowTimers<String, TimeWindow>) -> Result<()> {
        Ok(())
    }
}

/// A duration as the traces write it: `3000 ms`, `Time.seconds(2)`, `3000`.
fn millis(text: &str, constants: &HashMap<&str, i64>) -> i64 {
    let inner = text.rsplit('(').next().unwrap_or(text).trim_end_matches(')').trim_end_matches(" ms");
    let number = constants.get(inner).copied().or_else(|| inner.parse().ok());
    let number = number.unwrap_or_else(|| panic!("'{text}' is no duration"));
    if text.contains("seconds(") { number * 1_000 } else { number }
}

fn assigner(operator: &Json, constants: &HashMap<&str, i64>) -> TraceAssigner {
    let parts: Vec<&str> = operator["assigner"]
        .as_array()
        .map_or(vec![], |parts| parts.iter().map(|part| part.as_str().unwrap()).collect());
    let time = |at: usize| millis(parts[at], constants);
    let of = |span, event_time| TraceAssigner::Time(TimeAssigner { span, event_time });
    let name = parts.first().map_or("GlobalWindows", |name| name.split('.').next().unwrap());
    let event_time = name.contains("EventTime");
    match name {
        "TumblingEventTimeWindows" | "TumblingProcessingTimeWindows" => {
            of(TimeSpan::Tumbling { size: time(1), offset: 0 }, event_time)
        }
        "SlidingEventTimeWindows" | "SlidingProcessingTimeWindows" => {
            of(TimeSpan::Sliding { size: time(1), slide: time(2), offset: 0 }, event_time)
        }
        "EventTimeSessionWindows" | "ProcessingTimeSessionWindows" => {
            of(TimeSpan::Session { gap: time(1) }, event_time)
        }
        "DynamicEventTimeSessionWindows" | "DynamicProcessingTimeSessionWindows" => {
            TraceAssigner::Dynamic { event_time }
        }
        "PointSessionWindows" => TraceAssigner::Points { size: time(1) },
        "GlobalWindows" => of(TimeSpan::Global, true),
        other => panic!("no such assigner: {other}"),
    }
}

fn trigger(text: &str, constants: &HashMap<&str, i64>) -> BuiltInTrigger {
    if let Some(nested) = text.strip_prefix("PurgingTrigger.of(") {
        return BuiltInTrigger::Purging(Box::new(trigger(nested.strip_suffix(')').unwrap(), constants)));
    }
    let (name, argument) = text.split_once('.').unwrap();
    match name {
        "EventTimeTrigger" => BuiltInTrigger::EventTime,
        "ProcessingTimeTrigger" => BuiltInTrigger::ProcessingTime,
        "CountTrigger" => BuiltInTrigger::Count(millis(argument, constants) as u64),
        "ContinuousEventTimeTrigger" => BuiltInTrigger::ContinuousEventTime(millis(argument, constants)),
        "ContinuousProcessingTimeTrigger" => BuiltInTrigger::ContinuousProcessingTime(millis(argument, constants)),
        other => panic!("no such trigger: {other}"),
    }
}

/// Runs one trace; says what differs.
fn run(trace: &Json) -> std::result::Result<(), String> {
    // constants of Flink's tests, as their expected output shows
    let constants = HashMap::from([("sessionSize", 3), ("gapSize", 3), ("windowSize", 4)]);
    let operator = &trace["operator"];
    let functions: Vec<&str> = operator["function"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    let settings = Settings { allowed_lateness: operator["allowed_lateness"].as_i64().unwrap_or(0) };
    let overflow = trace["test"] == "testCleanupTimeOverflow";
    let assigner = match overflow {
        true => {
            TraceAssigner::Time(TimeAssigner { span: TimeSpan::Tumbling { size: 1_000, offset: 0 }, event_time: true })
        }
        false => assigner(operator, &constants),
    };
    // windows without a trigger end with the stream
    let trigger = operator["trigger"].as_str().map_or(BuiltInTrigger::EventTime, |text| trigger(text, &constants));
    let mut windows: Windows<String, i64, TimeWindow, _, _> = Windows::new(assigner, trigger, settings);
    let mut numbers = Numbers {
        sessions: functions.iter().any(|name| name.contains("Session")),
        one_by_one: functions.contains(&"PassThroughFunction"),
        ..Numbers::default()
    };
    let (mut expected, mut late) = (Vec::new(), Vec::new());
    let number = |json: &Json| match json.as_str() {
        None => json.as_i64().unwrap_or(i64::MIN),
        // of the record's window in the one trace that says so
        Some("window.maxTimestamp()") => TimeWindow::tumbling(i64::MAX - 1_750, 0, 1_000).max_timestamp(),
        Some(_) => i64::MAX,
    };
    windows.timers.now = 0;
    for event in trace["trace"].as_array().unwrap() {
        let input = &event["in"];
        if let Some(value) = input["value"].as_array() {
            let (key, value, at) =
                (value[0].as_str().unwrap().to_owned(), value[1].as_i64().unwrap(), number(&input["ts"]));
            if !windows.add(&key, 0, &value, at, &mut numbers).map_err(|error| error.to_string())? {
                late.push(serde_json::json!({"value": [key, value], "ts": at}));
            }
        } else if !input["watermark"].is_null() || !input["raw"].is_null() {
            let watermark = if input["raw"].is_null() { number(&input["watermark"]) } else { i64::MAX };
            windows.timers.watermark = watermark;
            while let Some(fired) = windows.pop(true, watermark) {
                windows.fire(&fired, &mut numbers).map_err(|error| error.to_string())?;
            }
        } else if let Some(now) = event["processing_time"].as_i64() {
            windows.timers.now = now;
            while let Some(fired) = windows.pop(false, now) {
                windows.fire(&fired, &mut numbers).map_err(|error| error.to_string())?;
            }
        } else if !event["expect"].is_null() {
            let expect = &event["expect"];
            if !expect["value"].is_null() {
                let at = number(&expect["ts"]);
                expected.push(serde_json::json!({"value": expect["value"], "ts": at}));
            }
        } else if event["expect_clear"] == true {
            expected.clear();
            numbers.output.clear();
        } else if event["check"] == "main" {
            // late records stand among the expected ones where the trace has a side output
            let mut all = numbers.output.clone();
            all.extend(late.clone());
            let sorted = |list: &[Json]| {
                let mut texts: Vec<String> = list.iter().map(Json::to_string).collect();
                texts.sort();
                texts
            };
            if sorted(&all) != sorted(&expected) {
                return Err(format!("got\n  {}\nnot\n  {}", sorted(&all).join("\n  "), sorted(&expected).join("\n  ")));
            }
        }
    }
    Ok(())
}

#[test]
fn windows_do_what_flinks_do() {
    let text = match std::env::var("FLOTT_WINDOW_TRACES") {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => TRACES.to_owned(),
    };
    let groups: Json = serde_json::from_str(&text).unwrap();
    let mut failed = Vec::new();
    for trace in groups["datastream:WindowOperatorTest"].as_array().unwrap() {
        if let Err(difference) = run(trace) {
            failed.push(format!("{}: {difference}", trace["test"]));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
