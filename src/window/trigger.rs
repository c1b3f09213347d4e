//! Triggers: when a window fires.

use std::hash::Hash;

use super::{Place, Window, WindowTimers};
use crate::error::Result;
use crate::state::KeyedTable;

/// What a trigger decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// The window's contents are evaluated.
    pub fire: bool,
    /// They are thrown away.
    pub purge: bool,
}

impl Decision {
    pub const CONTINUE: Decision = Decision { fire: false, purge: false };
    pub const FIRE: Decision = Decision { fire: true, purge: false };
    pub const PURGE: Decision = Decision { fire: false, purge: true };
    pub const FIRE_AND_PURGE: Decision = Decision { fire: true, purge: true };
}

/// What built-in triggers remember of a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// How many records a count trigger has seen since it fired.
    pub count: u64,
    /// When a continuous trigger fires next.
    pub next_fire: Option<i64>,
}

/// The window at hand, as a trigger sees it.
pub struct TriggerContext<'a, K, W> {
    pub key: &'a K,
    pub group: u16,
    pub window: &'a W,
    pub timers: &'a mut WindowTimers<K, W>,
    pub(super) memories: &'a mut KeyedTable<(K, W), Memory>,
}

impl<K: Clone + Eq + Hash, W: Window> TriggerContext<'_, K, W> {
    /// Sets a timer of the window.
    pub fn register(&mut self, event_time: bool, time: i64) {
        self.timers.of(event_time).register((self.key.clone(), self.window.clone()), self.group, time);
    }

    /// Takes a timer of the window back.
    pub fn delete(&mut self, event_time: bool, time: i64) {
        self.timers.of(event_time).delete((self.key.clone(), self.window.clone()), time);
    }

    fn memory(&self) -> Memory {
        self.memories.get(self.group, &Place(self.key, self.window)).copied().unwrap_or_default()
    }

    fn remember(&mut self, memory: Memory) {
        let place = Place(self.key, self.window);
        if memory == Memory::default() {
            self.memories.remove(self.group, &place);
        } else if let Some(known) = self.memories.get_mut(self.group, &place) {
            *known = memory;
        } else {
            self.memories.insert(self.group, (self.key.clone(), self.window.clone()), memory);
        }
    }

    /// What was remembered of other windows, which it forgets.
    fn take(&mut self, windows: &[W]) -> Vec<Memory> {
        windows.iter().filter_map(|window| self.memories.remove(self.group, &Place(self.key, window))).collect()
    }
}

