//! Counters a user can see: per operator, by name.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde::Serialize;

/// A number shared by all its clones.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Subtracts, but never below 0.
    pub fn sub(&self, n: u64) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| Some(count.saturating_sub(n)));
    }

    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where one subtask stands in event time, shared by all clones: ms, the smallest integer before the first watermark.
#[derive(Debug, Clone)]
pub struct EventTime(Arc<AtomicI64>);

impl EventTime {
    pub fn set(&self, watermark: i64) {
        self.0.store(watermark, Ordering::Relaxed);
    }
}

/// Something that can be shown later, if somebody asks.
pub trait Shown: Send {
    fn show(&self) -> String;
}

/// The last record that came too late for an operator.
struct LateRecord {
    record: Box<dyn Shown>,
    timestamp: i64,
    watermark: i64,
}

/// The same as a text, with its times in ms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownLateRecord {
    pub record: String,
    pub timestamp: i64,
    /// Event time when it came.
    pub watermark: i64,
}

/// The counters of one operator (all its subtasks share them), the event time of each subtask, and the last record that was too late for it.
#[derive(Clone, Default)]
pub struct OperatorMetrics {
    counters: Arc<Mutex<BTreeMap<String, Counter>>>,
    event_times: Arc<Mutex<Vec<EventTime>>>,
    late: Arc<Mutex<Option<LateRecord>>>,
}

impl OperatorMetrics {
    /// The counter of that name, made on first use. Keep it: the look-up takes a lock.
    pub fn counter(&self, name: &str) -> Counter {
        let mut counters = self.counters.lock().expect("no code panics while it holds the lock");
        match counters.get(name) {
            Some(counter) => counter.clone(),
            None => counters.entry(name.to_owned()).or_default().clone(),
        }
    }

    /// The event time of one more subtask.
    pub fn event_time(&self) -> EventTime {
        let time = EventTime(Arc::new(AtomicI64::new(i64::MIN)));
        self.event_times.lock().expect("no code panics while it holds the lock").push(time.clone());
        time
    }

    /// The watermark that all subtasks have reached, in ms (Flink's `currentInputWatermark`).
    pub fn watermark(&self) -> i64 {
        let times = self.event_times.lock().expect("no code panics while it holds the lock");
        times.iter().map(|time| time.0.load(Ordering::Relaxed)).min().unwrap_or(i64::MIN)
    }

    /// Remembers a record that came too late, in the place of the one before. Whoever drops it counts it as
    /// [`LATE_DROPPED`].
    pub fn note_late(&self, record: Box<dyn Shown>, timestamp: i64, watermark: i64) {
        let late = LateRecord { record, timestamp, watermark };
        let before = self.late.lock().expect("no code panics while it holds the lock").replace(late);
        drop(before);
    }

    pub fn last_late(&self) -> Option<ShownLateRecord> {
        let late = self.late.lock().expect("no code panics while it holds the lock").take()?;
        let shown =
            ShownLateRecord { record: late.record.show(), timestamp: late.timestamp, watermark: late.watermark };
        // showing it may take long; a later one may have come meanwhile
        self.late.lock().expect("no code panics while it holds the lock").get_or_insert(late);
        Some(shown)
    }

    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        let counters = self.counters.lock().expect("no code panics while it holds the lock");
        counters.iter().map(|(name, counter)| (name.clone(), counter.get())).collect()
    }
}

/// Names of the counters every operator has.
pub const RECORDS_IN: &str = "numRecordsIn";
pub const RECORDS_OUT: &str = "numRecordsOut";
/// Records that came too late and went nowhere, and those that went to a side output.
pub const LATE_DROPPED: &str = "numLateRecordsDropped";
pub const LATE_TO_SIDE: &str = "numLateRecordsToSideOutput";
/// Of a source that knows it: records that it has not fetched yet.
pub const PENDING_RECORDS: &str = "pendingRecords";
