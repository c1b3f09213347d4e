//! The windows of a keyed stream: Flink's window operator, without what the windows hold.

mod stored;

use std::hash::Hash;
use std::marker::PhantomData;

use super::merging::{Joined, MergingSet};
use super::trigger::Memory;
use super::{Assigner, Decision, Open, Trigger, TriggerContext, Window, WindowTimers};
use crate::error::{Error, Result};
use crate::state::KeyedTable;

pub use stored::Stored;

/// What windows hold, and what happens when one fires. The contents of a merged window stay where its first part had
/// them: `state` is that place, and `window` the window itself.
pub trait Contents<K, V, W> {
    fn add(&mut self, key: &K, group: u16, state: &W, value: &V, timestamp: i64) -> Result<()>;

    /// Evaluates the contents, unless there are none.
    fn fire(&mut self, key: &K, group: u16, state: &W, window: &W, timers: &WindowTimers<K, W>) -> Result<()>;

    /// Throws the contents away.
    fn purge(&mut self, key: &K, group: u16, state: &W) -> Result<()>;

    /// Adds the contents of `others` to those of `state`.
    fn merge(&mut self, key: &K, group: u16, state: &W, others: &[W]) -> Result<()>;

    /// The window is over; its contents are gone already.
    fn close(&mut self, key: &K, group: u16, window: &W, timers: &WindowTimers<K, W>) -> Result<()>;
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// How long (ms of event time) a window waits for late records behind its end.
    pub allowed_lateness: i64,
}

/// A timer that has fired.
pub struct Fired<K, W> {
    pub time: i64,
    pub key: K,
    pub window: W,
    pub group: u16,
    pub event_time: bool,
}

/// Windows by key, with their timers.
pub struct Windows<K, V, W, A, T> {
    assigner: A,
    trigger: T,
    settings: Settings,
    pub timers: WindowTimers<K, W>,
    memories: KeyedTable<(K, W), Memory>,
    merging: KeyedTable<K, MergingSet<W>>,
    /// The windows of the record at hand.
    assigned: Vec<W>,
    values: PhantomData<fn(V)>,
}