/// Decides when the windows of an operator fire.
pub trait Trigger<K, V, W> {
    fn on_element(&mut self, value: &V, timestamp: i64, context: &mut TriggerContext<'_, K, W>) -> Result<Decision>;

    fn on_event_time(&mut self, time: i64, context: &mut TriggerContext<'_, K, W>) -> Result<Decision>;

    fn on_processing_time(&mut self, time: i64, context: &mut TriggerContext<'_, K, W>) -> Result<Decision>;

    /// The window at hand has come of these.
    fn on_merge(&mut self, merged: &[W], context: &mut TriggerContext<'_, K, W>) -> Result<()>;

    /// The window is over: forget it and take back its timers.
    fn clear(&mut self, context: &mut TriggerContext<'_, K, W>) -> Result<()>;
}

/// Flink's own triggers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuiltInTrigger {
    /// When the watermark passes the window's end; then for each late record.
    EventTime,
    /// When processing time passes the window's end.
    ProcessingTime,
    /// Every so many ms of event time, and at the window's end.
    ContinuousEventTime(i64),
    /// Every so many ms of processing time.
    ContinuousProcessingTime(i64),
    /// Every so many records.
    Count(u64),
    /// When the other one fires; what it fired on is thrown away.
    Purging(Box<BuiltInTrigger>),
    Never,
}

impl BuiltInTrigger {
    fn element<K: Clone + Eq + Hash, W: Window>(
        &self,
        timestamp: i64,
        context: &mut TriggerContext<'_, K, W>,
    ) -> Decision {
        let end = context.window.max_timestamp();
        match self {
            BuiltInTrigger::EventTime | BuiltInTrigger::ContinuousEventTime(_) if end <= context.timers.watermark => {
                Decision::FIRE
            }
            BuiltInTrigger::EventTime => {
                context.register(true, end);
                Decision::CONTINUE
            }
            BuiltInTrigger::ProcessingTime => {
                context.register(false, end);
                Decision::CONTINUE
            }
            BuiltInTrigger::ContinuousEventTime(interval) => {
                context.register(true, end);
                if context.memory().next_fire.is_none() {
                    schedule(true, timestamp - timestamp.rem_euclid(*interval), *interval, context);
                }
                Decision::CONTINUE
            }
            BuiltInTrigger::ContinuousProcessingTime(interval) => {
                let now = context.timers.now;
                if context.memory().next_fire.is_none() {
                    schedule(false, now - now.rem_euclid(*interval), *interval, context);
                }
                Decision::CONTINUE
            }
            BuiltInTrigger::Count(most) => {
                let memory = context.memory();
                let full = memory.count + 1 >= *most;
                context.remember(Memory { count: if full { 0 } else { memory.count + 1 }, ..memory });
                if full { Decision::FIRE } else { Decision::CONTINUE }
            }
            BuiltInTrigger::Purging(nested) => purging(nested.element(timestamp, context)),
            BuiltInTrigger::Never => Decision::CONTINUE,
        }
    }

    fn event_time<K: Clone + Eq + Hash, W: Window>(
        &self,
        time: i64,
        context: &mut TriggerContext<'_, K, W>,
    ) -> Decision {
        match self {
            BuiltInTrigger::EventTime | BuiltInTrigger::ContinuousEventTime(_)
                if time == context.window.max_timestamp() =>
            {
                Decision::FIRE
            }
            BuiltInTrigger::ContinuousEventTime(interval) => due(true, time, *interval, context),
            BuiltInTrigger::Purging(nested) => purging(nested.event_time(time, context)),
            _ => Decision::CONTINUE,
        }
    }

    fn processing_time<K: Clone + Eq + Hash, W: Window>(
        &self,
        time: i64,
        context: &mut TriggerContext<'_, K, W>,
    ) -> Decision {
        match self {
            BuiltInTrigger::ProcessingTime => Decision::FIRE,
            BuiltInTrigger::ContinuousProcessingTime(interval) => due(false, time, *interval, context),
            BuiltInTrigger::Purging(nested) => purging(nested.processing_time(time, context)),
            _ => Decision::CONTINUE,
        }
    }

    fn merge<K: Clone + Eq + Hash, W: Window>(&self, merged: &[W], context: &mut TriggerContext<'_, K, W>) {
        let end = context.window.max_timestamp();
        match self {
            BuiltInTrigger::EventTime => {
                if end > context.timers.watermark {
                    context.register(true, end);
                }
            }
            BuiltInTrigger::ProcessingTime => {
                if end > context.timers.now {
                    context.register(false, end);
                }
            }
            BuiltInTrigger::ContinuousEventTime(_) | BuiltInTrigger::ContinuousProcessingTime(_) => {
                let memories = context.take(merged);
                let event_time = matches!(self, BuiltInTrigger::ContinuousEventTime(_));
                // those of the merged windows fire for windows that are no more
                if let Some(next) = memories.iter().filter_map(|memory| memory.next_fire).min() {
                    context.remember(Memory { next_fire: Some(next), count: 0 });
                    context.register(event_time, next);
                }
            }
            BuiltInTrigger::Count(_) => {
                let count = context.take(merged).iter().map(|memory| memory.count).sum::<u64>();
                context.remember(Memory { count: context.memory().count + count, next_fire: None });
            }
            BuiltInTrigger::Purging(nested) => nested.merge(merged, context),
            BuiltInTrigger::Never => {}
        }
    }

    fn clear<K: Clone + Eq + Hash, W: Window>(&self, context: &mut TriggerContext<'_, K, W>) {
        match self {
            BuiltInTrigger::EventTime => context.delete(true, context.window.max_timestamp()),
            BuiltInTrigger::ProcessingTime => context.delete(false, context.window.max_timestamp()),
            BuiltInTrigger::ContinuousEventTime(_) | BuiltInTrigger::ContinuousProcessingTime(_) => {
                let event_time = matches!(self, BuiltInTrigger::ContinuousEventTime(_));
                if let Some(next) = context.memory().next_fire {
                    context.delete(event_time, next);
                }
                if event_time {
                    context.delete(true, context.window.max_timestamp());
                }
                context.remember(Memory::default());
            }
            BuiltInTrigger::Count(_) => context.remember(Memory::default()),
            BuiltInTrigger::Purging(nested) => nested.clear(context),
            BuiltInTrigger::Never => {}
        }
    }
}

fn schedule<K: Clone + Eq + Hash, W: Window>(
    event_time: bool,
    from: i64,
    interval: i64,
    context: &mut TriggerContext<'_, K, W>,
) {
    let next = from.saturating_add(interval).min(context.window.max_timestamp());
    context.remember(Memory { next_fire: Some(next), ..context.memory() });
    context.register(event_time, next);
}

/// A continuous trigger's timer fired: whether it is the one that is waited for.
fn due<K: Clone + Eq + Hash, W: Window>(
    event_time: bool,
    time: i64,
    interval: i64,
    context: &mut TriggerContext<'_, K, W>,
) -> Decision {
    if context.memory().next_fire != Some(time) {
        return Decision::CONTINUE;
    }
    schedule(event_time, time, interval, context);
    Decision::FIRE
}

fn purging(decision: Decision) -> Decision {
    if decision.fire { Decision::FIRE_AND_PURGE } else { decision }
}

impl<K: Clone + Eq + Hash, V, W: Window> Trigger<K, V, W> for BuiltInTrigger {
    fn on_element(&mut self, _value: &V, timestamp: i64, context: &mut TriggerContext<'_, K, W>) -> Result<Decision> {
        Ok(self.element(timestamp, context))
    }

    fn on_event_time(&mut self, time: i64, context: &mut TriggerContext<'_, K, W>) -> Result<Decision> {
        Ok(self.event_time(time, context))
    }

    fn on_processing_time(&mut self, time: i64, context: &mut TriggerContext<'_, K, W>) -> Result<Decision> {
        Ok(self.processing_time(time, context))
    }

    fn on_merge(&mut self, merged: &[W], context: &mut TriggerContext<'_, K, W>) -> Result<()> {
        self.merge(merged, context);
        Ok(())
    }

    fn clear(&mut self, context: &mut TriggerContext<'_, K, W>) -> Result<()> {
        BuiltInTrigger::clear(self, context);
        Ok(())
    }
}
