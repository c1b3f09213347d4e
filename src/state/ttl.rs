//! Time to live: when state counts as forgotten.

/// How a state expires. Times are processing time in ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttl {
    pub millis: i64,
    /// A read makes the state younger too, not only a write.
    pub update_on_read: bool,
    /// What has expired may be read once more, if it is still there.
    pub return_expired: bool,
}

/// How what has expired is removed without being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cleanup {
    /// It is left out of full snapshots.
    pub in_snapshots: bool,
    /// So many entries are looked at each time state is used; and also for every record, if true. On the heap.
    pub incremental: Option<(usize, bool)>,
    /// When RocksDB compacts its files, where the clock is looked at after so many entries.
    pub in_compaction: Option<u64>,
}

/// What becomes of an entry that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is there, and stays.
    Live,
    /// It is there, and is as young as now from here on.
    Refreshed,
    /// It is there for this reading; then it is gone.
    LastReading,
    /// It is gone.
    Gone,
}

impl Ttl {
    /// Whether an entry that was last touched at `touched` has expired at `now`.
    pub fn expired(&self, touched: i64, now: i64) -> bool {
        touched.saturating_add(self.millis) <= now
    }

    /// What reading an entry at `now` does to it.
    pub fn read(&self, touched: i64, now: i64) -> Fate {
        match (self.expired(touched, now), self.return_expired, self.update_on_read) {
            (true, true, _) => Fate::LastReading,
            (true, false, _) => Fate::Gone,
            (false, _, true) => Fate::Refreshed,
            (false, _, false) => Fate::Live,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Ttl = Ttl { millis: 1_000, update_on_read: false, return_expired: false };

    #[test]
    fn expires_after_its_time() {
        assert_eq!(PLAIN.read(5_000, 5_999), Fate::Live);
        assert_eq!(PLAIN.read(5_000, 6_000), Fate::Gone);
    }

    #[test]
    fn reading_can_refresh_and_can_see_what_has_expired() {
        assert_eq!(Ttl { update_on_read: true, ..PLAIN }.read(5_000, 5_999), Fate::Refreshed);
        assert_eq!(Ttl { update_on_read: true, ..PLAIN }.read(5_000, 6_000), Fate::Gone);
        assert_eq!(Ttl { return_expired: true, ..PLAIN }.read(5_000, 6_000), Fate::LastReading);
    }

    #[test]
    fn the_longest_time_never_expires() {
        assert!(!Ttl { millis: i64::MAX, ..PLAIN }.expired(5_000, i64::MAX - 1));
    }
}
