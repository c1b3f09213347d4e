//! How long to wait between attempts.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Doubles from `first` up to `most`, give or take a fifth so that many writers do not come back at once.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    pub first: Duration,
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff { first: Duration::from_secs(1), most: Duration::from_secs(30) }
    }
}

impl Backoff {
    /// The wait behind the `attempt`-th attempt, counted from 1.
    pub fn wait(&self, attempt: u32) -> Duration {
        let doubled = self.first.saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
        // a fresh RandomState has fresh keys: that much chance is enough
        let chance = (RandomState::new().hash_one(attempt) % 1_000) as f64 / 1_000.0;
        doubled.min(self.most).mul_f64(0.8 + 0.4 * chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most() {
        let backoff = Backoff::default();
        for (attempt, seconds) in [(1, 1.0), (2, 2.0), (3, 4.0), (6, 30.0), (40, 30.0)] {
            let wait = backoff.wait(attempt).as_secs_f64();
            assert!((0.8 * seconds..=1.2 * seconds).contains(&wait), "attempt {attempt}: {wait} s");
        }
    }
}