impl<K, V, W, A, T> Windows<K, V, W, A, T>
where
    K: Clone + Eq + Hash,
    W: Window,
    A: Assigner<K, V, W>,
    T: Trigger<K, V, W>,
{
    pub fn new(assigner: A, trigger: T, settings: Settings) -> Self {
        Windows {
            assigner,
            trigger,
            settings,
            timers: WindowTimers::new(),
            memories: KeyedTable::default(),
            merging: KeyedTable::default(),
            assigned: Vec::new(),
            values: PhantomData,
        }
    }

    pub fn assigner(&self) -> &A {
        &self.assigner
    }

    pub fn assigner_mut(&mut self) -> &mut A {
        &mut self.assigner
    }

    /// Adds a record to its windows; `false` if it came too late for all of them.
    pub fn add<C: Contents<K, V, W>>(
        &mut self,
        key: &K,
        group: u16,
        value: &V,
        timestamp: i64,
        contents: &mut C,
    ) -> Result<bool> {
        let mut windows = std::mem::take(&mut self.assigned);
        windows.clear();
        self.assigner.assign((key, group), value, timestamp, self.timers.now, &mut windows)?;
        let merges = self.assigner.merges();
        let mut in_time = false;
        for window in windows.drain(..) {
            let (window, state) = match merges {
                false => (window.clone(), window),
                true => self.merged(key, group, window, contents)?,
            };
            if self.is_late(&window) {
                if merges {
                    self.retire(key, group, &window);
                }
                continue;
            }
            in_time = true;
            contents.add(key, group, &state, value, timestamp)?;
            let decision =
                self.ask(key, group, &window, |trigger, context| trigger.on_element(value, timestamp, context))?;
            self.act(decision, key, group, &state, &window, contents)?;
            if let Some(time) = self.cleanup_time(&window) {
                let timers = self.timers.of(self.assigner.is_event_time());
                timers.register((key.clone(), window), group, time);
            }
        }
        self.assigned = windows;
        let late = self.assigner.is_event_time()
            && timestamp.saturating_add(self.settings.allowed_lateness) <= self.timers.watermark;
        Ok(in_time || !late)
    }

    /// What waits for time; looks at every timer.
    pub fn open(&self) -> Open<'_, K, W> {
        let (timers, clock) = match self.assigner.is_event_time() {
            true => (&self.timers.event, self.timers.watermark),
            false => (&self.timers.processing, self.timers.now),
        };
        let mut open = Open { open: 0, ended: 0, first: None };
        for (time, (key, window), _) in timers.iter() {
            let waits = window.max_timestamp() > clock;
            // each window that ends has one such timer
            if self.cleanup_time(window) == Some(time) {
                *(if waits { &mut open.open } else { &mut open.ended }) += 1;
            }
            if waits && open.first.is_none() {
                open.first = Some((time, key, window.clone()));
            }
        }
        open
    }

    /// The next timer that is due by `until`.
    pub fn pop(&mut self, event_time: bool, until: i64) -> Option<Fired<K, W>> {
        let (time, (key, window), group) = self.timers.of(event_time).pop(until)?;
        Some(Fired { time, key, window, group, event_time })
    }

    /// Lets the trigger decide about a timer, and ends the window if its time is over.
    pub fn fire<C: Contents<K, V, W>>(&mut self, fired: &Fired<K, W>, contents: &mut C) -> Result<()> {
        let Fired { time, key, window, group, event_time } = fired;
        let state = match self.assigner.merges() {
            false => window.clone(),
            true => match self.merging.get(*group, key).and_then(|set| set.state_of(window)) {
                Some(state) => state.clone(),
                // a trigger has left a timer behind for a window that is no more
                None => return Ok(()),
            },
        };
        let decision = self.ask(key, *group, window, |trigger, context| match event_time {
            true => trigger.on_event_time(*time, context),
            false => trigger.on_processing_time(*time, context),
        })?;
        self.act(decision, key, *group, &state, window, contents)?;
        if *event_time == self.assigner.is_event_time() && self.cleanup_time(window) == Some(*time) {
            contents.purge(key, *group, &state)?;
            self.ask(key, *group, window, |trigger, context| trigger.clear(context))?;
            contents.close(key, *group, window, &self.timers)?;
            if self.assigner.merges() {
                self.retire(key, *group, window);
            }
        }
        Ok(())
    }

    fn act<C: Contents<K, V, W>>(
        &mut self,
        decision: Decision,
        key: &K,
        group: u16,
        state: &W,
        window: &W,
        contents: &mut C,
    ) -> Result<()> {
        if decision.fire {
            contents.fire(key, group, state, window, &self.timers)?;
        }
        if decision.purge {
            contents.purge(key, group, state)?;
        }
        Ok(())
    }

    fn ask<R>(
        &mut self,
        key: &K,
        group: u16,
        window: &W,
        question: impl FnOnce(&mut T, &mut TriggerContext<'_, K, W>) -> Result<R>,
    ) -> Result<R> {
        let (timers, memories) = (&mut self.timers, &mut self.memories);
        question(&mut self.trigger, &mut TriggerContext { key, group, window, timers, memories })
    }

    /// The window that a new one has become a part of, and where its contents stand.
    fn merged<C: Contents<K, V, W>>(&mut self, key: &K, group: u16, new: W, contents: &mut C) -> Result<(W, W)> {
        let mut set = self.merging.remove(group, key).unwrap_or_default();
        let merges = self.assigner.merge(set.with(&new))?;
        let (window, joined) = set.add(new, merges);
        let state = set.state_of(&window).unwrap_or(&window).clone();
        self.merging.insert(group, key.clone(), set);
        for Joined { result, parts, state, states } in joined {
            self.check_merged(&result)?;
            self.ask(key, group, &result, |trigger, context| trigger.on_merge(&parts, context))?;
            for part in &parts {
                self.ask(key, group, part, |trigger, context| trigger.clear(context))?;
                if let Some(time) = self.cleanup_time(part) {
                    let timers = self.timers.of(self.assigner.is_event_time());
                    timers.delete((key.clone(), part.clone()), time);
                }
            }
            contents.merge(key, group, &state, &states)?;
        }
        Ok((window, state))
    }

    /// A merged window must not end in the past.
    fn check_merged(&self, window: &W) -> Result<()> {
        let end = window.max_timestamp();
        let (passed, clock) = match self.assigner.is_event_time() {
            true => (end.saturating_add(self.settings.allowed_lateness) <= self.timers.watermark, "the watermark"),
            false => (end <= self.timers.now, "processing time"),
        };
        match passed {
            true => Err(Error::data(format!("merging windows gave one that ends at {end}, which {clock} has passed"))
                .with_hint("let merge_windows() give a window that ends no earlier than those it is made of")),
            false => Ok(()),
        }
    }

    fn retire(&mut self, key: &K, group: u16, window: &W) {
        if let Some(mut set) = self.merging.remove(group, key) {
            set.retire(window);
            if !set.is_empty() {
                self.merging.insert(group, key.clone(), set);
            }
        }
    }

    /// When the window is over; `None` for never.
    fn cleanup_time(&self, window: &W) -> Option<i64> {
        let end = window.max_timestamp();
        let time = match self.assigner.is_event_time() {
            true => end.saturating_add(self.settings.allowed_lateness),
            false => end,
        };
        (time != i64::MAX).then_some(time)
    }

    fn is_late(&self, window: &W) -> bool {
        self.assigner.is_event_time() && self.cleanup_time(window).unwrap_or(i64::MAX) <= self.timers.watermark
    }
}

#[cfg(test)]
mod tests;
