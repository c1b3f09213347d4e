//! Counters a user can see: per operator, by name.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

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

/// The counters of one operator (all its subtasks share them).
#[derive(Debug, Clone, Default)]
pub struct OperatorMetrics {
    counters: Arc<Mutex<BTreeMap<String, Counter>>>,
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

    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        let counters = self.counters.lock().expect("no code panics while it holds the lock");
        counters.iter().map(|(name, counter)| (name.clone(), counter.get())).collect()
    }
}

/// Names of the counters every operator has.
pub const RECORDS_IN: &str = "numRecordsIn";
pub const RECORDS_OUT: &str = "numRecordsOut";
