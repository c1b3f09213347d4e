//! Complex event processing over a stream: [`crate::cep`] for each key, with Flink's rules for time.
//!
//! In event time events wait until the watermark has passed them, and are then matched in the order of their
//! timestamps; those behind the watermark are late. In processing time each is matched when it comes. Timers give up
//! partial matches that have run out of time. What an event is and what becomes of a match is the [`CepHost`]'s: Python
//! objects and functions in the binding, rows of columns ([`rows`]) here.

pub mod conditions;
mod keys;
mod pending;
pub mod rows;
mod stored;
mod timers;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use bytes::Bytes;

use self::keys::KeyTable;
use self::pending::Pending;
use self::timers::Timers;
use super::{OpenMatches, Operator, Output, SubtaskContext, Waiting};
use crate::batch::{Batch, Data, NO_TIMESTAMP, Objects};
use crate::cep::{Host, Matcher};
use crate::checkpoint::Snapshot;
use crate::error::{Error, Result};
use crate::metrics::{Counter, LATE_DROPPED, LATE_TO_SIDE};

/// The events of a stream, and what is done with them.
pub trait CepHost: Host<Self::Event> + Send {
    type Event: Send;

    /// Runs `work` where events may be looked at: a binding enters its language once for all of it.
    fn enter(&mut self, work: &mut dyn FnMut(&mut Self) -> Result<()>) -> Result<()> {
        work(self)
    }

    fn open(&mut self) -> Result<()> {
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        Ok(())
    }

    /// Appends the canonical encoding of a key.
    fn encode_key(&mut self, keys: &dyn Objects, row: usize, out: &mut Vec<u8>) -> Result<()> {
        keys.key_value(row)?.encode_key(out);
        Ok(())
    }

    /// The records of a batch in their order.
    fn events(&mut self, data: Data) -> Result<Vec<Self::Event>>;

    /// The order of events with equal timestamps; only asked where [`CepSettings::compares`].
    fn compare(&mut self, _left: &Self::Event, _right: &Self::Event) -> Result<Ordering> {
        Ok(Ordering::Equal)
    }

    /// An event that came behind the watermark (ms); `to_side` where there is a side output for it.
    fn late(&mut self, event: Self::Event, time: i64, watermark: i64, to_side: bool) -> Result<()>;

    /// How many results wait to be emitted.
    fn waiting(&self) -> usize;

    fn emit(&mut self, output: &mut Output);

    /// How events are written, for a checkpoint.
    fn encoding(&self) -> String;

    fn encode(&mut self, events: &[&Self::Event]) -> Result<Bytes>;

    fn decode(&mut self, bytes: Bytes) -> Result<Vec<Self::Event>>;

    /// Whether [`CepHost::compact`] would give back memory.
    fn wants_compaction(&self) -> bool {
        false
    }

    /// Puts all events that are left together anew.
    fn compact(&mut self, _events: Vec<&mut Self::Event>) -> Result<()> {
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct CepSettings {
    pub event_time: bool,
    /// Events of equal timestamps are in the order of [`CepHost::compare`], otherwise in that in which they came.
    pub compares: bool,
    /// Late events go to a side output, otherwise they are dropped and counted.
    pub late_to_side: bool,
}

/// One subtask.
pub struct CepOperator<H: CepHost> {
    host: H,
    matcher: Matcher,
    settings: CepSettings,
    subtask: SubtaskContext,
    keys: KeyTable<H::Event>,
    pending: Pending<H::Event>,
    /// A key has one that counts, [`keys::Key::timer`].
    timers: Timers,
    watermark: i64,
    late: Counter,
    late_to_side: Option<Counter>,
}

impl<H: CepHost> CepOperator<H> {
    pub fn new(host: H, matcher: Matcher, settings: CepSettings, subtask: &SubtaskContext) -> Self {
        let metrics = &subtask.metrics;
        CepOperator {
            host,
            matcher,
            settings,
            keys: KeyTable::default(),
            pending: Pending::default(),
            timers: Timers::default(),
            watermark: i64::MIN,
            late: metrics.counter(LATE_DROPPED),
            late_to_side: settings.late_to_side.then(|| metrics.counter(LATE_TO_SIDE)),
            subtask: subtask.clone(),
        }
    }

    /// Keeps the events of a batch until their time has come.
    fn keep(&mut self, batch: Batch) -> Result<()> {
        let now = self.subtask.clock.now();
        let CepOperator { host, settings, subtask, keys, pending, watermark, late, late_to_side, .. } = self;
        let mut given = Some(batch);
        host.enter(&mut |host| {
            let Some(Batch { data, timestamps, keys: of, .. }) = given.take() else { return Ok(()) };
            let found = keys.of_batch(host, of, data.len(), subtask.max_parallelism)?;
            let mut of_late = Vec::new();
            for (row, event) in host.events(data)?.into_iter().enumerate() {
                let time = match (&timestamps, settings.event_time) {
                    (_, false) => now,
                    (Some(times), true) => times[row],
                    (None, true) => NO_TIMESTAMP,
                };
                if settings.event_time && time <= *watermark {
                    if time == NO_TIMESTAMP {
                        return Err(no_timestamp());
                    }
                    late_to_side.as_ref().unwrap_or(late).add(1);
                    host.late(event, time, *watermark, settings.late_to_side)?;
                    of_late.push(found[row]);
                    continue;
                }
                keys.get_mut(found[row]).pending += 1;
                pending.add(time, found[row], event);
            }
            of_late.into_iter().for_each(|key| keys.forget_if_idle(key));
            Ok(())
        })
    }

    /// Matches all events up to `until`, and gives up what has run out of time by then, in the order of time.
    fn run(&mut self, until: i64, output: &mut Output) -> Result<()> {
        let CepOperator { host, matcher, settings, keys, pending, timers, subtask, .. } = self;
        pending.due(until);
        let mut run = Run { matcher, keys, pending, timers, compares: settings.compares };
        host.enter(&mut |host| {
            while run.step(until, host)? {
                if host.waiting() >= subtask.batch_size {
                    host.emit(output);
                }
            }
            Ok(())
        })?;
        self.host.emit(output);
        if self.host.wants_compaction() {
            let events = self.keys.events_mut().chain(self.pending.events_mut()).collect();
            self.host.compact(events)?;
        }
        Ok(())
    }
}

fn no_timestamp() -> Error {
    Error::config("a record has no timestamp, and patterns go by event time")
        .with_hint("call assign_timestamps_and_watermarks() before CEP.pattern(), or in_processing_time() behind it")
}

/// What it takes to match events, apart from the host.
struct Run<'a, E> {
    matcher: &'a mut Matcher,
    keys: &'a mut KeyTable<E>,
    pending: &'a mut Pending<E>,
    timers: &'a mut Timers,
    compares: bool,
}

impl<E: Send> Run<'_, E> {
    /// The next timer or the next event up to `until`; whether there was one.
    fn step(&mut self, until: i64, host: &mut impl CepHost<Event = E>) -> Result<bool> {
        let event = self.pending.first().filter(|time| *time <= until);
        if self.timers.first().is_some_and(|time| time <= event.unwrap_or(until))
            && let Some((time, key)) = self.timers.take()
        {
            self.fire(time, key, host)?;
            return Ok(true);
        }
        let Some(time) = event else { return Ok(false) };
        if self.compares {
            for (key, event) in pending::sorted(self.pending.take_all_of(time), host)? {
                self.feed(key, event, time, host)?;
            }
        } else if let Some((key, event)) = self.pending.take() {
            self.feed(key, event, time, host)?;
        }
        Ok(true)
    }

