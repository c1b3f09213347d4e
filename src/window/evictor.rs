//! Evictors: which of a window's records go before or after its function has seen them.

use crate::batch::NO_TIMESTAMP;
use crate::error::Result;

/// Flink's own evictors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BuiltInEvictor {
    /// Keeps the last so many.
    Count(usize),
    /// Keeps those of the last so many ms before the newest, by their timestamps.
    Time(i64),
    /// Keeps those whose distance to the last record is below this.
    Delta(f64),
}

/// A built-in evictor, and its turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evictor {
    pub rule: BuiltInEvictor,
    /// Whether it evicts when the function has seen the records, and not before.
    pub after: bool,
}

impl BuiltInEvictor {
    /// Which of the records go, in the order in which they came: `true` for those. `times` has their timestamps (ms);
    /// `distance` says how far the record at an index is from the last one.
    pub fn evicted(self, times: &[i64], mut distance: impl FnMut(usize) -> Result<f64>) -> Result<Vec<bool>> {
        match self {
            BuiltInEvictor::Count(most) => {
                let surplus = times.len().saturating_sub(most);
                Ok((0..times.len()).map(|index| index < surplus).collect())
            }
            // without timestamps nothing is old
            BuiltInEvictor::Time(_) if times.first().is_none_or(|first| *first == NO_TIMESTAMP) => {
                Ok(vec![false; times.len()])
            }
            BuiltInEvictor::Time(length) => {
                let newest = times.iter().max().copied().unwrap_or(NO_TIMESTAMP);
                let cutoff = newest.saturating_sub(length);
                Ok(times.iter().map(|time| *time <= cutoff).collect())
            }
            BuiltInEvictor::Delta(threshold) => {
                (0..times.len()).map(|index| Ok(distance(index)? >= threshold)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(evictor: BuiltInEvictor, times: &[i64], values: &[f64]) -> Vec<i64> {
        let last = values.last().copied().unwrap_or_default();
        let evicted = evictor.evicted(times, |index| Ok(last - values[index])).unwrap();
        times.iter().zip(evicted).filter(|(_, evicted)| !evicted).map(|(time, _)| *time).collect()
    }

    #[test]
    fn the_last_of_a_count_stay() {
        assert_eq!(kept(BuiltInEvictor::Count(2), &[5, 3, 4], &[]), [3, 4]);
        assert_eq!(kept(BuiltInEvictor::Count(3), &[5, 3, 4], &[]), [5, 3, 4]);
        assert!(kept(BuiltInEvictor::Count(0), &[5], &[]).is_empty());
        assert!(kept(BuiltInEvictor::Count(1), &[], &[]).is_empty());
    }

    #[test]
    fn the_newest_stay_whatever_their_order() {
        // 5000 - 2000 = 3000, which is gone itself
        assert_eq!(kept(BuiltInEvictor::Time(2_000), &[3_000, 5_000, 3_001, 10], &[]), [5_000, 3_001]);
        let none = [NO_TIMESTAMP, NO_TIMESTAMP];
        assert_eq!(kept(BuiltInEvictor::Time(0), &none, &[]), none);
    }

    #[test]
    fn those_close_to_the_last_stay() {
        // distances 9, 2, 0
        assert_eq!(kept(BuiltInEvictor::Delta(2.0), &[1, 2, 3], &[1.0, 8.0, 10.0]), [3]);
        assert_eq!(kept(BuiltInEvictor::Delta(2.5), &[1, 2, 3], &[1.0, 8.0, 10.0]), [2, 3]);
        // the last one is no exception
        assert!(kept(BuiltInEvictor::Delta(0.0), &[1, 2], &[5.0, 5.0]).is_empty());
    }
}
