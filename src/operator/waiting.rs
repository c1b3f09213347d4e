//! What an operator waits for in event time: told when somebody asks why a window has not fired, or no match is found.

use serde::Serialize;

/// What an operator knows of event time beside what reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Waiting {
    Windows(OpenWindows),
    Patterns(OpenMatches),
    /// It makes the watermarks that pass it.
    Watermarks(Generated),
}

/// The windows of one subtask.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OpenWindows {
    /// Whether they end by event time; otherwise by the clock.
    pub event_time: bool,
    /// In ms; the smallest integer before the first.
    pub watermark: i64,
    /// Those that wait for their end, each key counted.
    pub open: usize,
    /// Those that have fired and wait for late records.
    pub fired: usize,
    /// Those that no time ends: global windows, and windows of a number of records.
    pub endless: usize,
    /// The one that fires next.
    pub first: Option<OpenWindow>,
}

/// A window of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenWindow {
    /// The time (ms) that it waits for.
    pub until: i64,
    pub key: String,
    pub window: String,
}

/// The events and partial matches of a pattern in one subtask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenMatches {
    /// Whether events are matched by event time; otherwise when they come.
    pub event_time: bool,
    /// In ms; the smallest integer before the first.
    pub watermark: i64,
    /// The events that wait until the watermark has passed them.
    pub events: usize,
    /// The time (ms) of the first of these.
    pub first_event: Option<i64>,
    /// The partial matches of all keys.
    pub partial: usize,
    /// The time (ms) at which the first of these is given up, where the pattern has a time limit.
    pub first_deadline: Option<i64>,
}

/// Where a watermark generator stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Generated {
    /// In ms; the smallest integer before the first.
    pub watermark: i64,
    pub idle: bool,
    /// Whether a record has come.
    pub seen: bool,
    /// Whether it emits watermarks at all.
    pub emits: bool,
}