    fn feed(&mut self, key: u32, event: E, time: i64, host: &mut impl CepHost<Event = E>) -> Result<()> {
        let of = self.keys.get_mut(key);
        of.pending -= 1;
        self.matcher.advance(&mut of.progress, time, host)?;
        self.matcher.process(&mut of.progress, event, time, host)?;
        self.after(key);
        Ok(())
    }

    fn fire(&mut self, time: i64, key: u32, host: &mut impl CepHost<Event = E>) -> Result<()> {
        // one that another took the place of, or of a key that is gone
        let Some(of) = self.keys.find_mut(key).filter(|of| of.timer == time) else { return Ok(()) };
        of.timer = i64::MAX;
        self.matcher.advance(&mut of.progress, time, host)?;
        self.after(key);
        Ok(())
    }

    fn after(&mut self, key: u32) {
        let of = self.keys.get_mut(key);
        let deadline = of.progress.deadline();
        if deadline < of.timer {
            of.timer = deadline;
            self.timers.add(deadline, key);
        }
        self.keys.forget_if_idle(key);
    }
}

impl<H: CepHost> Operator for CepOperator<H> {
    fn open(&mut self) -> Result<()> {
        self.host.open()?;
        self.restore()?;
        self.subtask.forget_restored();
        Ok(())
    }

    fn process(&mut self, _input: usize, batch: Batch, output: &mut Output) -> Result<()> {
        self.keep(batch)?;
        if !self.settings.event_time && !self.settings.compares {
            let now = self.subtask.clock.now();
            return self.run(now, output);
        }
        self.host.emit(output);
        Ok(())
    }

    fn watermark(&mut self, watermark: i64, output: &mut Output) -> Result<()> {
        // after a restore it is told again what it knew
        if watermark > self.watermark {
            self.watermark = watermark;
            if self.settings.event_time {
                self.run(watermark, output)?;
            }
        }
        output.emit_watermark(self.watermark);
        Ok(())
    }

    fn next_wakeup(&self) -> Option<i64> {
        if self.settings.event_time {
            return None;
        }
        // what came in one millisecond is compared when that is over
        let event = self.pending.first().map(|time| time + 1);
        [event, self.timers.first()].into_iter().flatten().min()
    }

    fn processing_time(&mut self, now: i64, output: &mut Output) -> Result<()> {
        match self.settings {
            CepSettings { event_time: true, .. } => Ok(()),
            // events of this millisecond may still come
            CepSettings { compares: true, .. } if self.pending.first() == Some(now) => self.run(now - 1, output),
            _ => self.run(now, output),
        }
    }

    fn snapshot(&mut self) -> Result<Snapshot> {
        self.stored()
    }

    fn waiting(&mut self) -> Option<Waiting> {
        Some(Waiting::Patterns(OpenMatches {
            event_time: self.settings.event_time,
            watermark: self.watermark,
            events: self.pending.len(),
            first_event: self.pending.first(),
            partial: self.keys.partial_matches(),
            first_deadline: self.keys.first_deadline(),
        }))
    }

    fn finish(&mut self, _output: &mut Output) -> Result<()> {
        if self.settings.event_time {
            return Ok(());
        }
        let waiting = self.keys.partial_matches() + self.pending.len();
        if waiting > 0 {
            tracing::warn!(
                "{}: the input ended with {waiting} partial matches of processing time, which never run out of time, as in \
                 Flink",
                self.subtask.operator
            );
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let mut left = (std::mem::take(&mut self.keys), std::mem::take(&mut self.pending));
        let dropped = self.host.enter(&mut |_| {
            drop(std::mem::take(&mut left));
            Ok(())
        });
        self.host.close().and(dropped)
    }
}
