//! Cases read off Flink's own tests: events, a pattern, and the matches that Flink finds. `FLOTT_CEP_VECTORS` names
//! another file of the same form to run instead.
//!
//! Events are fed in order, each at its time, and time is over behind the last. Like Flink, matches are compared as
//! multisets of their events; which event belongs to which pattern is not part of these cases.

mod conditions;
mod patterns;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Found, Host, Matcher, Progress, SoFar};
use crate::error::Result;
use conditions::Written;
use patterns::pattern;

/// An event: its place in the case and what is known of it.
pub struct Event {
    place: usize,
    fields: Value,
}

impl Event {
    fn name(&self) -> &str {
        self.fields["name"].as_str().unwrap_or_default()
    }

    fn price(&self) -> f64 {
        self.fields["price"].as_f64().unwrap_or_default()
    }
}

struct Collect {
    conditions: Vec<Written>,
    matches: Vec<Vec<usize>>,
    calls: BTreeMap<(usize, usize), usize>,
}

impl Host<Event> for Collect {
    fn holds(&mut self, condition: usize, event: &Event, _time: i64, so_far: &SoFar<'_, Event>) -> Result<bool> {
        if !self.conditions[condition].looks_back {
            *self.calls.entry((condition, event.place)).or_default() += 1;
        }
        Ok(self.conditions[condition].holds(event, so_far))
    }

    fn matched(&mut self, found: &Found<'_, Event>, _time: i64) -> Result<()> {
        let mut places: Vec<usize> = found.events().map(|(_, event)| event.place).collect();
        places.sort_unstable();
        self.matches.push(places);
        Ok(())
    }
}

fn run(case: &Value, gap: Option<i64>) -> std::result::Result<Vec<Vec<usize>>, String> {
    let pattern = pattern(&case["pattern"], &case["skip"], gap)?;
    let (mut matcher, conditions) = Matcher::new(&pattern).map_err(|error| error.to_string())?;
    let mut host = Collect { conditions, matches: Vec::new(), calls: BTreeMap::new() };
    let mut progress = Progress::new();
    let mut fed = || -> Result<()> {
        for (place, fields) in case["events"].as_array().into_iter().flatten().enumerate() {
            let time = fields["ts"].as_i64().unwrap_or(0);
            matcher.advance(&mut progress, time, &mut host)?;
            matcher.process(&mut progress, Event { place, fields: fields.clone() }, time, &mut host)?;
        }
        matcher.advance(&mut progress, i64::MAX, &mut host)
    };
    fed().map_err(|error| error.to_string())?;
    if let Some((key, calls)) = host.calls.iter().find(|(_, calls)| **calls > 1) {
        return Err(format!("condition {} was evaluated {calls} times for event {}", key.0, key.1));
    }
    Ok(host.matches)
}

/// The matches in an order of their own: events of equal name, price and id are the same, as in Flink's comparison.
fn comparable(case: &Value, matches: &[Vec<usize>]) -> Vec<Vec<String>> {
    let shown = |place: &usize| {
        let event = &case["events"][*place];
        format!("{} {} {}", event["name"], event["price"], event["id"])
    };
    let of = |places: &Vec<usize>| {
        let mut events: Vec<String> = places.iter().map(shown).collect();
        events.sort();
        events
    };
    let mut matches: Vec<_> = matches.iter().map(of).collect();
    matches.sort();
    matches
}

fn expected(case: &Value) -> Vec<Vec<usize>> {
    let places =
        |each: &Value| each.as_array().into_iter().flatten().filter_map(Value::as_u64).map(|n| n as usize).collect();
    case["expected"].as_array().into_iter().flatten().map(places).collect()
}

/// Flink runs each test of these two classes twice: without a time between the events that repeat, and with 3 ms. The
/// cases leave that argument out, and have the matches of one of the two runs.
fn gaps(group: &str) -> &'static [Option<i64>] {
    match group {
        "TimesRangeITCase" | "TimesOrMoreITCase" => &[None, Some(3)],
        _ => &[None],
    }
}

#[test]
fn finds_what_flink_finds() {
    let text = match std::env::var("FLOTT_CEP_VECTORS") {
        Ok(path) => std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")),
        Err(_) => include_str!("vectors.json").to_owned(),
    };
    let groups: BTreeMap<String, Vec<Value>> = serde_json::from_str(&text).expect("vectors are JSON");
    let (mut wrong, mut cases) = (Vec::new(), 0);
    for (group, case) in groups.iter().flat_map(|(group, cases)| cases.iter().map(move |case| (group, case))) {
        cases += 1;
        let name = format!("{group}.{}", case["test"].as_str().unwrap_or_default());
        let expected = comparable(case, &expected(case));
        let mut found = Vec::new();
        for gap in gaps(group) {
            match run(case, *gap) {
                Err(error) => found.push(error),
                Ok(matches) => {
                    let matches = comparable(case, &matches);
                    if matches == expected {
                        found.clear();
                        break;
                    }
                    found.push(format!("found    {matches:?}"));
                }
            }
        }
        if !found.is_empty() {
            wrong.push(format!("{name}:\n  {}\n  expected {expected:?}", found.join("\n  ")));
        }
    }
    assert!(cases > 0);
    assert!(wrong.is_empty(), "{} of {cases} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}
