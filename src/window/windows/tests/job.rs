//! Windows in one subtask, or in several with the keys divided among them, that can be stopped and started again.

use serde_json::{Value as Json, json};

use super::super::*;
use crate::batch::NO_TIMESTAMP;

/// What the contents of a trace do beside those of a real operator.
pub trait Emit<W>: Sized {
    /// A copy with what belongs to those groups.
    fn part(&self, keep: impl Fn(u16) -> bool) -> Self;

    /// Takes the output.
    fn output(&mut self) -> &mut Vec<Json>;
}

/// One subtask.
struct Part<W, A, T, C> {
    windows: Windows<String, i64, W, A, T>,
    contents: C,
}

impl<W: Window, A, T, C> Part<W, A, T, C>
where
    A: Assigner<String, i64, W> + Clone,
    T: Trigger<String, i64, W> + Clone,
    C: Contents<String, i64, W> + Emit<W>,
{
    fn new(assigner: A, trigger: T, settings: Settings, contents: C) -> Self {
        Part { windows: Windows::new(assigner, trigger, settings), contents }
    }

    /// A subtask with all that belongs to those groups, as a snapshot would have it.
    fn copy(&self, keep: impl Fn(u16) -> bool) -> Self {
        let Windows { assigner, trigger, settings, timers, .. } = &self.windows;
        let mut windows = Windows::new(assigner.clone(), trigger.clone(), *settings);
        windows.restore(self.windows.stored().into_iter().filter(|(group, _)| keep(*group)).collect());
        (windows.timers.watermark, windows.timers.now) = (timers.watermark, timers.now);
        Part { windows, contents: self.contents.part(keep) }
    }

    fn advance(&mut self, event_time: bool, until: i64) -> Result<()> {
        while let Some(fired) = self.windows.pop(event_time, until) {
            self.windows.fire(&fired, &mut self.contents)?;
        }
        Ok(())
    }
}

pub struct Job<W, A, T, C> {
    parts: Vec<Part<W, A, T, C>>,
    snapshot: Vec<Part<W, A, T, C>>,
    /// Whether late records go to a side output; there they are with the rest.
    late_output: bool,
    late: Vec<Json>,
    pub first_window_end: i64,
}

impl<W: Window, A, T, C> Job<W, A, T, C>
where
    A: Assigner<String, i64, W> + Clone,
    T: Trigger<String, i64, W> + Clone,
    C: Contents<String, i64, W> + Emit<W>,
{
    pub fn new(assigner: A, trigger: T, settings: Settings, contents: C, late_output: bool) -> Self {
        let mut part = Part::new(assigner, trigger, settings, contents);
        part.windows.timers.now = 0;
        Job { parts: vec![part], snapshot: Vec::new(), late_output, late: Vec::new(), first_window_end: NO_TIMESTAMP }
    }

    pub fn insert(&mut self, key: &str, value: i64, timestamp: i64) -> Result<()> {
        let group = key.bytes().map(u16::from).sum::<u16>() % 128;
        let at = usize::from(group) % self.parts.len();
        let Part { windows, contents } = &mut self.parts[at];
        let key = key.to_owned();
        if self.first_window_end == NO_TIMESTAMP {
            let mut assigned = Vec::new();
            let mut assigner = windows.assigner.clone();
            assigner.assign((&key, group), &value, timestamp, windows.timers.now, &mut assigned)?;
            self.first_window_end = assigned.first().map_or(NO_TIMESTAMP, Window::max_timestamp);
        }
        if !windows.add(&key, group, &value, timestamp, contents)? && self.late_output {
            self.late.push(json!({"value": [key, value], "ts": timestamp}));
        }
        Ok(())
    }

    pub fn watermark(&mut self, watermark: i64) -> Result<()> {
        for part in &mut self.parts {
            part.windows.timers.watermark = watermark;
            part.advance(true, watermark)?;
        }
        Ok(())
    }

    pub fn processing_time(&mut self, now: i64) -> Result<()> {
        for part in &mut self.parts {
            part.windows.timers.now = now;
            part.advance(false, now)?;
        }
        Ok(())
    }

    pub fn snapshot(&mut self) {
        self.snapshot = self.parts.iter().map(|part| part.copy(|_| true)).collect();
    }

    pub fn restore(&mut self, split: bool) {
        let parts = match (split, self.snapshot.as_slice()) {
            (true, [whole]) => (0..2).map(|half| whole.copy(|group| group % 2 == half)).collect(),
            (_, several) => several.iter().map(|part| part.copy(|_| true)).collect(),
        };
        self.parts = parts;
        if !split {
            // Flink's operators know no watermark until the next one comes
            self.parts.iter_mut().for_each(|part| part.windows.timers.watermark = i64::MIN);
        }
    }

    pub fn take(&mut self) -> Vec<Json> {
        let mut all = std::mem::take(&mut self.late);
        self.parts.iter_mut().for_each(|part| all.append(part.contents.output()));
        all
    }
}
