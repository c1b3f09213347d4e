//! Flink's operator tests as data: inputs, watermarks, and what must come out. `FLOTT_WINDOW_TRACES` names another
//! file of the same form.

mod job;
mod stream;
mod table;

use serde_json::{Value as Json, json};

use super::*;
use crate::batch::NO_TIMESTAMP;
use job::{Emit, Job};

const TRACES: &str = include_str!("../traces.json");

type Outcome<T> = std::result::Result<T, String>;

/// What a trace is run on: an operator of Flink's DataStream API or of its tables.
trait Subject {
    fn insert(&mut self, key: &str, value: i64, timestamp: i64) -> Outcome<()>;
    fn watermark(&mut self, watermark: i64) -> Outcome<()>;
    fn processing_time(&mut self, now: i64) -> Outcome<()>;
    fn snapshot(&mut self);
    /// Starts again from the last snapshot; `split` in two subtasks.
    fn restore(&mut self, split: bool);
    /// All output since the last call, without watermarks.
    fn take(&mut self) -> Vec<Json>;
    /// The end of the window of the first record.
    fn first_window_end(&self) -> i64;
}

impl<W, A, T, C> Subject for Job<W, A, T, C>
where
    W: Window,
    A: Assigner<String, i64, W> + Clone,
    T: Trigger<String, i64, W> + Clone,
    C: Contents<String, i64, W> + Emit<W>,
{
    fn insert(&mut self, key: &str, value: i64, timestamp: i64) -> Outcome<()> {
        Job::insert(self, key, value, timestamp).map_err(|error| error.to_string())
    }

    fn watermark(&mut self, watermark: i64) -> Outcome<()> {
        Job::watermark(self, watermark).map_err(|error| error.to_string())
    }

    fn processing_time(&mut self, now: i64) -> Outcome<()> {
        Job::processing_time(self, now).map_err(|error| error.to_string())
    }

    fn snapshot(&mut self) {
        Job::snapshot(self);
    }

    fn restore(&mut self, split: bool) {
        Job::restore(self, split);
    }

    fn take(&mut self) -> Vec<Json> {
        Job::take(self)
    }

    fn first_window_end(&self) -> i64 {
        self.first_window_end
    }
}

/// A number as the traces write it.
fn number(json: &Json, subject: &dyn Subject) -> Outcome<i64> {
    match json {
        Json::Null => Ok(NO_TIMESTAMP),
        Json::String(text) => match text.strip_prefix("localMills(").and_then(|text| text.strip_suffix(')')) {
            Some(inner) => inner.trim_end_matches('L').parse().map_err(|_| format!("'{text}' is no number known here")),
            None if text == "window.maxTimestamp()" => Ok(subject.first_window_end()),
            None if text == "Watermark.MAX_WATERMARK" || text == "Long.MAX_VALUE" => Ok(i64::MAX),
            None => Err(format!("'{text}' is no number known here")),
        },
        other => other.as_i64().ok_or_else(|| format!("{other} is no number")),
    }
}

/// The watermark of an entry, if it is one.
fn watermark(entry: &Json, subject: &dyn Subject) -> Outcome<Option<i64>> {
    let watermark = if entry["raw"].is_null() { &entry["watermark"] } else { &entry["raw"] };
    if watermark.is_null() { Ok(None) } else { number(watermark, subject).map(Some) }
}

/// Key, value and timestamp of a record.
fn record(input: &Json, subject: &dyn Subject) -> Outcome<(String, i64, i64)> {
    let parts = match (&input["value"], input["call"].as_str()) {
        (Json::Array(pair), _) => [&pair[0], &pair[1], &input["ts"]],
        (_, Some("insertRecord")) => [&input["args"][0], &input["args"][1], &input["args"][2]],
        _ => return Err(format!("the input {input} is of no kind known here")),
    };
    let key = parts[0].as_str().ok_or_else(|| format!("the key of {input} is no text"))?;
    Ok((key.to_owned(), number(parts[1], subject)?, number(parts[2], subject)?))
}

/// What an entry expects, in the form in which subjects emit it.
fn expected(entry: &Json, subject: &dyn Subject) -> Outcome<Json> {
    if let Some(watermark) = watermark(entry, subject)? {
        return Ok(json!({"watermark": watermark}));
    }
    match entry["call"].as_str() {
        Some(call) => {
            let arguments = entry["args"].as_array().into_iter().flatten();
            let arguments = arguments.map(|argument| match argument.as_str() {
                Some(text) if text.contains('(') => Ok(json!(number(argument, subject)?)),
                _ => Ok(argument.clone()),
            });
            Ok(json!({"call": call, "args": arguments.collect::<Outcome<Vec<_>>>()?}))
        }
        None => Ok(json!({"value": entry["value"], "ts": number(&entry["ts"], subject)?})),
    }
}

fn sorted(list: &[Json]) -> Vec<String> {
    let mut texts: Vec<String> = list.iter().map(Json::to_string).collect();
    texts.sort();
    texts
}

