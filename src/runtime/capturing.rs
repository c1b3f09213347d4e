//! A task's snapshot, taken in slices between batches.

use std::sync::Arc;

use super::archivist::Taken;
use super::outputs::next_random;
use crate::checkpoint::Barrier;
use crate::operator::Slice;
use crate::time::Clock;

/// How long a slice takes, in ms. Records wait for it.
const SLICE: i64 = 3;

/// What has been taken of a task whose operators have more to take.
pub struct Capturing {
    pub barrier: Barrier,
    pub taken: Vec<Taken>,
    /// The barrier has overtaken records, and it is not known yet which.
    pub is_cut: bool,
}

impl Capturing {
    /// Whether there are slices to take.
    pub fn is_unfinished(&self) -> bool {
        self.taken.iter().any(|taken| taken.capture.is_unfinished())
    }
}

/// When slices are taken, and how large they are.
pub enum Slices {
    /// By time, in turn with records.
    Timed { next: bool },
    /// By chance, of a few entries: this is the seed.
    Drawn(u64),
}

impl Slices {
    /// The next slice, where it has its turn before records.
    pub fn turn(&mut self, clock: &Arc<dyn Clock>) -> Option<Slice> {
        match self {
            Slices::Timed { next } => {
                *next = !*next;
                next.then(|| Slice::timed(clock, SLICE))
            }
            Slices::Drawn(seed) => match next_random(seed) % 3 {
                0 => Some(self.slice(clock)),
                _ => None,
            },
        }
    }

    /// The next slice.
    pub fn slice(&mut self, clock: &Arc<dyn Clock>) -> Slice {
        match self {
            Slices::Timed { .. } => Slice::timed(clock, SLICE),
            Slices::Drawn(seed) => Slice::of(1 + next_random(seed) as usize % 5),
        }
    }
}
