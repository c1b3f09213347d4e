//! Whether a job that failed is started again, and when.

use std::collections::VecDeque;

/// What is done about a failure. Times are in ms.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum RestartStrategy {
    /// The job fails.
    #[default]
    None,
    /// So many restarts, with a pause before each.
    FixedDelay { attempts: u32, delay: i64 },
    /// Restarts as long as there are no more than so many failures in any interval.
    FailureRate { most: usize, interval: i64, delay: i64 },
    /// The pause grows with each failure, until there was none for a while.
    ExponentialDelay { initial: i64, max: i64, multiplier: f64, reset_after: i64, jitter: f64 },
}

/// The failures of a job so far.
pub struct Restarts {
    strategy: RestartStrategy,
    failures: VecDeque<i64>,
    restarts: u32,
    /// The pause before the last restart.
    pause: i64,
}

impl Restarts {
    pub fn new(strategy: RestartStrategy) -> Self {
        Restarts { strategy, failures: VecDeque::new(), restarts: 0, pause: 0 }
    }

    /// The pause (ms) before the job is started again after a failure at `now`; `None` if it has failed for good.
    /// `random` is between 0 and 1.
    pub fn after_failure(&mut self, now: i64, random: f64) -> Option<i64> {
        let before = self.failures.back().copied();
        self.failures.push_back(now);
        let pause = match self.strategy {
            RestartStrategy::None => return None,
            RestartStrategy::FixedDelay { attempts, delay } => (self.restarts < attempts).then_some(delay)?,
            RestartStrategy::FailureRate { most, interval, delay } => {
                self.failures.retain(|at| now - at <= interval);
                (self.failures.len() <= most).then_some(delay)?
            }
            RestartStrategy::ExponentialDelay { initial, max, multiplier, reset_after, jitter } => {
                let calm = before.is_none_or(|before| now - before - self.pause >= reset_after);
                self.pause = if calm { initial } else { ((self.pause as f64 * multiplier) as i64).min(max) };
                let spread = self.pause as f64 * jitter * (2.0 * random - 1.0);
                (self.pause + spread as i64).clamp(0, max)
            }
        };
        self.restarts += 1;
        Some(pause)
    }

    /// How often the job was started again.
    pub fn count(&self) -> u32 {
        self.restarts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(strategy: RestartStrategy, failures: &[i64]) -> Vec<Option<i64>> {
        let mut restarts = Restarts::new(strategy);
        failures.iter().map(|now| restarts.after_failure(*now, 0.5)).collect()
    }

    #[test]
    fn without_a_strategy_the_first_failure_is_the_last() {
        assert_eq!(pauses(RestartStrategy::None, &[5]), [None]);
    }

    #[test]
    fn a_fixed_number_of_attempts() {
        let strategy = RestartStrategy::FixedDelay { attempts: 2, delay: 100 };
        assert_eq!(pauses(strategy, &[0, 10, 1_000_000]), [Some(100), Some(100), None]);
    }

    #[test]
    fn not_too_many_failures_in_an_interval() {
        let strategy = RestartStrategy::FailureRate { most: 2, interval: 1_000, delay: 7 };
        assert_eq!(pauses(strategy.clone(), &[0, 900, 1_901, 1_950]), [Some(7), Some(7), Some(7), Some(7)]);
        assert_eq!(pauses(strategy, &[0, 900, 1_000]), [Some(7), Some(7), None]);
    }

    #[test]
    fn a_pause_that_grows_and_starts_anew() {
        let strategy = RestartStrategy::ExponentialDelay {
            initial: 100,
            max: 350,
            multiplier: 2.0,
            reset_after: 10_000,
            jitter: 0.1,
        };
        // 350 after 200 after 100; calm for 10 s behind the pause of 350 that followed the failure at 800
        let expected = [Some(100), Some(200), Some(350), Some(100)];
        assert_eq!(pauses(strategy.clone(), &[0, 300, 800, 11_150]), expected);
        let mut restarts = Restarts::new(strategy);
        assert_eq!(restarts.after_failure(0, 1.0), Some(110), "a tenth more at most");
        assert_eq!(restarts.after_failure(1, 0.0), Some(180), "a tenth less at least");
    }
}