/// Replays a trace; says what differs. With `stop`, the job also stops behind that entry and goes on in two subtasks.
fn replay(trace: &Json, subject: &mut dyn Subject, added: &[&[Json]], stop: Option<usize>) -> Outcome<()> {
    let entries = trace["trace"].as_array().ok_or("it has no trace")?;
    // expectations that a test makes by a helper are not in the data: then only watermarks are, unless they are `added`
    let whole = !added.is_empty() || entries.iter().any(|entry| !entry["expect"]["call"].is_null()) || {
        !trace["operator"]["function"].as_array().is_none_or(Vec::is_empty)
    };
    let (mut wanted, mut seen, mut checks) = (Vec::new(), Vec::new(), added.iter());
    for (at, entry) in entries.iter().enumerate() {
        let input = &entry["in"];
        if !input.is_null() {
            match watermark(input, subject)? {
                Some(watermark) => {
                    subject.watermark(watermark)?;
                    seen.push(json!({"watermark": watermark}));
                }
                None => {
                    let (key, value, timestamp) = record(input, subject)?;
                    subject.insert(&key, value, timestamp)?;
                }
            }
        } else if let Some(now) = entry["processing_time"].as_i64() {
            subject.processing_time(now)?;
        } else if !entry["expect"].is_null() {
            wanted.push(expected(&entry["expect"], subject)?);
        } else if entry["expect_clear"] == true {
            wanted.clear();
            seen.clear();
        } else if entry["snapshot"] == true {
            subject.snapshot();
        } else if entry["restore"] == true {
            subject.restore(false);
        } else if entry["check"] == "main" {
            wanted.extend(checks.next().into_iter().flat_map(|check| check.iter().cloned()));
            if sorted(&seen) != sorted(&wanted) {
                let list = |list: &[Json]| sorted(list).join("\n  ");
                return Err(format!("got\n  {}\nnot\n  {}", list(&seen), list(&wanted)));
            }
        } else if entry["check"] != "side" {
            // late records of a side output stand among the expected ones
            return Err(format!("the entry {entry} is of no kind known here"));
        }
        let output = subject.take();
        if whole {
            seen.extend(output);
        }
        if stop == Some(at) {
            subject.snapshot();
            subject.restore(true);
        }
    }
    Ok(())
}

fn run(group: &str, trace: &Json, stop: Option<usize>) -> Outcome<()> {
    match group {
        "datastream:WindowOperatorTest" | "datastream:EvictingWindowOperatorTest" => {
            replay(trace, &mut stream::subject(trace)?, &[], stop)
        }
        "table:WindowOperatorTest" => {
            let name = trace["test"].as_str().unwrap_or_default();
            let added = table::added(name);
            let added: Vec<&[Json]> = added.iter().map(Vec::as_slice).collect();
            replay(trace, &mut table::subject(name)?, &added, stop)
        }
        other => Err(format!("no such group: {other}")),
    }
}

#[test]
fn windows_do_what_flinks_do() {
    let text = match std::env::var("FLOTT_WINDOW_TRACES") {
        Ok(path) => std::fs::read_to_string(path).unwrap(),
        Err(_) => TRACES.to_owned(),
    };
    let groups: Json = serde_json::from_str(&text).unwrap();
    let (mut failed, mut count) = (Vec::new(), 0);
    for (group, traces) in groups.as_object().unwrap() {
        for trace in traces.as_array().unwrap() {
            count += 1;
            let stops = 0..trace["trace"].as_array().map_or(0, Vec::len);
            // also with a stop, and a new start in two subtasks, behind each entry
            for stop in std::iter::once(None).chain(stops.map(Some)) {
                if let Err(difference) = run(group, trace, stop) {
                    failed.push(format!("{group} {}, stopped behind {stop:?}: {difference}", trace["test"]));
                    break;
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} of {count} failed\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn what_a_trace_names_must_be_known() {
    let operator = |part: &str, name: &str| {
        let mut trace = json!({"test": "t", "trace": [], "operator": {
            "assigner": ["GlobalWindows.create"], "trigger": "CountTrigger.of(2)", "function": ["RichSumReducer"]}});
        trace["operator"][part] = if part == "trigger" || part == "evictor" { json!(name) } else { json!([name]) };
        run("datastream:WindowOperatorTest", &trace, None).unwrap_err()
    };
    assert_eq!(operator("assigner", "HopWindows.of"), "no such assigner: HopWindows");
    assert_eq!(operator("trigger", "DeltaTrigger.of(1)"), "no such trigger: DeltaTrigger");
    assert_eq!(operator("evictor", "AgeEvictor.of(1)"), "no such evictor: AgeEvictor");
    assert_eq!(operator("function", "Median"), "no such function: Median");
    assert!(run("table:WindowOperatorTest", &json!({"test": "testHops", "trace": []}), None).is_err());
    assert_eq!(run("sql", &json!({}), None).unwrap_err(), "no such group: sql");
}
